"""The three networks of Algorithm 1: potential g, map y, spline coefficients φ.

Inputs are divided and outputs multiplied by `scale`, the half-width of the problem's
bounds, so that one initialisation and learning rate suit problems of any extent.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.config.sections import DualConfig
from nlot.networks.mlp import MLP
from nlot.paths.splines import CubicSpline


class _ScaledNetwork(eqx.Module):
    mlp: MLP
    scale: float = eqx.field(static=True)


class PotentialNetwork(_ScaledNetwork):
    """The Kantorovich potential g_θ: (d,) to a scalar."""

    def __call__(self, y: Float[Array, " d"]) -> Float[Array, ""]:
        # A cost grows with the square of distance, and so does its potential.
        return self.scale**2 * self.mlp(y / self.scale)[0]


class MapNetwork(_ScaledNetwork):
    """The amortised c-transform y_ζ: (d,) to (d,), a displacement added to x."""

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " d"]:
        return x + self.scale * self.mlp(x / self.scale)


class SplineNetwork(_ScaledNetwork):
    """The amortised path φ_η: two ends of shape (d,) to coefficients (size, d)."""

    def __call__(
        self, x: Float[Array, " d"], y: Float[Array, " d"]
    ) -> Float[Array, "size d"]:
        flat = self.mlp(jnp.concatenate([x, y]) / self.scale)
        return self.scale * flat.reshape(-1, x.shape[0])

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
    d, size = dimension, CubicSpline(config.knots).size
    g, y, s = config.potential, config.map, config.spline
    return Networks(
        PotentialNetwork(MLP(d, 1, g.hidden, g.activation, key=keys[0]), scale),
        MapNetwork(MLP(d, d, y.hidden, y.activation, key=keys[1]), scale),
        SplineNetwork(MLP(2 * d, size * d, s.hidden, s.activation, key=keys[2]), scale),
    )
