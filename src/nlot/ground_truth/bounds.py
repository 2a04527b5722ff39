r"""Bounds on the optimal cost between two measures, with their statistical error.

*From above:* the coupling that matches cells like the optimal coupling of their
centres, and pairs points at random within them. Its marginals are exact.

*From below:* for any function g, $\mathrm{OT}(μ, ν) \ge E_μ[g^c] + E_ν[g]$ (eq. 3),
where $g^c(x) = \inf_y c(x, y) - g(y)$ over the target's support. g is a smooth fit to
the discrete problem's dual variables; the infimum is found by a global search.

Both are means over fresh draws from each cell, with bootstrap intervals. Measures are
represented by the members of their cells, evenly spread points, and actions are those
of polygons: the bounds hold up to these approximations.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import scipy
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from nlot.config import EvaluationConfig
from nlot.costs.lagrangians import AbstractLagrangian
from nlot.discrete.limits import at_a_time
from nlot.discrete.table import Table, moved
from nlot.ground_truth.strata import Cells
from nlot.paths.newton import Geodesic, least_actions
from nlot.problems.transport import Transport

_LEVEL, _RESAMPLES = 0.95, 2000
# Candidate degrees of smoothing for the fit of the dual variables.
_SMOOTHING = (0.0, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2)
# Cells whose members a c-transform searches, nearest points in its last search, and
# points priced exactly in each search.
_CELLS, _AROUND, _PRICED = 4, 64, 2

# A function g on the target's support.
Potential = Callable[[Float[np.ndarray, "n d"]], Float[np.ndarray, " n"]]


class Interval(NamedTuple):
    """A mean over fresh draws, with its 95 % bootstrap interval.

    `converged` is the share of the path searches behind it that converged.
    """

    mean: float
    low: float
    high: float
    converged: float


def interval(
    values: Float[np.ndarray, "replicates cells"], converged: float, *, seed: int = 0
) -> Interval:
    """Mean of a stratified sample, with one column of independent draws per stratum.

    **Arguments:** the draws, the share of searches behind them that converged, and the
    seed of the bootstrap.

    Draws are resampled within their stratum; the spread of R draws is multiplied by
    √(R / (R - 1)) to correct its bias.
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
    costs: Table,
    order: Int[np.ndarray, " n"],
    *,
    key: PRNGKeyArray,
) -> Interval:
    """Cost of the coupling of cell i with cell `order[i]`.

    **Arguments:** the problem, settings, the cells of source and target, the exact
    costs between their centres, a permutation, and the key of the fresh draws.

    **Returns:** a mean over draws, an upper bound even if paths are not optimal.
    """
    source, target = cells
    paths, parts = costs.paths(np.arange(len(order)), order), []
    for replicate in jax.random.split(key, settings.ground_truth.replicates):
        first, second = jax.random.split(replicate)
        x, y = source.draw(first), target.draw(second)[order]
        parts.append(_solver(problem, costs)(moved(paths, x, y)))
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

    The degree of smoothing is the one with the best dual value on the centres. Centres
    of a measure of few points coincide; the spline takes each position once.
    """
    places, first = np.unique(target.centres, axis=0, return_index=True)

    def dual_value(fit: Potential) -> float:
        infima = (cost - fit(target.centres)).min(axis=1)
        return infima.mean() + fit(target.points).mean()

    fits = [
        scipy.interpolate.RBFInterpolator(places, dual[first], smoothing=s)
        for s in _SMOOTHING
    ]
    return max(fits, key=dual_value)


def lower_bound(
    problem: Transport,
    settings: EvaluationConfig,
    cells: tuple[Cells, Cells],
    costs: Table,
    potential: Potential,
    *,
    key: PRNGKeyArray,
) -> Interval:
    """The dual value of `potential`.

    **Arguments:** the problem, settings, the cells of source and target, the exact
    costs between their centres, the potential, and the key of the fresh draws.

    **Returns:** a mean over draws, a lower bound if the searches for each infimum and
    its paths found the global minima.
    """
    source, target = cells
    keys = jax.random.split(key, settings.ground_truth.replicates)
    draws = np.stack([source.draw(replicate) for replicate in keys])
    n, m = costs.cost.shape
    number = min(settings.ground_truth.candidates, m)
    corners, d = costs.settings.segments + 1, draws.shape[2]
    rows = max(1, at_a_time(corners, d) // number)
    place = problem.lagrangian, problem.horizon
    transform = _CTransform(_solver(problem, costs), *place, target, potential)
    values, converged = np.empty((len(keys), n)), []
    for begin in range(0, n, rows):
        part = slice(begin, begin + rows)
        # The centres that are best for the cells of x, and the paths to them.
        slack = costs.cost[part] - potential(target.centres)
        j = np.argpartition(slack, number - 1, axis=1)[:, :number]
        i = np.repeat(np.arange(n)[part], number)
        paths = costs.paths(i, j.ravel())
        for k, x in enumerate(draws):
            values[k, part], share = transform(x[part], j, paths)
            converged.append(share)
    return interval(
        values + potential(target.points).mean(),
        float(np.concatenate(converged).mean()),
    )


def _solver(
    problem: Transport, costs: Table
) -> Callable[[Float[np.ndarray, "n corners d"]], Geodesic]:
    """The solver that `costs` come from, from given starting paths."""
    return partial(least_actions, problem.lagrangian, problem.horizon, costs.settings)


class _CTransform(NamedTuple):
    """The infimum over y of c(x[i], y) - g(y)."""

    solve: Callable[[Float[np.ndarray, "n corners d"]], Geodesic]
    lagrangian: AbstractLagrangian
    horizon: float
    target: Cells
    potential: Potential

    def __call__(
        self,
        x: Float[np.ndarray, "n d"],
        j: Int[np.ndarray, "n number"],
        paths: Float[np.ndarray, "searches corners d"],
    ) -> tuple[Float[np.ndarray, " n"], Bool[np.ndarray, " searches"]]:
        """The infima, and which of the first searches converged.

        First over the centres `j[i]`, to which `paths` lead from points near x[i], then
        twice over points of the target around the best of them: a quadratic model of
        the cost chooses two, which are priced exactly.
        """
        found, values = self._priced(paths, x, self.target.centres[j.ravel()])
        cell = np.argsort(values, axis=1)[:, :_CELLS]
        at = _picked(found, cell + j.shape[1] * np.arange(len(x))[:, None])
        members = self.target.members[np.take_along_axis(j, cell, axis=1)]
        first, at = self._look(x, at, members)

        points = self.target.points
        ends = at.path[:, 0, -1]
        _, near = scipy.spatial.KDTree(points).query(ends, k=min(_AROUND, len(points)))
        second, _ = self._look(x, at, points[near][:, None])
        best = np.minimum(values.min(axis=1), first)
        return np.minimum(best, second), found.converged

    def _priced(
        self,
        paths: Float[np.ndarray, "searches corners d"],
        x: Float[np.ndarray, "n d"],
        ends: Float[np.ndarray, "searches d"],
    ) -> tuple[Geodesic, Float[np.ndarray, "n number"]]:
        """The best paths from each of `x` to `number` of the ends, and c - g there."""
        number = len(ends) // len(x)
        found = self.solve(moved(paths, np.repeat(x, number, axis=0), ends))
        return found, (found.action - self.potential(ends)).reshape(len(x), number)

    def _look(
        self,
        x: Float[np.ndarray, "n d"],
        at: Geodesic,
        members: Float[np.ndarray, "n cells members d"],
    ) -> tuple[Float[np.ndarray, " n"], Geodesic]:
        """The smallest c - g over the most promising of `members`, priced exactly.

        Around each of the paths `at`, of shape (n, cells), the cost is modelled by its
        slope and the Hessian M/T, with M = ∂²L/∂v² at the path's end: exact for |v|²/2,
        and for short paths. This only selects points.
        """
        n, d = x.shape
        step = members - at.path[:, :, None, -1]
        model = (
            at.action[..., None]
            + np.einsum("ncd,ncmd->ncm", at.slopes[:, :, 1], step)
            + np.einsum("ncmi,ncij,ncmj->ncm", step, self._masses(at.path), step)
            / (2 * self.horizon)
            - self.potential(members.reshape(-1, d)).reshape(members.shape[:3])
        )
        flat = model.reshape(n, -1)
        number = min(_PRICED, flat.shape[1])
        pick = np.argpartition(flat, number - 1, axis=1)[:, :number]
        rows = np.arange(n)[:, None]
        cell, member = np.divmod(pick, members.shape[2])
        ends = members[rows, cell, member].reshape(n * number, d)
        paths = at.path[rows, cell].reshape(n * number, -1, d)
        found, values = self._priced(paths, x, ends)
        best = values.argmin(axis=1)[:, None] + number * rows
        return values.min(axis=1), _picked(found, best)

    def _masses(
        self, path: Float[np.ndarray, "n cells corners d"]
    ) -> Float[np.ndarray, "n cells d d"]:
        """∂²L/∂v² at the ends of paths."""
        end = path[:, :, -1]
        velocity = (end - path[:, :, -2]) * (path.shape[2] - 1) / self.horizon
        last = self.lagrangian.at(jnp.asarray(self.horizon))
        with jax.enable_x64(True):
            flat = (jnp.asarray(z.reshape(-1, z.shape[-1])) for z in (end, velocity))
            found = np.asarray(_curvatures(last, *flat))
        return found.reshape(*end.shape, end.shape[-1])


@eqx.filter_jit
def _curvatures(
    lagrangian: AbstractLagrangian, x: Float[Array, "n d"], v: Float[Array, "n d"]
) -> Float[Array, "n d d"]:
    return jax.vmap(jax.hessian(lagrangian, argnums=1))(x, v)


def _picked(found: Geodesic, lanes: Int[np.ndarray, "..."]) -> Geodesic:
    return Geodesic(*(leaf[lanes] for leaf in found))
