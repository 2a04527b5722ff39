"""Points and images under random diffeomorphisms of the unit cube."""

from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import scipy
from jaxtyping import Array, Float, PRNGKeyArray
from pydantic import Field

from nlot.measures.pairs import DrawnPairs
from nlot.networks.mlp import MLP

# Points by which images are standardised, and those compared with a Euclidean matching.
_MANY, _FEW = 4096, 256
# Largest logarithm of a layer's scale, and the half width of its inputs.
_STRETCH, _WIDE = 0.5, 2.0
# Distance of the Euclidean matching from the true images, in units of their spread,
# below which nothing could be learned from pairs.
_DIFFERENT = 0.5


class RandomImages:
    """Points and images under two random diffeomorphisms of the unit cube."""

    class Config(DrawnPairs):
        """Points and images under two random diffeomorphisms of the unit cube.

        Each is made of affine coupling layers with perceptrons of random weights, and
        standardised. They are drawn again where Euclidean matching finds the images.
        """

        kind: Literal["random_images"]
        dimension: int = Field(2, ge=2, description="number of coordinates")
        layers: int = Field(4, ge=1, description="layers of each diffeomorphism")
        width: int = Field(64, ge=1, description="of the hidden layer of each layer")

        def couples(
            self, key: PRNGKeyArray, n: int
        ) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "n d"]]:
            while True:
                key, first, second, draw = jax.random.split(key, 4)
                u = jax.random.uniform(draw, (_MANY + n, self.dimension))
                x, y = (self._images(k, u) for k in (first, second))
                a, b = x[:_FEW], y[:_FEW]
                between = scipy.spatial.distance.cdist(a, b, "sqeuclidean")
                _, partner = scipy.optimize.linear_sum_assignment(between)
                apart = np.mean(np.sum((b[partner] - b) ** 2, axis=1))
                if apart > _DIFFERENT**2 * self.dimension:
                    return x[_MANY:], y[_MANY:]

        def _images(
            self, key: PRNGKeyArray, u: Float[Array, "n d"]
        ) -> Float[np.ndarray, "n d"]:
            """Images of `u`, of which the first have mean 0 and variance 1."""
            d = self.dimension
            first, z = d // 2, 2 * u - 1
            for k in jax.random.split(key, self.layers):
                net = MLP(first, 2 * (d - first), (self.width,), "tanh", key=k)
                z = _layer(net, z)[:, ::-1]
            found = np.asarray(z, np.float64)
            some = found[:_MANY]
            return (found - some.mean(axis=0)) / some.std(axis=0)


@eqx.filter_jit
def _layer(net: MLP, z: Float[Array, "n d"]) -> Float[Array, "n d"]:
    """Points of which the later coordinates are scaled and shifted by the first."""
    first = net.layers[0].in_features
    kept, moved = z[:, :first], z[:, first:]
    # Wide inputs, so that the perceptrons are not close to affine.
    scale, shift = jnp.split(jax.vmap(net)(_WIDE * kept), 2, axis=1)
    moved = moved * jnp.exp(_STRETCH * jnp.tanh(scale)) + shift
    return jnp.concatenate([kept, moved], axis=1)
