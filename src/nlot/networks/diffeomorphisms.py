"""Diffeomorphisms of R^d that are learned: normalising flows of FlowJAX."""

from typing import Any, Literal, cast

import equinox as eqx
import jax
import jax.numpy as jnp
import paramax
from flowjax.bijections import (
    AbstractBijection,
    Affine,
    Chain,
    Coupling,
    Flip,
    MaskedAutoregressive,
    Scan,
)
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.costs.flow_parts import arrays_of, joined

Kind = Literal["coupling", "autoregressive"]


class Diffeomorphism(eqx.Module):
    """Affine layers, each followed by a reversal of the coordinates.

    The scales and shifts of a layer are a perceptron's of other coordinates: of the
    first half, or of all before (a masked autoregressive flow, whose inverse takes d
    evaluations). They are smooth, unlike those of the flows' usual ReLU, and scales are
    between 1/e and e, so that far from the samples neither the map nor its inverse
    explodes. At the start of training it is the identity.

    **Arguments:** d, at least 2, the kind and number of layers, the width of their
    perceptrons, which have two hidden layers, and the key that weights are drawn with.
    """

    weights: tuple[Array, ...]
    about: tuple[int, Kind, int, int] = eqx.field(static=True)

    def __init__(
        self,
        dimension: int,
        kind: Kind = "coupling",
        *,
        layers: int = 4,
        width: int = 64,
        key: PRNGKeyArray,
    ):
        self.about = dimension, kind, layers, width
        self.weights = arrays_of(_chain, key, *self.about)

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " d"]:
        """The image of a point of shape `(d,)`."""
        return self._bijection.transform(x)

    def inverse(self, u: Float[Array, " d"]) -> Float[Array, " d"]:
        """The point whose image is `u`."""
        return self._bijection.inverse(u)

    @property
    def _bijection(self) -> AbstractBijection:
        return paramax.unwrap(joined(self.weights, _chain, *self.about))


def _chain(
    key: PRNGKeyArray, dimension: int, kind: Kind, layers: int, width: int
) -> AbstractBijection:
    make = _coupling if kind == "coupling" else _autoregressive
    about: Any = {
        "transformer": eqx.tree_at(
            lambda affine: affine.scale,
            Affine(),
            paramax.Parameterize(_scale, jnp.zeros(())),
        ),
        "dim": dimension,
        "nn_width": width,
        "nn_depth": 2,
        "nn_activation": jax.nn.silu,
    }
    # Its generated constructor is not seen by type checkers.
    flip = cast(Any, Flip)((dimension,))

    def layer(key: PRNGKeyArray) -> AbstractBijection:
        return Chain([make(key, about), flip])

    # One program for all layers.
    all_layers = Scan(eqx.filter_vmap(layer)(jax.random.split(key, layers)))
    # An even number of reversals is none.
    return Chain([all_layers, flip]) if layers % 2 else all_layers


def _scale(raw: Float[Array, "..."]) -> Float[Array, "..."]:
    return jnp.exp(jnp.tanh(raw))


def _coupling(key: PRNGKeyArray, about: Any) -> AbstractBijection:
    layer = Coupling(key, untransformed_dim=about["dim"] // 2, **about)
    last = layer.conditioner.layers[-1]
    # Zero outputs of the perceptron leave all coordinates as they are.
    none = jax.tree.map(jnp.zeros_like, last)
    return eqx.tree_at(lambda c: c.conditioner.layers[-1], layer, none)


def _autoregressive(key: PRNGKeyArray, about: Any) -> AbstractBijection:
    layer = MaskedAutoregressive(key, **about)
    weights = layer.masked_autoregressive_mlp.layers[-1]
    none = jax.tree.map(
        lambda a: jnp.zeros_like(a) if eqx.is_inexact_array(a) else a, weights
    )
    return eqx.tree_at(lambda c: c.masked_autoregressive_mlp.layers[-1], layer, none)
