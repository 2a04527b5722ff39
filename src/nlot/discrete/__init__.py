"""Optimal transport between finitely many points."""
