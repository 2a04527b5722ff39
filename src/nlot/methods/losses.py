"""The objectives of Algorithm 1 (eqs. 14 to 19), on batches of points."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nlot.costs.lagrangians import AbstractLagrangian
from nlot.paths.quadrature import Quadrature

# The coefficients of the path between two ends.
Path = Callable[[Array, Array], Array]


def amortised_cost(
    spline: Path,
    quadrature: Quadrature,
    lagrangian: AbstractLagrangian,
    x: Float[Array, " d"],
    y: Float[Array, " d"],
) -> Float[Array, ""]:
    """c(x, y) along the network's path; gradients in the ends hold φ fixed.

    At the optimal path the action is stationary in φ, so by the envelope theorem the
    cost's gradient is that of the action at fixed coefficients.

    **Arguments:** `spline(x, y)` gives the coefficients of the path, `quadrature` its
    action along `lagrangian`.
    """
    coefficients = jax.lax.stop_gradient(spline(x, y))
    return quadrature(lagrangian, x, y, coefficients)


def potential_loss(
    potential: Callable[[Array], Array],
    y: Float[Array, "n d"],
    refined: Float[Array, "n d"],
) -> Float[Array, ""]:
    """Negative dual objective up to a term without gradient (eqs. 14 to 16).

    By Danskin's theorem the c-transform's gradient is that of -g at its minimiser.

    **Arguments:** g, samples of the target, and minimisers of c(x, ·) - g for samples
    x of the source.
    """
    g = jax.vmap(potential)
    return jnp.mean(g(jax.lax.stop_gradient(refined))) - jnp.mean(g(y))


def map_loss(
    network: Callable[[Array], Array],
    x: Float[Array, "n d"],
    refined: Float[Array, "n d"],
    regression: str,
) -> Float[Array, ""]:
    """Regression of the map network on the refined points (eq. 17).

    **Arguments:** the network, samples of the source, and their targets; `regression`,
    "norm" or "squared_norm", is the form of the distance that is averaged.
    """
    squared = jnp.sum((jax.lax.stop_gradient(refined) - jax.vmap(network)(x)) ** 2, -1)
    if regression == "squared_norm":
        return jnp.mean(squared)
    # The small constant keeps the norm's gradient finite at zero.
    return jnp.mean(jnp.sqrt(squared + 1e-12))


def spline_loss(
    network: Path,
    quadrature: Quadrature,
    lagrangian: AbstractLagrangian,
    x: Float[Array, "n d"],
    y: Float[Array, "n d"],
) -> Float[Array, ""]:
    """Mean action of the amortised paths from `x[i]` to `y[i]` (eq. 19)."""

    def energy(a: Array, b: Array) -> Array:
        return quadrature(lagrangian, a, b, network(a, b))

    return jnp.mean(jax.vmap(energy)(x, y))
