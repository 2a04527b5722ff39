"""Maps that follow from entropic transport under a cost h(x - y)."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from nlot.costs.convex import AbstractConvex
from nlot.costs.legendre import inverse_gradient
from nlot.training.microbatch import in_groups

# Displacements at which a network is evaluated at a time. What reverse mode stores of
# more would not fit in a CPU's cache: gradients of the costs of 512 x 512 points took
# four times as long at once, of 128 x 128 twice as long.
_AT_ONCE = 1024


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
        return cls(x[:, None] - y, *_over_pairs(jax.value_and_grad(h), x, y))

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
    return _over_pairs(cost, x, y)


def _over_pairs(
    function: Callable[[Array], Any], x: Float[Array, "n d"], y: Float[Array, "m d"]
) -> Any:
    """`function` of x[i] - y[j] at [i, j]; reverse mode computes it again."""

    def row(a: Array) -> Any:
        return jax.vmap(function)(a - y)

    return in_groups(jax.checkpoint(row), x, size=max(1, _AT_ONCE // len(y)))
