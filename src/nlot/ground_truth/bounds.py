r"""Bounds on the optimal cost between two measures, with their statistical error.

*From above:* the coupling that sends cell to cell as the optimal coupling of the
centres does, and within a cell pairs points at random. Its marginals are exact.

*From below:* for any function g, $\mathrm{OT}(μ, ν) \ge E_μ[g^c] + E_ν[g]$ (eq. 3),
where $g^c(x) = \inf_y c(x, y) - g(y)$ over the target's support. g is a smooth fit to
the discrete problem's dual variables; the infimum is searched for globally.

Both are means over fresh draws from each cell, with bootstrap intervals. Measures are
represented by the members of their cells, evenly spread points, and actions are those
of polygons: the bounds hold as far as these stand for measures and curves.
"""

from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Bool, Float, Int, PRNGKeyArray
from scipy.interpolate import RBFInterpolator
from scipy.spatial import KDTree

from nlot.config import EvaluationConfig
from nlot.ground_truth.costs import ExactCosts
from nlot.ground_truth.memory import at_a_time
from nlot.ground_truth.strata import Cells
from nlot.ground_truth.table import moved
from nlot.paths.multistart import solve
from nlot.paths.newton import Geodesic
from nlot.problems.transport import Transport

_LEVEL, _RESAMPLES = 0.95, 2000
# Degrees of smoothing that a fit of the dual variables is chosen from.
_SMOOTHING = (0.0, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2)
# Cells whose members a c-transform looks at, nearest points of its last look, and
# points of each look that are priced exactly.
_CELLS, _AROUND, _PRICED = 4, 64, 2


class Interval(NamedTuple):
    """A mean over fresh draws, with its 95 % bootstrap interval.

    `converged` is the share of the path searches behind it that came to their end.
    """

    mean: float
    low: float
    high: float
    converged: float


class Potential(NamedTuple):
    """A smooth function g on the target's support, and its mean over the target."""

    fit: RBFInterpolator
    mean: float

    def __call__(self, y: Float[np.ndarray, "n d"]) -> Float[np.ndarray, " n"]:
        return self.fit(y)


def interval(
    values: Float[np.ndarray, "replicates cells"], converged: float, *, seed: int = 0
) -> Interval:
    """Mean of a stratified sample: independent draws down a column, a column a stratum.

    **Arguments:** the draws, the share of searches behind them that converged, and the
    seed of the bootstrap.

    Draws are resampled within their stratum; the spread of R of them is widened by
    √(R / (R - 1)), which it falls short of the truth by.
    """
    replicates, cells = values.shape
    rng = np.random.default_rng(seed)
    mean = values.mean()
    means = np.empty(_RESAMPLES)
    for k in range(_RESAMPLES):
        pick = rng.integers(0, replicates, values.shape)
        means[k] = values[pick, np.arange(cells)].mean()
    spread = (means - mean) * np.sqrt(replicates / (replicates - 1))
    tail = (1 - _LEVEL) / 2
    low, high = mean + np.quantile(spread, [tail, 1 - tail])
    return Interval(float(mean), float(low), float(high), converged)


def upper_bound(
    problem: Transport,
    settings: EvaluationConfig,
    cells: tuple[Cells, Cells],
    costs: ExactCosts,
    order: Int[np.ndarray, " n"],
    *,
    key: PRNGKeyArray,
) -> Interval:
    """Cost of the coupling of cell i with cell `order[i]`.

    **Arguments:** the problem, settings, the cells of source and target, the exact
    costs between their centres, a permutation, and the key of the fresh draws.

    **Returns:** a mean over draws, an upper bound whether or not paths are the best.
    """
    source, target = cells
    paths, parts = costs.paths(np.arange(len(order)), order), []
    for replicate in jax.random.split(key, settings.ground_truth.replicates):
        first, second = jax.random.split(replicate)
        x, y = source.draw(first), target.draw(second)[order]
        found = _solve(problem, settings, moved(paths, x, y))
        parts.append(found)
    return interval(
        np.stack([found.action for found in parts]),
        float(np.mean([found.converged for found in parts])),
    )


def fit_potential(
    cost: Float[np.ndarray, "n n"],
    dual: Float[np.ndarray, " n"],
    target: Cells,
) -> Potential:
    """A thin-plate spline through the dual variables of the target's centres.

    **Arguments:** the costs between the centres, the dual variables of the target's,
    and its cells.

    Of several degrees of smoothing, the one with the best dual value on the centres.
    Those of a measure of few points coincide; a spline takes each place once.
    """
    best, found = -np.inf, None
    y = target.centres
    places, first = np.unique(y, axis=0, return_index=True)
    for smoothing in _SMOOTHING:
        fit = RBFInterpolator(places, dual[first], smoothing=smoothing)
        mean = float(fit(target.points).mean())
        value = (cost - fit(y)).min(axis=1).mean() + mean
        if value > best:
            best, found = value, Potential(fit, mean)
    assert found is not None
    return found


def lower_bound(
    problem: Transport,
    settings: EvaluationConfig,
    cells: tuple[Cells, Cells],
    costs: ExactCosts,
    potential: Potential,
    *,
    key: PRNGKeyArray,
) -> Interval:
    """The dual value of `potential`.

    **Arguments:** the problem, settings, the cells of source and target, the exact
    costs between their centres, the potential, and the key of the fresh draws.

    **Returns:** a mean over draws, a lower bound as far as the search for each infimum,
    and the paths on its way, found the global minima.
    """
    keys = jax.random.split(key, settings.ground_truth.replicates)
    draws = np.stack([cells[0].draw(replicate) for replicate in keys])
    n, m = costs.cost.shape
    number = min(settings.ground_truth.candidates, m)
    corners, d = settings.least_action.segments + 1, draws.shape[2]
    rows = max(1, at_a_time(corners, d) // number)
    values, converged = np.empty((len(keys), n)), []
    for begin in range(0, n, rows):
        part = slice(begin, begin + rows)
        # The centres that are best for the cells of x, and the paths to them.
        slack = costs.cost[part] - potential(cells[1].centres)
        j = np.argpartition(slack, number - 1, axis=1)[:, :number]
        i = np.repeat(np.arange(n)[part], number)
        paths = costs.paths(i, j.ravel())
        for k, x in enumerate(draws):
            values[k, part], share = _c_transform(
                problem, settings, cells[1], potential, x[part], j, paths
            )
            converged.append(share)
    return interval(values + potential.mean, float(np.concatenate(converged).mean()))


def _c_transform(
    problem: Transport,
    settings: EvaluationConfig,
    target: Cells,
    potential: Potential,
    x: Float[np.ndarray, "n d"],
    j: Int[np.ndarray, "n number"],
    paths: Float[np.ndarray, "searches corners d"],
) -> tuple[Float[np.ndarray, " n"], Bool[np.ndarray, " searches"]]:
    """The infimum over y of c(x[i], y) - g(y).

    First over the centres `j[i]`, to which `paths` lead from points near x[i], then
    twice over points of the target around the best of them: a quadratic model of the
    cost chooses two, which are priced exactly. Also returns which of the first searches
    converged.
    """
    n, number = j.shape
    ends = target.centres[j.ravel()]
    starts = moved(paths, np.repeat(x, number, axis=0), ends)
    found = _solve(problem, settings, starts)
    values = (found.action - potential(ends)).reshape(n, number)

    cell = np.argsort(values, axis=1)[:, :_CELLS]
    lanes = cell + number * np.arange(n)[:, None]
    members = target.members[np.take_along_axis(j, cell, axis=1)]
    best = values.min(axis=1)
    at = _Looked(found, ends).pick(lanes)
    value, at = _look(problem, settings, potential, x, at, members)
    best = np.minimum(best, value)

    points = target.points
    _, near = KDTree(points).query(at.ends[:, 0], k=min(_AROUND, len(points)))
    value, _ = _look(problem, settings, potential, x, at, points[near][:, None])
    return np.minimum(best, value), found.converged


def _solve(
    problem: Transport,
    settings: EvaluationConfig,
    starts: Float[np.ndarray, "n corners d"],
) -> Geodesic:
    return solve(problem.lagrangian, problem.horizon, settings.least_action, starts)


class _Looked(NamedTuple):
    """Paths that are solved, and the points where they end."""

    found: Geodesic
    ends: Float[np.ndarray, "*n d"]

    def pick(self, lanes: Int[np.ndarray, "..."]) -> "_Looked":
        return _Looked(
            Geodesic(*(leaf[lanes] for leaf in self.found)), self.ends[lanes]
        )


def _look(
    problem: Transport,
    settings: EvaluationConfig,
    potential: Potential,
    x: Float[np.ndarray, "n d"],
    at: _Looked,
    members: Float[np.ndarray, "n cells members d"],
) -> tuple[Float[np.ndarray, " n"], _Looked]:
    """The smallest c(x, y) - g(y) over the most promising of `members`, priced exactly.

    About each of the paths in `at`, of shape (n, cells), the cost is modelled by its
    slope and a Hessian of 1/T, which is right for |v|²/2 alone; it only chooses.
    """
    n, d = x.shape
    step = members - at.ends[:, :, None]
    model = (
        at.found.action[..., None]
        + np.einsum("ncd,ncmd->ncm", at.found.slopes[:, :, 1], step)
        + (step**2).sum(axis=-1) / (2 * problem.horizon)
        - potential(members.reshape(-1, d)).reshape(members.shape[:3])
    )
    flat = model.reshape(n, -1)
    number = min(_PRICED, flat.shape[1])
    pick = np.argpartition(flat, number - 1, axis=1)[:, :number]
    rows = np.arange(n)[:, None]
    cell, member = np.divmod(pick, members.shape[2])
    ends = members[rows, cell, member].reshape(n * number, d)
    paths = at.found.path[rows, cell].reshape(n * number, -1, d)
    starts = moved(paths, np.repeat(x, number, axis=0), ends)
    found = _solve(problem, settings, starts)
    values = (found.action - potential(ends)).reshape(n, number)
    lanes = values.argmin(axis=1)[:, None] + number * rows
    return values.min(axis=1), _Looked(found, ends).pick(lanes)
