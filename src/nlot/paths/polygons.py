r"""Polygonal paths: their action, its derivatives, and polygons to start from.

A path is a polygon of N segments, each traversed in time h = T/N. Its action by the
midpoint rule, $\sum_k h\, L((z_k + z_{k+1})/2, (z_{k+1} - z_k)/h)$, couples only
neighbouring corners: its Hessian is block tridiagonal. So it is by a rule of several
points in each segment, which does not miss a wall that one segment steps over.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nlot.costs.lagrangians import AbstractLagrangian
from nlot.training.microbatch import batches

# Largest dimension in which starts are bent by every height in every direction.
_ALL_HEIGHTS = 3


class Expansion(NamedTuple):
    """The action, its slopes at the ends, gradient and Hessian in the inner corners."""

    action: Float[Array, ""]
    slopes: Float[Array, "2 d"]
    gradient: Float[Array, "inner d"]
    diagonal: Float[Array, "inner d d"]
    upper: Float[Array, "inner d d"]


def polygon_action(
    lagrangian: AbstractLagrangian,
    horizon: float,
    path: Float[Array, "corners d"],
    points: int = 1,
) -> Float[Array, ""]:
    """Action of a polygon by the midpoint rule; equal time for each segment.

    **Arguments:** the Lagrangian, T, the corners, and the number of equal parts that
    each segment is cut into for the rule.
    """
    start, velocity, h = _segments(horizon, path)

    def mean(t: Array, x: Array, v: Array) -> Array:
        def density(s: Array) -> Array:
            return lagrangian.at(t + s * h)(x + s * h * v, v)

        return jnp.mean(jax.vmap(density)(_shares(points, x.dtype)))

    times = h * jnp.arange(len(start), dtype=path.dtype)
    return h * jnp.sum(jax.vmap(mean)(times, start, velocity))


def bent(
    x: Float[Array, " d"],
    y: Float[Array, " d"],
    segments: int,
    heights: Sequence[float],
) -> Float[Array, "starts corners d"]:
    """The straight polygon, and polygons bent by `heights` to both sides.

    **Arguments:** the two ends, the number of segments, and heights in units of space.

    A bend is half a sine wave in one of d - 1 directions orthogonal to y - x, so that a
    search can pass an obstacle on either side. In up to three dimensions each direction
    takes all heights. In more, each takes the next height in turn: 1 + 2 (d - 1)
    polygons in all, whose coordinates grow in number as d².
    """
    d = x.shape[0]
    # The last d - 1 columns of Q are orthogonal to the first column, y - x.
    frame = jnp.column_stack([y - x, jnp.eye(d, dtype=x.dtype)])
    across = jnp.linalg.qr(frame)[0][:, 1:].T
    if d > _ALL_HEIGHTS and heights:
        turns = jnp.array([heights[k % len(heights)] for k in range(d - 1)], x.dtype)
        tops = jnp.concatenate([turns[:, None] * across, -turns[:, None] * across])
    else:
        signed = jnp.array([sign * h for h in heights for sign in (1, -1)], x.dtype)
        tops = (signed[:, None, None] * across).reshape(-1, d)
    s = jnp.linspace(0.0, 1.0, segments + 1, dtype=x.dtype)[:, None]
    bends = jnp.concatenate([jnp.zeros((1, d), x.dtype), tops])[:, None]
    return x + s * (y - x) + jnp.sin(jnp.pi * s) * bends


def winding(
    x: Float[Array, " d"],
    y: Float[Array, " d"],
    segments: int,
    waves: Float[Array, "starts modes d"],
) -> Float[Array, "starts corners d"]:
    r"""Polygons that deviate from the straight one by $\sum_k w_k \sin(π k s)$.

    **Arguments:** the two ends, the number of segments, and w, in units of space.
    """
    s = jnp.linspace(0.0, 1.0, segments + 1, dtype=x.dtype)
    modes = jnp.sin(jnp.pi * jnp.arange(1, waves.shape[1] + 1)[:, None] * s)
    return x + s[:, None] * (y - x) + jnp.einsum("nkd,kt->ntd", waves, modes)


def polygon_actions(
    lagrangian: AbstractLagrangian,
    horizon: float,
    paths: Float[np.ndarray, "n corners d"],
    points: int = 1,
) -> Float[np.ndarray, " n"]:
    """`polygon_action` of each path, in batches."""
    parts = [
        np.asarray(_with_gradients(lagrangian, horizon, paths[lanes], points)[0])[
            : len(picked)
        ]
        for picked, lanes in batches(np.arange(len(paths)))
    ]
    return np.concatenate([np.empty(0, paths.dtype), *parts])


@eqx.filter_jit
def _with_gradients(
    lagrangian: AbstractLagrangian,
    horizon: float,
    paths: Float[Array, "n corners d"],
    points: int,
) -> tuple[Float[Array, " n"], Float[Array, "n corners d"]]:
    """Actions, and gradients that callers discard.

    XLA vectorises the exponentials of a potential if their derivatives are computed,
    too; otherwise it takes them one by one, which is three to ten times slower.
    """

    def action(path: Array) -> Array:
        return polygon_action(lagrangian, horizon, path, points)

    return jax.vmap(jax.value_and_grad(action))(paths)


def _segments(
    horizon: float, path: Float[Array, "corners d"]
) -> tuple[Float[Array, "segments d"], Float[Array, "segments d"], float]:
    """Start and velocity of each segment, and its duration."""
    h = horizon / (path.shape[0] - 1)
    return path[:-1], (path[1:] - path[:-1]) / h, h


def _shares(points: int, dtype: Any) -> Float[Array, " points"]:
    """Places of the rule's points in a segment, as shares of it."""
    return (jnp.arange(points, dtype=dtype) + 0.5) / points


def expand(
    lagrangian: AbstractLagrangian,
    horizon: float,
    path: Float[Array, "corners d"],
    points: int = 1,
) -> Expansion:
    """The action near `path`, to second order, by derivatives of L in each segment.

    **Arguments:** those of `polygon_action`.
    """
    identity = jnp.eye(path.shape[1], dtype=path.dtype)
    start, velocity, h = _segments(horizon, path)

    def along(function: Callable[[Array], Any], at: Array) -> Any:
        """Derivatives in all coordinates."""
        return jax.vmap(lambda t: jax.jvp(function, (at,), (t,))[1])(identity)

    def local(t: Array, x: Array, v: Array, s: Array | float) -> tuple[Array, ...]:
        """L h at a share s of a segment, with derivatives in the segment's ends."""
        now = lagrangian.at(t + s * h)
        slopes = jax.grad(now, (0, 1))
        x = x + s * h * v
        value, (lx, lv) = jax.value_and_grad(now, (0, 1))(x, v)
        # Position and velocity separately: a potential only depends on the first.
        lxx, lxv = along(lambda z: slopes(z, v), x)
        lvv = along(lambda z: slopes(x, z)[1], v)
        # The chain rule, from x and v to the ends of the segment.
        lvx, r = lxv.T, 1 - s
        first = r * h * lx - lv, r * r * h * lxx - r * (lxv + lvx) + lvv / h
        last = s * h * lx + lv, s * s * h * lxx + s * (lxv + lvx) + lvv / h
        across = r * s * h * lxx + r * lxv - s * lvx - lvv / h
        return h * value, *first, *last, across

    def segment(t: Array, x: Array, v: Array) -> tuple[Array, ...]:
        # A constant share saves a sixth of the time.
        if points == 1:
            return local(t, x, v, 0.5)
        shares = _shares(points, x.dtype)
        every = jax.vmap(local, (None, None, None, 0))(t, x, v, shares)
        return tuple(jnp.mean(each, axis=0) for each in every)

    times = h * jnp.arange(len(start), dtype=path.dtype)
    value, first, own, last, other, across = jax.vmap(segment)(times, start, velocity)
    slopes = jnp.stack([first[0], last[-1]])
    gradient, diagonal = last[:-1] + first[1:], other[:-1] + own[1:]
    return Expansion(jnp.sum(value), slopes, gradient, diagonal, across[1:])


def kinetic(
    horizon: float, path: Float[Array, "corners d"]
) -> tuple[Float[Array, "inner d d"], Float[Array, "inner d d"]]:
    """Hessian blocks of the kinetic energy ∫ |v|²/2 dt."""
    segments, d = path.shape[0] - 1, path.shape[1]
    identity = jnp.eye(d, dtype=path.dtype) * (segments / horizon)
    blocks = jnp.broadcast_to(identity, (segments - 1, d, d))
    return 2 * blocks, -blocks
