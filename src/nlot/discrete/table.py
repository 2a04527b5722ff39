"""Costs of all pairs of two samples, and as many of their paths as memory allows.

The paths between every `stride`-th point on either side are kept: the searches of all
other pairs start from them. Of the paths found, those of some rows are kept, up to
`nlot.discrete.limits.KEPT` bytes. Others are recomputed from the same start when
needed, with the same result.
"""

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

import numpy as np
import scipy
from jaxtyping import Float, Float32, Int, Integer

from nlot.config import LeastActionConfig
from nlot.costs.lagrangians import AbstractLagrangian
from nlot.discrete import limits
from nlot.measures.standardise import Standardise
from nlot.paths.newton import Geodesic, least_actions
from nlot.paths.polygons import polygon_actions

# Paths that are moved at a time.
_MOVED = 256
# Neighbours that each point is compared with.
_NEIGHBOURS = 4
# A neighbour's path is tried if its cost and slope predict a relative decrease of the
# cost by the first fraction, and taken if it is better by the second.
_PROMISING, _BETTER = 2e-4, 1e-6

Points = Float[np.ndarray, "n d"]
Indices = Int[np.ndarray, " pairs"]
Paths = Float[np.ndarray, "pairs corners d"]
Kept = Float32[np.ndarray, "pairs corners d"]


def moved(paths: Paths, x: Points, y: Points) -> Paths:
    """Each path with its bends, moved to the ends `x[k]` and `y[k]`."""
    s = np.linspace(0, 1, paths.shape[1])
    ramps = np.stack([1 - s, s])
    out = np.empty(paths.shape)
    # One coordinate of some paths at a time, which stay in the cache: all at once, with
    # the coordinates innermost, this takes eight times as long.
    for begin in range(0, len(paths), _MOVED):
        part = slice(begin, begin + _MOVED)
        for k in range(paths.shape[2]):
            bends = paths[part, :, k].astype(np.float64)
            bends -= bends[:, [0, -1]] @ ramps
            out[part, :, k] = bends + np.stack([x[part, k], y[part, k]], 1) @ ramps
    return out


@runtime_checkable
class Motion(Protocol):
    """The Lagrangian and the duration of paths.

    `frame` has the standard coordinates of the space that they need.
    """

    @property
    def lagrangian(self) -> AbstractLagrangian: ...

    @property
    def horizon(self) -> float: ...

    @property
    def frame(self) -> Standardise: ...


class Table:
    """Costs and paths of the pairs solved so far.

    `found` are the solutions for the pairs of every `stride`-th point of `x` and `y`.

    **Attributes**, of the pair (i, j) at [i, j]:

    - `cost`, infinite where it is not solved yet, and `slopes`, its gradients in x and
      y.
    - `converged`: whether the search ended within its tolerance.
    - `gradient_norm`: that of `nlot.paths.newton.Geodesic`.
    """

    def __init__(
        self,
        problem: Motion,
        settings: LeastActionConfig,
        x: Float[np.ndarray, "n d"],
        y: Float[np.ndarray, "m d"],
        stride: int,
        found: Geodesic,
    ):
        self.problem, self.settings, self.x, self.y = problem, settings, x, y
        (n, d), m, corners = x.shape, len(y), settings.segments + 1
        self.cost = np.full((n, m), np.inf)
        self.gradient_norm = np.full((n, m), np.inf)
        self.converged = np.zeros((n, m), bool)
        self.slopes = np.zeros((n, m, 2, d))
        # The last sweep that improved a pair, and which path its search started from.
        self.improved = np.zeros((n, m), np.int8)
        self.origin = np.zeros((n, m), np.uint8)
        row = m * limits.path_bytes(corners, d)
        self._capacity = limits.KEPT // row
        self._height = max(1, limits.at_a_time(corners, d) // m)
        self._rows: dict[int, Kept] = {}
        self._saved: dict[tuple[int, int], Kept] = {}
        rows, columns = np.arange(0, n, stride), np.arange(0, m, stride)
        self._store(*_all(rows, columns), found)
        grid = found.path.astype(np.float32)
        self._keep(stride, grid.reshape(len(rows), len(columns), corners, d))

    def _keep(
        self, stride: int, grid: Float32[np.ndarray, "rows columns corners d"]
    ) -> None:
        """Let searches start from the paths of every `stride`-th point."""
        self._stride, self._grid = stride, grid
        self._near_x, self._near_y = _nearest(self.x, stride), _nearest(self.y, stride)

    def refine(self) -> int:
        """Solve four times as many points on either side; returns the new stride."""
        fine = self._stride // limits.GROWTH
        columns, parts = np.arange(0, len(self.y), fine), []
        for rows in self._blocks(fine):
            i, j = _all(rows, columns)
            new = np.isinf(self.cost[i, j])
            start = self._best_start(i[new], j[new])
            found = self._solve(start)
            self._store(i[new], j[new], found)
            paths = self._empty(len(i))
            paths[new] = found.path
            paths[~new] = self._on_grid(i[~new], j[~new])
            paths = paths.reshape(len(rows), len(columns), *paths.shape[1:])
            if fine > 1:
                parts.append(paths)
            else:
                self._hold(dict(zip(rows.tolist(), paths, strict=True)))
        if fine > 1:
            self._keep(fine, np.concatenate(parts))
        return fine

    def sweep(self, number: int) -> int:
        """Solve pairs again for which a neighbour's moved path is better; counts them.

        `number` counts sweeps from one. Later ones only try neighbours improved by the
        last sweep or this one: the others' paths are known not to be better.
        """
        improved = 0
        near_x, near_y = _neighbours(self.x), _neighbours(self.y)
        for rows in self._blocks(1):
            if number == 1:
                self._find(np.union1d(rows, near_x[rows]))
            i, j = _all(rows, np.arange(len(self.y)))
            best = self.cost[i, j] * (1 - _BETTER)
            start = np.empty((len(i), *self._grid.shape[2:]))
            found = np.zeros(len(i), bool)
            others = [(near_x[i, k], j) for k in range(near_x.shape[1])]
            others += [(i, near_y[j, k]) for k in range(near_y.shape[1])]
            for a, b in others:
                promise = self.cost[a, b] + _inner(
                    self.slopes[a, b, 0], self.x[i] - self.x[a]
                )
                promise += _inner(self.slopes[a, b, 1], self.y[j] - self.y[b])
                promising = promise < self.cost[i, j] * (1 - _PROMISING)
                at = np.flatnonzero(promising & (self.improved[a, b] >= number - 1))
                path = moved(self.paths(a[at], b[at]), self.x[i[at]], self.y[j[at]])
                action = self._actions(path)
                better = action < best[at]
                best[at[better]], start[at[better]] = action[better], path[better]
                found[at[better]] = True
            if found.any():
                i, j = i[found], j[found]
                self._replace(i, j, self._solve(start[found]), number)
                improved += len(i)
        return improved

    def paths(self, i: Indices, j: Indices) -> Kept:
        """The paths of the pairs (i[k], j[k]), in single precision."""
        out = self._empty(len(i))
        held = np.isin(i, list(self._rows))
        for row in np.unique(i[held]):
            at = i == row
            out[at] = self._rows[row][j[at]]
        out[~held] = self._found_again(i[~held], j[~held])
        return out

    def _found_again(self, i: Indices, j: Indices) -> Kept:
        """Paths of rows that are not held."""
        out = self._empty(len(i))
        known = (i % self._stride == 0) & (j % self._stride == 0)
        out[known] = self._on_grid(i[known], j[known])
        a, b = i[~known], j[~known]
        if len(a):
            out[~known] = self._solve(self._start(a, b, self.origin[a, b])).path
        for k in np.flatnonzero(self.improved[i, j]):
            out[k] = self._saved[i[k], j[k]]
        return out

    def _find(self, rows: Int[np.ndarray, " rows"]) -> None:
        """Hold the paths of these rows, for the searches that need them."""
        columns, found = np.arange(len(self.y)), {}
        for row in rows.tolist():
            if row in self._rows:
                found[row] = self._rows[row]
            else:
                found[row] = self._found_again(*_all(np.array([row]), columns))
        self._hold(found)

    def _hold(self, rows: dict[int, Float32[np.ndarray, "m corners d"]]) -> None:
        """Keep the paths of `rows`, and drop the least recently used ones if needed."""
        for row, paths in rows.items():
            self._rows.pop(row, None)
            self._rows[row] = paths
        while len(self._rows) > max(self._capacity, len(rows)):
            row = next(iter(self._rows))
            paths = self._rows.pop(row)
            for j in np.flatnonzero(self.improved[row]).tolist():
                self._saved[row, j] = paths[j].copy()

    def _replace(self, i: Indices, j: Indices, found: Geodesic, sweep: int) -> None:
        self._store(i, j, found)
        self.improved[i, j] = sweep
        for a, b, path in zip(i.tolist(), j.tolist(), found.path, strict=True):
            if a in self._rows:
                self._rows[a][b] = path
            else:
                self._saved[a, b] = path.astype(np.float32)

    def _store(self, i: Indices, j: Indices, found: Geodesic) -> None:
        """Keep the solutions of the pairs (i[k], j[k]), except for their paths."""
        self.cost[i, j] = found.action
        self.gradient_norm[i, j] = found.gradient_norm
        self.converged[i, j] = found.converged
        self.slopes[i, j] = found.slopes

    def _best_start(self, i: Indices, j: Indices) -> Paths:
        """The best path of any nearby pair, moved to the ends of each."""
        start, best = self._start(i, j, np.zeros(len(i), int)), np.full(len(i), np.inf)
        for origin in range(self._near_x.shape[1] * self._near_y.shape[1]):
            path = self._start(i, j, np.full(len(i), origin))
            action = self._actions(path)
            better = action < best
            best[better], start[better] = action[better], path[better]
            self.origin[i[better], j[better]] = origin
        return start

    def _start(
        self, i: Indices, j: Indices, origin: Integer[np.ndarray, " pairs"]
    ) -> Paths:
        """The path of the nearby pair numbered `origin`, moved to the ends of each."""
        a, b = np.divmod(origin, self._near_y.shape[1])
        near = self._on_grid(self._near_x[i, a], self._near_y[j, b])
        return moved(near, self.x[i], self.y[j])

    def _on_grid(self, i: Indices, j: Indices) -> Kept:
        return self._grid[i // self._stride, j // self._stride]

    def _empty(self, pairs: int) -> Kept:
        return np.empty((pairs, *self._grid.shape[2:]), np.float32)

    def _solve(self, starts: Paths) -> Geodesic:
        problem = self.problem
        return least_actions(problem.lagrangian, problem.horizon, self.settings, starts)

    def _actions(self, paths: Paths) -> Float[np.ndarray, " pairs"]:
        problem, points = self.problem, self.settings.points
        return polygon_actions(problem.lagrangian, problem.horizon, paths, points)

    def _blocks(self, stride: int) -> Iterator[Int[np.ndarray, " rows"]]:
        """Every `stride`-th row, in blocks."""
        rows = np.arange(0, len(self.x), stride)
        for begin in range(0, len(rows), self._height * stride):
            yield rows[begin : begin + self._height * stride]


def _inner(a: Points, b: Points) -> Float[np.ndarray, " n"]:
    return np.einsum("nd,nd->n", a, b)


def _all(
    rows: Int[np.ndarray, " rows"], columns: Int[np.ndarray, " columns"]
) -> tuple[Indices, Indices]:
    """All pairs of rows and columns."""
    i, j = np.meshgrid(rows, columns, indexing="ij")
    return i.ravel(), j.ravel()


def _nearest(points: Points, stride: int) -> Int[np.ndarray, "n near"]:
    """The two nearest among every `stride`-th point, or the only one."""
    coarse = np.arange(0, len(points), stride)
    _, near = scipy.spatial.KDTree(points[coarse]).query(
        points, k=range(1, min(2, len(coarse)) + 1)
    )
    return coarse[near]


def _neighbours(points: Points) -> Int[np.ndarray, "n near"]:
    """The nearest other points."""
    count = min(_NEIGHBOURS, len(points) - 1)
    _, near = scipy.spatial.KDTree(points).query(points, k=range(1, count + 2))
    return near[:, 1:]
