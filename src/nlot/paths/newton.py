"""The path of least action between two given points (eqs. 9 and 18), to convergence.

Newton's method on polygons (`nlot.paths.polygons`): with their block tridiagonal
Hessian a step costs no more than a few gradients. The least action of polygons of N
segments differs from that of all curves by O(1/N²).
"""

from functools import partial
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from nlot.config import LeastActionConfig
from nlot.costs.lagrangians import AbstractLagrangian
from nlot.paths.polygons import Expansion, expand, kinetic
from nlot.paths.tridiagonal import solve as solve_tridiagonal
from nlot.training.microbatch import MANY, batches

# Limit on a batch's size times d², as each search takes more memory in higher
# dimensions; and the smallest batch.
_BLOCKS, _LEAST = 9 * MANY, 4
# Straight paths that are priced at a time.
_AT_ONCE = 4096
# Steps between checks for finished searches.
_STRIDE = 2
# Damping: initial, least after it proved too small, and below which it is set to 0.
_FIRST, _AGAIN, _NONE = 0.1, 0.03, 1e-4
# Factor that shortens a step which would raise the action.
_SHORTER = 0.25


class Geodesic(NamedTuple):
    """Paths of least action, and the solver's progress.

    `points` is the number of parts of a segment in the rule that gives the action.
    `slopes` are the gradients of the action with respect to the two ends: those of the
    cost if the path is optimal. `gradient_norm` is the norm dual to |velocity| in L²:
    the length of the gradient in coordinates in which the kinetic energy is half the
    sum of squares.
    """

    path: Float[np.ndarray, "n corners d"]
    action: Float[np.ndarray, " n"]
    slopes: Float[np.ndarray, "n 2 d"]
    gradient_norm: Float[np.ndarray, " n"]
    steps: Int[np.ndarray, " n"]
    converged: Bool[np.ndarray, " n"]
    points: Int[np.ndarray, " n"]


class _Search(NamedTuple):
    """State of a search: the best path, and the next one to try.

    `predicted` is the decrease of the action that a quadratic model predicts for it.
    """

    path: Float[Array, "*n corners d"]
    action: Float[Array, "*n"]
    trial: Float[Array, "*n corners d"]
    predicted: Float[Array, "*n"]
    damping: Float[Array, "*n"]
    steps: Int[Array, "*n"]
    done: Bool[Array, "*n"]


def least_actions(
    lagrangian: AbstractLagrangian,
    horizon: float,
    settings: LeastActionConfig,
    starts: Float[np.ndarray, "n corners d"],
) -> Geodesic:
    """Minimise the action of each polygon over all corners but its ends.

    **Arguments:** the Lagrangian, T, settings, and polygons of N segments, each
    traversed in time T/N, of shape `(n, N + 1, d)`.

    Newton's method with backtracking. A multiple of the kinetic energy's Hessian is
    added at first, and where the action's own is not positive definite; it fades while
    steps achieve their predicted decrease. A search ends when that decrease is below
    `tolerance` (times the action plus one), or after `max_steps` expansions, rounded up
    to even.

    **Returns:** the paths, in double precision. Obstacles create several local minima:
    each start leads to one of them, never worse than the start. A start that is not
    finite is returned unchanged. Batches are refilled as searches finish. Where L does
    not depend on position, nothing is searched: paths are straight.
    """
    if lagrangian.straight:
        return _straight(lagrangian, horizon, settings, starts)
    most = min(MANY, max(_BLOCKS // starts.shape[2] ** 2, _LEAST))
    place, parts = (lagrangian, horizon, settings.points), []
    with jax.enable_x64(True):
        begin = _begin(jnp.asarray(starts, jnp.float64))
        # Kept on the host; batches are copied from here and back.
        searches = jax.tree.map(np.array, begin)
        for _ in range(0, settings.max_steps, _STRIDE):
            for picked, lanes in batches(np.flatnonzero(~searches.done), most):
                batch = jax.tree.map(lambda leaf, lanes=lanes: leaf[lanes], searches)
                found = _advance(*place, batch, settings.tolerance)
                for leaf, new in zip(searches, found, strict=True):
                    leaf[picked] = np.asarray(new)[: len(picked)]
        for picked, lanes in batches(np.arange(len(starts)), most):
            measured = _measure(*place, searches.path[lanes])
            parts.append([np.asarray(leaf)[: len(picked)] for leaf in measured])
    action, slopes, norm = (np.concatenate(each) for each in zip(*parts, strict=True))
    converged = searches.done & np.isfinite(action)
    points = np.full(len(starts), settings.points)
    return Geodesic(
        searches.path, action, slopes, norm, searches.steps, converged, points
    )


def _straight(
    lagrangian: AbstractLagrangian,
    horizon: float,
    settings: LeastActionConfig,
    starts: Float[np.ndarray, "n corners d"],
) -> Geodesic:
    """Straight paths between the ends of `starts`."""
    x, y = (np.asarray(starts[:, k], np.float64) for k in (0, -1))
    n, d = x.shape
    s = np.linspace(0, 1, starts.shape[1])[:, None]
    action, slope = np.empty(n), np.empty((n, d))
    with jax.enable_x64(True):
        for picked, lanes in batches(np.arange(n), _AT_ONCE):
            v = (y[lanes] - x[lanes]) / horizon
            each = _of_velocities(lagrangian, x[lanes], v)
            value, slope[picked] = (np.asarray(leaf)[: len(picked)] for leaf in each)
            action[picked] = horizon * value
    return Geodesic(
        path=(1 - s) * x[:, None] + s * y[:, None],
        action=action,
        slopes=np.stack([-slope, slope], axis=1),
        gradient_norm=np.zeros(n),
        steps=np.zeros(n, np.int32),
        converged=np.isfinite(action),
        points=np.full(n, settings.points),
    )


@eqx.filter_jit
def _of_velocities(
    lagrangian: AbstractLagrangian,
    x: Float[Array | np.ndarray, "n d"],
    v: Float[Array | np.ndarray, "n d"],
) -> tuple[Float[Array, " n"], Float[Array, "n d"]]:
    """L and its derivative in the velocity."""
    return jax.vmap(jax.value_and_grad(lagrangian, 1))(jnp.asarray(x), jnp.asarray(v))


def _begin(starts: Float[Array, "n corners d"]) -> _Search:
    n = len(starts)
    return _Search(
        path=starts,
        action=jnp.full(n, jnp.inf, starts.dtype),
        trial=starts,
        predicted=jnp.full(n, jnp.inf, starts.dtype),
        damping=jnp.full(n, _FIRST, starts.dtype),
        steps=jnp.zeros(n, jnp.int32),
        done=~jnp.isfinite(starts).all(axis=(1, 2)),
    )


@eqx.filter_jit
def _advance(
    lagrangian: AbstractLagrangian,
    horizon: float,
    points: int,
    searches: _Search,
    tolerance: float,
) -> _Search:
    def one(search: _Search) -> _Search:
        at = expand(lagrangian, horizon, search.trial, points)
        new = _newton(horizon, at, search, tolerance)
        return jax.tree.map(partial(jnp.where, search.done), search, new)

    return jax.lax.fori_loop(0, _STRIDE, lambda _, s: jax.vmap(one)(s), searches)


def _newton(
    horizon: float, at: Expansion, search: _Search, tolerance: float
) -> _Search:
    """Accept the trial path, expanded in `at`, and plan the next, or a shorter step."""
    rounding = 8 * jnp.finfo(at.action.dtype).eps * (1 + jnp.abs(at.action))
    better = at.action <= search.action + rounding  # False for a NaN, too.
    gain = search.action - at.action
    trusted = gain >= search.predicted / 2
    damping = jnp.where(
        trusted, jnp.where(search.damping < _NONE, 0.0, search.damping / 5), 0.0
    )
    damping = jnp.where(trusted, damping, jnp.maximum(2 * search.damping, _AGAIN))

    heavy, link = kinetic(horizon, search.trial)
    step, definite = solve_tridiagonal(
        at.diagonal + damping * heavy, at.upper + damping * link, -at.gradient
    )
    promise = -jnp.sum(at.gradient * step) / 2
    # Damping shortens a step: the full one would decrease the action by more.
    small = (1 + damping) * promise < tolerance * (1 + jnp.abs(at.action))
    # Where the Hessian is not definite, the same path is expanded again.
    onward = search.trial.at[1:-1].add(jnp.where(definite, step, 0.0))
    shorter = search.path + _SHORTER * (search.trial - search.path)
    return _Search(
        path=jnp.where(better, search.trial, search.path),
        action=jnp.where(better, at.action, search.action),
        trial=jnp.where(better, onward, shorter),
        predicted=jnp.where(
            better, jnp.where(definite, promise, 0.0), _SHORTER * search.predicted
        ),
        damping=jnp.where(
            better & definite, damping, jnp.maximum(4 * search.damping, _AGAIN)
        ),
        steps=search.steps + 1,
        # With strong damping a saddle could pass for a minimum.
        done=better & definite & small & (damping <= _FIRST),
    )


@eqx.filter_jit
def _measure(
    lagrangian: AbstractLagrangian,
    horizon: float,
    points: int,
    paths: Float[Array, "n corners d"],
) -> tuple[Float[Array, " n"], Float[Array, "n 2 d"], Float[Array, " n"]]:
    def one(path: Array) -> tuple[Array, Array, Array]:
        at = expand(lagrangian, horizon, path, points)
        dual, _ = solve_tridiagonal(*kinetic(horizon, path), at.gradient)
        # Rounding may make the square negative.
        square = jnp.maximum(jnp.sum(at.gradient * dual), 0.0)
        return at.action, at.slopes, jnp.sqrt(square)

    return jax.vmap(one)(paths)
