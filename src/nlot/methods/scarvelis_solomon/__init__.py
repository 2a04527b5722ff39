"""Metric learning by Scarvelis and Solomon (2023)."""
