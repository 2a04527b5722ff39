"""The three networks of Algorithm 1: potential g, map y, spline coefficients φ.

Inputs are divided and outputs multiplied by `scale`, the half-width of the problem's
bounds, so that one initialisation and learning rate suit problems of any extent.
"""

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.config.sections import DualConfig
from nlot.networks.mlp import MLP
from nlot.paths.splines import CubicSpline


class PotentialNetwork(eqx.Module):
    """The Kantorovich potential g_θ: (d,) to a scalar."""

    mlp: MLP
    scale: float = eqx.field(static=True)

    def __init__(
        self,
        dimension: int,
        hidden: Sequence[int],
        activation: str,
        scale: float,
        *,
        key: PRNGKeyArray,
    ):
        self.mlp = MLP(dimension, 1, hidden, activation, key=key)
        self.scale = scale

    def __call__(self, y: Float[Array, " d"]) -> Float[Array, ""]:
        # A cost grows with the square of distance, and so does its potential.
        return self.scale**2 * self.mlp(y / self.scale)[0]


class MapNetwork(eqx.Module):
    """The amortised c-transform y_ζ: (d,) to (d,), a displacement added to x."""

    mlp: MLP
    scale: float = eqx.field(static=True)

    def __init__(
        self,
        dimension: int,
        hidden: Sequence[int],
        activation: str,
        scale: float,
        *,
        key: PRNGKeyArray,
    ):
        self.mlp = MLP(dimension, dimension, hidden, activation, key=key)
        self.scale = scale

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " d"]:
        return x + self.scale * self.mlp(x / self.scale)


class SplineNetwork(eqx.Module):
    """The amortised path φ_η: two ends of shape (d,) to coefficients (size, d)."""

    mlp: MLP
    size: int = eqx.field(static=True)
    scale: float = eqx.field(static=True)

    def __init__(
        self,
        dimension: int,
        size: int,
        hidden: Sequence[int],
        activation: str,
        scale: float,
        *,
        key: PRNGKeyArray,
    ):
        self.mlp = MLP(2 * dimension, size * dimension, hidden, activation, key=key)
        self.size = size
        self.scale = scale

    def __call__(
        self, x: Float[Array, " d"], y: Float[Array, " d"]
    ) -> Float[Array, "size d"]:
        flat = self.mlp(jnp.concatenate([x, y]) / self.scale)
        return self.scale * flat.reshape(self.size, x.shape[0])

    def nearly_straight(self) -> "SplineNetwork":
        """This network with its last layer shrunk: paths start close to lines."""
        last = self.mlp.layers[-1]
        return eqx.tree_at(
            lambda n: (n.mlp.layers[-1].weight, n.mlp.layers[-1].bias),
            self,
            (0.1 * last.weight, jnp.zeros(last.out_features)),
        )


class Networks(eqx.Module):
    """What a run learns: potential g, map y and spline coefficients φ."""

    potential: PotentialNetwork
    map: MapNetwork
    spline: SplineNetwork


def build_networks(
    dimension: int,
    scale: float,
    config: DualConfig,
    *,
    key: PRNGKeyArray,
) -> Networks:
    """Untrained networks.

    **Arguments:** `dimension` and `scale`, the half-width of the bounds, are those of
    the problem; `config` has the sizes of the networks and the number of knots.
    """
    keys = jax.random.split(key, 3)
    g, y, s = config.potential, config.map, config.spline
    size = CubicSpline(config.knots).size
    return Networks(
        potential=PotentialNetwork(
            dimension, g.hidden, g.activation, scale, key=keys[0]
        ),
        map=MapNetwork(dimension, y.hidden, y.activation, scale, key=keys[1]),
        spline=SplineNetwork(
            dimension, size, s.hidden, s.activation, scale, key=keys[2]
        ),
    )
