"""Lagrangians, potentials and metrics, whose least action is the cost of transport."""
