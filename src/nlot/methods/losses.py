"""The objectives of Algorithm 1 (eqs. 14 to 19), on batches of points."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax.scipy.special import logsumexp
from jaxtyping import Array, Float

from nlot.costs.lagrangians import AbstractLagrangian
from nlot.networks.amortised import MapNetwork, SplineNetwork
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


def squared_gaps(
    network: Callable[[Array], Array],
    x: Float[Array, "n d"],
    goal: Float[Array, "n d"],
) -> Float[Array, " n"]:
    """Squared distance from the image of each point of `x` to its goal."""
    return jnp.sum((jax.vmap(network)(x) - jax.lax.stop_gradient(goal)) ** 2, -1)


def heads_gaps(
    network: MapNetwork,
    x: Float[Array, "n d"],
    goal: Float[Array, "n d"],
    width: float,
) -> Float[Array, " n"]:
    r"""`squared_gaps` of a network with any number of heads, smoothed over them.

    $-2w^2 \log \sum_k p_k \exp(-|y_k - goal|^2 / 2w^2)$, w the `width`, with the heads'
    images y_k and the probabilities p_k of the choice: a mixture of experts. Where one
    head is chosen for certain, as with a single one, it is |y_k - goal|².
    """

    def gap(a: Array, b: Array) -> Array:
        images, logits = network.alternatives(a)
        near = jnp.sum((images - b) ** 2, -1) / (2 * width**2)
        return -2 * width**2 * logsumexp(jax.nn.log_softmax(logits) - near)

    return jax.vmap(gap)(x, jax.lax.stop_gradient(goal))


def map_loss(gaps: Float[Array, " n"], regression: str) -> Float[Array, ""]:
    """Regression of the map network on the refined points (eq. 17).

    **Arguments:** the squared distances of images from these points; `regression`,
    "norm" or "squared_norm", is the form of the distance that is averaged.
    """
    if regression == "squared_norm":
        return jnp.mean(gaps)
    # The small constant keeps the norm's gradient finite at zero.
    return jnp.mean(jnp.sqrt(gaps + 1e-12))


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


def heads_loss(
    network: SplineNetwork,
    quadrature: Quadrature,
    lagrangian: AbstractLagrangian,
    x: Float[Array, "n d"],
    y: Float[Array, "n d"],
) -> Float[Array, ""]:
    """`spline_loss` of a network with any number of heads.

    Every head minimises its own action, so that none starves where another is better.
    The choice is fitted to the better head by cross-entropy, weighted by the action
    that a right choice saves.
    """

    def energy(a: Array, b: Array) -> Array:
        paths, logits = network.alternatives(a, b)
        actions = jax.vmap(lambda c: quadrature(lagrangian, a, b, c))(paths)
        saved = jax.lax.stop_gradient(jnp.mean(actions) - jnp.min(actions))
        right = jax.nn.log_softmax(logits)[jnp.argmin(actions)]
        return jnp.mean(actions) - saved * right

    return jnp.mean(jax.vmap(energy)(x, y))
