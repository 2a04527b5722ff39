"""Paths between points, their action, and paths of least action."""
