"""Input-convex networks: convex costs that are learned."""

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.costs.convex import AbstractConvex
from nlot.networks.mlp import affine

# Size of the output of the layers at the start, of the quadratic form being one.
_SMALL = 0.1


class ICNN(AbstractConvex):
    r"""A strongly convex function (Amos, Xu and Kolter, 2017).

    $u_1 = σ(A_1 z + b_1)$, $u_{k+1} = σ(W_k u_k + A_{k+1} z + b_{k+1})$,
    $h(z) = w·u_K + |R z|^2/2 + α |z|^2/2$, with W_k and w non-negative and σ, a CELU,
    convex and increasing; less its value and slope at 0, so that h is least there, and
    zero. Its training starts near $|z|^2/2$. Without layers it is a quadratic form.

    **Arguments:** d, widths of the layers, α > 0, whether h(z) = h(-z), and the key
    that weights are drawn with.
    """

    skips: tuple[eqx.nn.Linear, ...]
    # Their softplus are the non-negative weights.
    between: tuple[Float[Array, "..."], ...]
    out: Float[Array, " width"] | None
    root: Float[Array, "d d"]
    curvature: float = eqx.field(static=True)
    symmetric: bool = eqx.field(static=True)

    def __init__(
        self,
        dimension: int,
        hidden: Sequence[int],
        *,
        curvature: float = 0.01,
        symmetric: bool = False,
        key: PRNGKeyArray,
    ):
        first, second = jax.random.split(key)
        keys = jax.random.split(first, len(hidden))
        self.skips = tuple(
            eqx.nn.Linear(dimension, n, key=k)
            for n, k in zip(hidden, keys, strict=True)
        )
        keys = jax.random.split(second, len(hidden))
        pairs = zip(hidden[:-1], hidden[1:], keys[1:], strict=False)
        self.between = tuple(_weights((n, m), 1 / m, k) for m, n, k in pairs)
        self.out = (
            _weights((hidden[-1],), _SMALL / hidden[-1], keys[0]) if hidden else None
        )
        self.root = jnp.eye(dimension)
        self.curvature, self.symmetric = curvature, symmetric

    @property
    def dimension(self) -> int:
        return len(self.root)

    def _half(self, z: Float[Array, " d"]) -> Float[Array, ""]:
        if self.out is None:
            return jnp.zeros((), z.dtype)
        u = jax.nn.celu(affine(self.skips[0], z))
        for weights, skip in zip(self.between, self.skips[1:], strict=True):
            u = jax.nn.celu(u @ jax.nn.softplus(weights).T + affine(skip, z))
        return jnp.sum(jax.nn.softplus(self.out) * u)

    def __call__(self, z: Float[Array, " d"]) -> Float[Array, ""]:
        zero = jnp.zeros_like(z)
        value = self._half(z)
        if self.symmetric:
            value = (value + self._half(-z)) / 2 - self._half(zero)
        else:
            level, slope = jax.value_and_grad(self._half)(zero)
            value = value - level - slope @ z
        squares = jnp.sum((z @ self.root.T) ** 2) + self.curvature * jnp.sum(z**2)
        return value + squares / 2


def _weights(
    shape: tuple[int, ...], size: float, key: PRNGKeyArray
) -> Float[Array, "..."]:
    """Weights whose softplus is uniform between 0 and twice `size`."""
    drawn = size * jax.random.uniform(key, shape, minval=0.1, maxval=1.9)
    return jnp.log(jnp.expm1(drawn))
