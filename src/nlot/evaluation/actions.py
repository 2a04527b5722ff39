"""Measures of the action of maps and of their paths."""

import jax.numpy as jnp

from nlot.evaluation.registry import Value, measure
from nlot.evaluation.transport_case import TransportCase


def _size(case: TransportCase) -> int:
    return case.settings.action.points


@measure(
    "action",
    "Mean action, n = {n}",
    3,
    needs=["map"],
    note="Action: mean over evenly spread points of the source, along paths of least "
    "action between their ends (polygons of {e.least_action.segments} segments).",
)
def action(case: TransportCase) -> Value:
    """Mean least action from points of the source to their images."""
    return float(case.best_paths.action.mean()), _size(case)


@measure(
    "action_own_paths", "Mean action of the method's own paths", 3, needs=["own_paths"]
)
def action_own_paths(case: TransportCase) -> Value:
    """Mean action along the method's own paths."""
    return float(jnp.mean(case.own_paths.action)), _size(case)


@measure("action_converged", "Share of path solves that converged", 3, needs=["map"])
def action_converged(case: TransportCase) -> Value:
    """Share of the searches behind `action` that reached their tolerance."""
    return float(case.best_paths.converged.mean()), _size(case)


@measure(
    "obstacle_time",
    "Share of the own paths' time inside obstacles",
    4,
    needs=["own_paths"],
)
def obstacle_time(case: TransportCase) -> Value:
    """Mean share of time that the method's own paths spend inside obstacles."""
    return float(jnp.mean(case.own_paths.obstacle_time)), _size(case)
