"""Exact costs between all points of two samples, from coarse to fine.

A few pairs are solved from several starts each. The path of every other pair starts
from those of pairs nearby, moved to its ends: most are then a few Newton steps from
their minimum. At last all pairs are compared with their neighbours, over and over, as a
path that beats its pair's after having been moved proves that one not to be the best.
"""

from collections.abc import Callable, Iterator
from itertools import product
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.spatial import KDTree

from nlot.config import LeastActionConfig
from nlot.paths.multistart import optimal_paths, solve
from nlot.paths.newton import Geodesic
from nlot.paths.polygons import polygon_actions
from nlot.problems.transport import Task

# Points a side that are solved from several starts, and the growth of a level.
_COARSE, _GROWTH = 32, 4
# Pairs whose starts are made at a time.
_PAIRS = 8192
# Paths that are moved at a time.
_MOVED = 256
# Neighbours that each point is compared with, and rounds of that at most.
_NEIGHBOURS, _SWEEPS = 4, 6
# A neighbour's path is looked at where its cost and slope promise so much less, as a
# share of the cost, and taken where it is better by the second share.
_PROMISING, _BETTER = 2e-4, 1e-6

Points = Float[np.ndarray, "n d"]
Indices = Int[np.ndarray, " pairs"]


class ExactCosts(NamedTuple):
    """Least actions between all points of two samples.

    `paths` are their polygons, in single precision, `slopes` the gradients of the cost
    in x and y; `converged` says whether a search ended within its tolerance,
    `gradient_norm` is that of `nlot.paths.newton.Geodesic`.
    """

    cost: Float[np.ndarray, "n m"]
    paths: Float[np.ndarray, "n m corners d"]
    slopes: Float[np.ndarray, "n m 2 d"]
    converged: Bool[np.ndarray, "n m"]
    gradient_norm: Float[np.ndarray, "n m"]


def exact_costs(
    task: Task,
    settings: LeastActionConfig,
    x: Float[np.ndarray, "n d"],
    y: Float[np.ndarray, "m d"],
    report: Callable[[str], None],
) -> ExactCosts:
    """Exact cost from each `x[i]` to each `y[j]`, in double precision.

    `x` and `y` must be in an order in which every fourth point, and every sixteenth,
    is near those that follow it (as `nlot.ground_truth.strata` has them). `report` is
    called with a line of progress now and then.
    """
    with jax.enable_x64(True):
        return _exact_costs(_Table(task, settings, x, y), report)


def _exact_costs(table: "_Table", report: Callable[[str], None]) -> ExactCosts:
    x, y = table.x, table.y
    stride = 1
    while max(len(x), len(y)) > _COARSE * stride:
        stride *= _GROWTH
    rows, columns = np.arange(0, len(x), stride), np.arange(0, len(y), stride)
    i, j = (axis.ravel() for axis in np.meshgrid(rows, columns, indexing="ij"))
    table.store(i, j, optimal_paths(table.task, table.settings, x[i], y[j]))
    report(f"{len(rows)} x {len(columns)} pairs from several starts")
    while stride > 1:
        table.refine(stride)
        stride //= _GROWTH
        report(f"{-(-len(x) // stride)} x {-(-len(y) // stride)} pairs")
    for _ in range(_SWEEPS):
        improved = table.sweep()
        report(f"{improved} pairs improved by their neighbours' paths")
        if not improved:
            break
    return ExactCosts(
        table.cost, table.paths, table.slopes, table.converged, table.gradient_norm
    )


def moved(
    paths: Float[np.ndarray, "pairs corners d"], x: Points, y: Points
) -> Float[np.ndarray, "pairs corners d"]:
    """Each path bent as it is, between the ends `x[k]` and `y[k]`."""
    s = np.linspace(0, 1, paths.shape[1])
    ramps = np.stack([1 - s, s])
    out = np.empty(paths.shape)
    # A coordinate of some paths at a time, which stay in the cache: with all at once,
    # and the coordinates innermost, this takes eight times as long.
    for begin in range(0, len(paths), _MOVED):
        part = slice(begin, begin + _MOVED)
        for k in range(paths.shape[2]):
            bends = paths[part, :, k].astype(np.float64)
            bends -= bends[:, [0, -1]] @ ramps
            out[part, :, k] = bends + np.stack([x[part, k], y[part, k]], 1) @ ramps
    return out


class _Table:
    """Costs and paths of the pairs that are solved so far."""

    def __init__(
        self,
        task: Task,
        settings: LeastActionConfig,
        x: Float[np.ndarray, "n d"],
        y: Float[np.ndarray, "m d"],
    ):
        self.task, self.settings = task, settings
        self.x, self.y = np.asarray(x, np.float64), np.asarray(y, np.float64)
        shape = (len(x), len(y))
        corners = settings.segments + 1
        self.cost = np.full(shape, np.inf)
        self.gradient_norm = np.full(shape, np.inf)
        self.converged = np.zeros(shape, bool)
        self.paths = np.zeros((*shape, corners, x.shape[1]), np.float32)
        self.slopes = np.zeros((*shape, 2, x.shape[1]))

    def store(self, i: Indices, j: Indices, found: Geodesic) -> None:
        """Keep the solutions of the pairs (i[k], j[k])."""
        self.cost[i, j] = found.action
        self.gradient_norm[i, j] = found.gradient_norm
        self.converged[i, j] = found.converged
        self.paths[i, j] = found.path
        self.slopes[i, j] = found.slopes

    def refine(self, stride: int) -> None:
        """From every `stride`-th point on either side to `_GROWTH` times as many."""
        near_x = _nearest(self.x, stride)
        near_y = _nearest(self.y, stride)
        fine = stride // _GROWTH
        rows, columns = (np.arange(0, len(z), fine) for z in (self.x, self.y))
        for i, j in _blocks(rows, columns):
            new = np.isinf(self.cost[i, j])
            i, j = i[new], j[new]
            best = np.full(len(i), np.inf)
            start = moved(self.paths[near_x[i, 0], near_y[j, 0]], self.x[i], self.y[j])
            for a, b in product(range(near_x.shape[1]), range(near_y.shape[1])):
                path = moved(
                    self.paths[near_x[i, a], near_y[j, b]], self.x[i], self.y[j]
                )
                action = self.actions(path)
                better = action < best
                best[better], start[better] = action[better], path[better]
            self.store(i, j, solve(self.task, self.settings, start))

    def sweep(self) -> int:
        """Solve again what a neighbour's path, moved, does better; returns how many."""
        improved = 0
        near_x, near_y = _neighbours(self.x), _neighbours(self.y)
        for i, j in _blocks(np.arange(len(self.x)), np.arange(len(self.y))):
            best, start = self.cost[i, j] * (1 - _BETTER), self._empty(len(i))
            found = np.zeros(len(i), bool)
            others = [(near_x[i, k], j) for k in range(near_x.shape[1])]
            others += [(i, near_y[j, k]) for k in range(near_y.shape[1])]
            for a, b in others:
                promise = self.cost[a, b] + _inner(
                    self.slopes[a, b, 0], self.x[i] - self.x[a]
                )
                promise += _inner(self.slopes[a, b, 1], self.y[j] - self.y[b])
                at = np.flatnonzero(promise < self.cost[i, j] * (1 - _PROMISING))
                path = moved(self.paths[a[at], b[at]], self.x[i[at]], self.y[j[at]])
                action = self.actions(path)
                better = action < best[at]
                best[at[better]], start[at[better]] = action[better], path[better]
                found[at[better]] = True
            if found.any():
                i, j = i[found], j[found]
                self.store(i, j, solve(self.task, self.settings, start[found]))
                improved += len(i)
        return improved

    def actions(
        self, paths: Float[np.ndarray, "pairs corners d"]
    ) -> Float[np.ndarray, " pairs"]:
        return polygon_actions(self.task.lagrangian, self.task.horizon, paths)

    def _empty(self, pairs: int) -> Float[np.ndarray, "pairs corners d"]:
        return np.empty((pairs, *self.paths.shape[2:]))


def _inner(a: Points, b: Points) -> Float[np.ndarray, " n"]:
    return np.einsum("nd,nd->n", a, b)


def _blocks(
    rows: Int[np.ndarray, " rows"], columns: Int[np.ndarray, " columns"]
) -> Iterator[tuple[Int[np.ndarray, " pairs"], Int[np.ndarray, " pairs"]]]:
    """All pairs of the two, some rows at a time."""
    height = max(1, _PAIRS // len(columns))
    for begin in range(0, len(rows), height):
        part = rows[begin : begin + height]
        i, j = np.meshgrid(part, columns, indexing="ij")
        yield i.ravel(), j.ravel()


def _nearest(points: Points, stride: int) -> Int[np.ndarray, "n near"]:
    """The two nearest of every `stride`-th point, one where there is one."""
    coarse = np.arange(0, len(points), stride)
    _, near = KDTree(points[coarse]).query(points, k=range(1, min(2, len(coarse)) + 1))
    return coarse[near]


def _neighbours(points: Points) -> Int[np.ndarray, "n near"]:
    """The nearest other points."""
    count = min(_NEIGHBOURS, len(points) - 1)
    _, near = KDTree(points).query(points, k=range(1, count + 2))
    return near[:, 1:]
