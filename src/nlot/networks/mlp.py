"""Multi-layer perceptrons, on one example at a time."""

from collections.abc import Callable, Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.config.sections import Activation


class MLP(eqx.Module):
    """A multi-layer perceptron whose hidden layers may differ in width.

    **Arguments:** numbers of inputs and outputs, widths of the hidden layers, the name
    of an activation in `jax.nn`, and the key that weights are drawn with.
    """

    layers: tuple[eqx.nn.Linear, ...]
    activation: Callable = eqx.field(static=True)

    def __init__(
        self,
        in_size: int,
        out_size: int,
        hidden: Sequence[int],
        activation: Activation,
        *,
        key: PRNGKeyArray,
    ):
        sizes = (in_size, *hidden, out_size)
        keys = jax.random.split(key, len(sizes) - 1)
        self.layers = tuple(
            eqx.nn.Linear(m, n, key=k)
            for m, n, k in zip(sizes[:-1], sizes[1:], keys, strict=True)
        )
        self.activation = _FASTER.get(activation) or getattr(jax.nn, activation)

    def __call__(self, x: Float[Array, " in_size"]) -> Float[Array, " out_size"]:
        for layer in self.layers[:-1]:
            x = self.activation(affine(layer, x))
        return affine(self.layers[-1], x)

    def times(self, factor: float) -> "MLP":
        """This perceptron with its output multiplied by `factor`."""
        last = jax.tree.map(lambda leaf: factor * leaf, self.layers[-1])
        return eqx.tree_at(lambda m: m.layers[-1], self, last)


@jax.custom_jvp
def softplus(x: Float[Array, "*n"]) -> Float[Array, "*n"]:
    """log(1 + exp x), to a rounding error of max(1, |x|)."""
    return jnp.maximum(x, 0) + jnp.log(1 + jnp.exp(-jnp.abs(x)))


@softplus.defjvp
def _(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    return softplus(*primals), jax.nn.sigmoid(primals[0]) * tangents[0]


# That of `jax.nn` takes `log1p`, three times as long, and more in its derivatives.
_FASTER = {"softplus": softplus}


def affine(
    layer: eqx.nn.Linear, x: Float[Array, " in_size"]
) -> Float[Array, " out_size"]:
    """The layer at `x`, computed as `x @ weight.T`.

    Under nested `vmap`s the points of a batch then stay rows of one matrix. With
    `weight @ x` they become columns, and are transposed back in every activation.
    """
    product = x @ layer.weight.T
    return product if layer.bias is None else product + layer.bias
