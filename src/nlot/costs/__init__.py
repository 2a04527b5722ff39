"""Lagrangians, potentials and metrics; least action is the cost of transport."""
