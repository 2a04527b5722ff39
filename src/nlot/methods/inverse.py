"""Points that a map sends to given ones."""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optimistix as optx
from jaxtyping import Array, Float
from scipy.spatial import cKDTree

# Tolerance and limit of the search, and of the corrections after it.
_TOLERANCE, _STEPS, _CORRECTIONS = 1e-6, 50, 5


class Inverse(NamedTuple):
    """Points of the source, and how far from the asked points their images are."""

    x: Float[Array, "n d"]
    error: Float[Array, " n"]


def invert(
    images: Callable[[Array], Array],
    network: Callable[[Array], Array],
    y: Float[Array, "n d"],
    starts: Float[Array, "m d"],
) -> Inverse:
    """Solve images(x) = y from the start whose image is nearest.

    **Arguments:** the map of points of shape (n, d); a differentiable map of single
    points that is close to it; the goals; and points of the source.

    **Returns:** the best points found, and the length of their residuals. Where the map
    jumps over a goal, the residual stays.
    """
    nearest = cKDTree(np.asarray(images(starts))).query(np.asarray(y))[1]
    x = _least_squares(network, starts[nearest], y)
    best = starts[nearest]
    error = jnp.linalg.norm(images(best) - y, axis=1)
    for _ in range(1 + _CORRECTIONS):
        found = jnp.linalg.norm(images(x) - y, axis=1)
        better = found < error
        best = jnp.where(better[:, None], x, best)
        error = jnp.where(better, found, error)
        x = _corrected(network, best, y - images(best))
    return Inverse(best, error)


@eqx.filter_jit
def _least_squares(network: Callable[[Array], Array], start: Array, y: Array) -> Array:
    solver: Any = optx.LevenbergMarquardt(rtol=_TOLERANCE, atol=_TOLERANCE)

    def solve(a: Array, goal: Array) -> Array:
        found: Any = optx.least_squares(
            lambda x, goal: network(x) - goal,
            solver,
            a,
            goal,
            max_steps=_STEPS,
            throw=False,
        )
        return found.value

    return jax.vmap(solve)(start, y)


@eqx.filter_jit
def _corrected(network: Callable[[Array], Array], x: Array, residual: Array) -> Array:
    """A Newton step with the network's Jacobian, of minimal length where singular."""

    def one(a: Array, r: Array) -> Array:
        return a + jnp.linalg.lstsq(jax.jacobian(network)(a), r)[0]

    return jax.vmap(one)(x, residual)
