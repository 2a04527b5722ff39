"""Measures that can be sampled, and samples from files."""
