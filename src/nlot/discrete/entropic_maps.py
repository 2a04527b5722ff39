"""Maps that follow from entropic transport under a cost h(x - y)."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from nlot.costs.convex import AbstractConvex
from nlot.costs.legendre import inverse_gradient


class Ends(NamedTuple):
    """Displacements, and whether (∇h)⁻¹ was found for each."""

    steps: Float[Array, "k d"]
    found: Bool[Array, " k"]


class Pairwise(NamedTuple):
    """Displacements x[i] - y[j] at [i, j], their costs h, and ∇h."""

    apart: Float[Array, "n m d"]
    costs: Float[Array, "n m"]
    slopes: Float[Array, "n m d"]

    @classmethod
    def of(
        cls, h: AbstractConvex, x: Float[Array, "n d"], y: Float[Array, "m d"]
    ) -> "Pairwise":
        """All pairs of points."""
        apart = x[:, None] - y
        each = jax.vmap(jax.vmap(jax.value_and_grad(h)))
        return cls(apart, *each(apart))

    @property
    def reverse(self) -> "Pairwise":
        """The same of y and x, for the cost h(-z) of the way back."""
        apart, costs, slopes = (jnp.swapaxes(part, 0, 1) for part in self)
        return Pairwise(-apart, costs, -slopes)


def displacements(
    h: AbstractConvex,
    pairs: Pairwise,
    dual: Float[Array, " m"],
    epsilon: Float[Array, ""] | float,
) -> Ends:
    r"""The displacements $(∇h)^{-1}(∇\hat f(x_i))$ of the entropic map.

    $\hat f(x) = -ε \log \frac{1}{m} \sum_j \exp\{(g_j - h(x - y_j))/ε\}$ extends f to
    all x, up to a constant (Pooladian and Niles-Weed, 2021; Cuturi et al., 2023).

    **Arguments:** h, each x with the points of the target, g and ε.
    """
    shares = jax.nn.softmax((dual - pairs.costs) / epsilon, axis=1)
    slope = jnp.einsum("nm,nmd->nd", shares, pairs.slopes)
    # The mean displacement is the answer where h is quadratic.
    start = jnp.einsum("nm,nmd->nd", shares, pairs.apart)
    invert = jax.vmap(lambda p, z: inverse_gradient(h, p, z))
    return Ends(*invert(slope, start))


def displacement_costs(
    cost: AbstractConvex, x: Float[Array, "n d"], y: Float[Array, "m d"]
) -> Float[Array, "n m"]:
    """h(x[i] - y[j]) at [i, j]."""
    return jax.vmap(lambda a: jax.vmap(lambda b: cost(a - b))(y))(x)
