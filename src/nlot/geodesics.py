r"""The path of least action between two given points (eqs. 9 and 18), to convergence.

A path is a polygon of N segments, each crossed in the time h = T/N. Its action by the
midpoint rule, $\sum_k h\, L((z_k + z_{k+1})/2, (z_{k+1} - z_k)/h)$, couples
neighbouring corners only: its Hessian is block tridiagonal and Newton's method costs no
more than a few gradients. The minimum differs from that over all curves by O(h²).
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from nlot.lagrangians import AbstractLagrangian
from nlot.tridiagonal import solve as solve_tridiagonal

# Paths that are solved together, many or few: each size is compiled. Steps between
# looks at who is done.
_BATCH, _FEW, _STRIDE = 512, 64, 2
# Damping: at the start, at least after it was too little, and below which it is none.
_FIRST, _AGAIN, _NONE = 0.1, 0.03, 1e-4
# How much shorter a step is tried that would raise the action.
_SHORTER = 0.25


class Geodesic(NamedTuple):
    """Paths of least action, and how far the solver came.

    `slopes` are the gradients of the action in the two ends, those of the cost where
    the path is the best one. `gradient_norm` is the norm dual to |velocity| in L²: the
    length of the gradient in coordinates in which the kinetic energy is half the sum of
    squares.
    """

    path: Float[np.ndarray, "n corners d"]
    action: Float[np.ndarray, " n"]
    slopes: Float[np.ndarray, "n 2 d"]
    gradient_norm: Float[np.ndarray, " n"]
    steps: Int[np.ndarray, " n"]
    converged: Bool[np.ndarray, " n"]


class _Search(eqx.Module):
    """Where a search stands: the best path, and the next one to try.

    `predicted` is the decrease of the action that a quadratic model promised of it.
    """

    path: Float[Array, "*n corners d"]
    action: Float[Array, "*n"]
    trial: Float[Array, "*n corners d"]
    predicted: Float[Array, "*n"]
    damping: Float[Array, "*n"]
    steps: Int[Array, "*n"]
    done: Bool[Array, "*n"]


class _Expansion(NamedTuple):
    """The action, its slopes at the ends, gradient and Hessian in the inner corners."""

    action: Float[Array, ""]
    slopes: Float[Array, "2 d"]
    gradient: Float[Array, "inner d"]
    diagonal: Float[Array, "inner d d"]
    upper: Float[Array, "inner d d"]


def polygon_actions(
    lagrangian: AbstractLagrangian,
    horizon: float,
    paths: Float[np.ndarray, "n corners d"],
) -> Float[np.ndarray, " n"]:
    """`polygon_action` of each path."""
    parts = [
        np.asarray(_with_gradients(lagrangian, horizon, paths[lanes])[0])[: len(picked)]
        for picked, lanes in _batches(np.arange(len(paths)))
    ]
    return np.concatenate([np.empty(0, paths.dtype), *parts])


@eqx.filter_jit
def _with_gradients(
    lagrangian: AbstractLagrangian, horizon: float, paths: Float[Array, "n corners d"]
) -> tuple[Float[Array, " n"], Float[Array, "n corners d"]]:
    """Actions, and gradients that nobody needs.

    XLA computes the exponentials of a potential many at a time where their derivatives
    are wanted, too, and one by one otherwise, which takes three to ten times as long.
    """

    def action(path: Array) -> Array:
        return polygon_action(lagrangian, horizon, path)

    return jax.vmap(jax.value_and_grad(action))(paths)


def polygon_action(
    lagrangian: AbstractLagrangian,
    horizon: float,
    path: Float[Array, "corners d"],
) -> Float[Array, ""]:
    """Action of a polygon by the midpoint rule; equal time for each segment."""
    middle, velocity, h = _segments(horizon, path)
    return h * jnp.sum(jax.vmap(lagrangian)(middle, velocity))


def straight(
    x: Float[Array, " d"], y: Float[Array, " d"], segments: int
) -> Float[Array, "corners d"]:
    """The straight polygon from `x` to `y`."""
    s = jnp.linspace(0.0, 1.0, segments + 1, dtype=x.dtype)[:, None]
    return x + s * (y - x)


def bent(
    x: Float[Array, " d"],
    y: Float[Array, " d"],
    segments: int,
    heights: Sequence[float],
) -> Float[Array, "starts corners d"]:
    """The straight polygon, and polygons bent by each of `heights` to both sides.

    Bent ones follow half a sine wave in each direction orthogonal to y - x, so that a
    search finds its way round an obstacle on either side.
    """
    d = x.shape[0]
    # The last d - 1 columns of Q are orthogonal to the first column, y - x.
    frame = jnp.column_stack([y - x, jnp.eye(d, dtype=x.dtype)])
    across = jnp.linalg.qr(frame)[0][:, 1:].T
    tops = jnp.array([sign * h for h in heights for sign in (1, -1)], x.dtype)
    tops = (tops[:, None, None] * across).reshape(-1, d)
    wave = jnp.sin(jnp.pi * jnp.linspace(0.0, 1.0, segments + 1, dtype=x.dtype))
    bends = jnp.concatenate([jnp.zeros((1, d), x.dtype), tops])
    return straight(x, y, segments) + wave[:, None] * bends[:, None]


def least_actions(
    lagrangian: AbstractLagrangian,
    horizon: float,
    starts: Float[Array | np.ndarray, "n corners d"],
    *,
    tolerance: float = 1e-9,
    max_steps: int = 200,
) -> Geodesic:
    """Minimise the action of each polygon over all corners but its ends.

    Newton's method with backtracking. A multiple of the kinetic energy's Hessian is
    added at first, and where the action's own is not positive definite; it fades as
    steps keep their promise. A search ends when a step promises less than `tolerance`
    (times the action plus one), or after `max_steps` expansions, rounded up to even.
    Obstacles make several local minima: the result is the one that a start leads to,
    and never worse than the start. A start that is not finite comes back as it is.

    Searches that are done leave the batches, and those that need more steps fill them.
    """
    # Kept on the host, where batches are picked from and written back to.
    searches = jax.tree.map(np.array, _begin(jnp.asarray(starts)))
    for _ in range(0, max_steps, _STRIDE):
        for picked, lanes in _batches(np.flatnonzero(~searches.done)):
            batch = jax.tree.map(lambda leaf, lanes=lanes: leaf[lanes], searches)
            found = _advance(lagrangian, horizon, batch, tolerance)
            for leaf, new in zip(
                jax.tree.leaves(searches), jax.tree.leaves(found), strict=True
            ):
                leaf[picked] = np.asarray(new)[: len(picked)]
    parts = []
    for picked, lanes in _batches(np.arange(len(searches.path))):
        measured = _measure(lagrangian, horizon, searches.path[lanes])
        parts.append([np.asarray(leaf)[: len(picked)] for leaf in measured])
    action, slopes, norm = (np.concatenate(each) for each in zip(*parts, strict=True))
    return Geodesic(
        path=searches.path,
        action=action,
        slopes=slopes,
        gradient_norm=norm,
        steps=searches.steps,
        converged=searches.done & np.isfinite(action),
    )


def _batches(
    indices: Int[np.ndarray, " n"],
) -> Iterator[tuple[Int[np.ndarray, " batch"], Int[np.ndarray, " lanes"]]]:
    """Parts of `indices`, and each filled up to a size by repeating it."""
    for begin in range(0, len(indices), _BATCH):
        picked = indices[begin : begin + _BATCH]
        yield picked, np.resize(picked, _FEW if len(picked) <= _FEW else _BATCH)


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
    lagrangian: AbstractLagrangian, horizon: float, searches: _Search, tolerance: float
) -> _Search:
    def one(search: _Search) -> _Search:
        new = _newton(lagrangian, horizon, search, tolerance)
        return jax.tree.map(partial(jnp.where, search.done), search, new)

    return jax.lax.fori_loop(0, _STRIDE, lambda _, s: jax.vmap(one)(s), searches)


def _newton(
    lagrangian: AbstractLagrangian, horizon: float, search: _Search, tolerance: float
) -> _Search:
    """Look at the path to try: keep it and plan the next, or plan a shorter step."""
    at = _expand(lagrangian, horizon, search.trial)
    rounding = 8 * jnp.finfo(at.action.dtype).eps * (1 + jnp.abs(at.action))
    better = at.action <= search.action + rounding  # False for a NaN, too.
    gain = search.action - at.action
    trusted = gain >= search.predicted / 2
    damping = jnp.where(
        trusted, jnp.where(search.damping < _NONE, 0.0, search.damping / 5), 0.0
    )
    damping = jnp.where(trusted, damping, jnp.maximum(2 * search.damping, _AGAIN))

    heavy, link = _kinetic(horizon, search.trial)
    step, definite = solve_tridiagonal(
        at.diagonal + damping * heavy, at.upper + damping * link, -at.gradient
    )
    promise = -jnp.sum(at.gradient * step) / 2
    # Damping shortens a step: what the full one promises is larger by as much.
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
        # With much damping a saddle would pass for a minimum.
        done=better & definite & small & (damping <= _FIRST),
    )


@eqx.filter_jit
def _measure(
    lagrangian: AbstractLagrangian, horizon: float, paths: Float[Array, "n corners d"]
) -> tuple[Float[Array, " n"], Float[Array, "n 2 d"], Float[Array, " n"]]:
    def one(path: Array) -> tuple[Array, Array, Array]:
        at = _expand(lagrangian, horizon, path)
        dual, _ = solve_tridiagonal(*_kinetic(horizon, path), at.gradient)
        # Rounding may leave a square below zero.
        square = jnp.maximum(jnp.sum(at.gradient * dual), 0.0)
        return at.action, at.slopes, jnp.sqrt(square)

    return jax.vmap(one)(paths)


def _segments(
    horizon: float, path: Float[Array, "corners d"]
) -> tuple[Float[Array, "segments d"], Float[Array, "segments d"], float]:
    """Middle and velocity of each segment, and the time that it takes."""
    h = horizon / (path.shape[0] - 1)
    return (path[:-1] + path[1:]) / 2, (path[1:] - path[:-1]) / h, h


def _expand(
    lagrangian: AbstractLagrangian, horizon: float, path: Float[Array, "corners d"]
) -> _Expansion:
    identity = jnp.eye(path.shape[1], dtype=path.dtype)
    middle, velocity, h = _segments(horizon, path)

    def local(x: Array, v: Array) -> tuple[Array, ...]:
        """L with its first and second derivatives."""
        slopes = jax.grad(lagrangian, (0, 1))
        value, (lx, lv) = jax.value_and_grad(lagrangian, (0, 1))(x, v)
        # By position and by velocity apart: a potential has no part in the second.
        lxx, lxv = jax.vmap(lambda t: jax.jvp(lambda z: slopes(z, v), (x,), (t,))[1])(
            identity
        )
        lvv = jax.vmap(lambda t: jax.jvp(lambda z: slopes(x, z)[1], (v,), (t,))[1])(
            identity
        )
        return value, lx, lv, lxx, lxv, lvv

    value, lx, lv, lxx, lxv, lvv = jax.vmap(local)(middle, velocity)
    # The chain rule, from middle and velocity to the ends of a segment.
    lvx = jnp.swapaxes(lxv, 1, 2)
    even, mixed = h * lxx / 4 + lvv / h, (lxv + lvx) / 2
    first, last = h * lx / 2 - lv, h * lx / 2 + lv
    slopes = jnp.stack([first[0], last[-1]])
    diagonal = (even + mixed)[:-1] + (even - mixed)[1:]
    upper = (h * lxx / 4 - lvv / h + (lxv - lvx) / 2)[1:]
    return _Expansion(
        h * jnp.sum(value), slopes, last[:-1] + first[1:], diagonal, upper
    )


def _kinetic(
    horizon: float, path: Float[Array, "corners d"]
) -> tuple[Float[Array, "inner d d"], Float[Array, "inner d d"]]:
    """Hessian blocks of the kinetic energy ∫ |v|²/2 dt."""
    segments, d = path.shape[0] - 1, path.shape[1]
    identity = jnp.eye(d, dtype=path.dtype) * (segments / horizon)
    blocks = jnp.broadcast_to(identity, (segments - 1, d, d))
    return 2 * blocks, -blocks
