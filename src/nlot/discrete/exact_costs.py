"""Exact costs between all points of two samples, from coarse to fine.

A few pairs are solved from several starts each. The path of every other pair starts
from those of pairs nearby, moved to its ends: most are then a few Newton steps from
their minimum. Finally all pairs are repeatedly compared with their neighbours: if a
neighbour's path, once moved, has less action, the pair's own was not the best.
"""

from collections.abc import Callable

import jax
import numpy as np
import scipy
from jaxtyping import Float, Int

from nlot.config import LeastActionConfig
from nlot.discrete.limits import COARSE, GROWTH, STRAIGHT
from nlot.discrete.table import Motion, Table
from nlot.paths.multistart import optimal_paths

# Maximum number of rounds of comparisons with neighbours.
_SWEEPS = 6


def exact_costs(
    problem: Motion,
    settings: LeastActionConfig,
    x: Float[np.ndarray, "n d"],
    y: Float[np.ndarray, "m d"],
    report: Callable[[str], None],
) -> Table:
    """Exact cost from each `x[i]` to each `y[j]`, in double precision.

    **Arguments:** the problem, settings, and points in an order in which every fourth
    one, and every sixteenth, is near those that follow it (as in
    `nlot.ground_truth.strata`, or by `in_order`). `report` is called with lines of
    progress.

    Straight paths, where they are exact, take two segments each. Where paths step over
    a wall, the table's settings have more `points` than those given.
    """
    if problem.lagrangian.straight:
        settings = settings.model_copy(update={"segments": STRAIGHT})
    x, y = (np.asarray(z, np.float64) for z in (x, y))
    stride = 1
    while max(len(x), len(y)) > COARSE * stride:
        stride *= GROWTH
    a, b = x[::stride], y[::stride]
    i, j = (axis.ravel() for axis in np.indices((len(a), len(b))))
    best = optimal_paths(
        problem.lagrangian,
        problem.horizon,
        problem.frame.scale,
        settings,
        a[i],
        b[j],
    )
    report(f"{len(a)} x {len(b)} pairs from several starts")
    # One rule for all pairs.
    points = int(best.points.max(initial=settings.points))
    settings = settings.model_copy(update={"points": points})
    with jax.enable_x64(True):
        table = Table(problem, settings, x, y, stride, best)
        while stride > 1:
            stride = table.refine()
            report(f"{-(-len(x) // stride)} x {-(-len(y) // stride)} pairs")
        for number in range(1, _SWEEPS + 1):
            improved = table.sweep(number)
            report(f"{improved} pairs improved by their neighbours' paths")
            if not improved:
                break
    return table


def in_order(points: Float[np.ndarray, "n d"]) -> Int[np.ndarray, " n"]:
    """An order for `exact_costs`: that of the leaves of a tree of the points."""
    return scipy.spatial.KDTree(points, leafsize=1).indices
