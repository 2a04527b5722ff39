"""Probability measures that can be sampled.

Each measure is the image of the uniform measure on a cube, so that the same uniform
numbers can be sent through two measures. With one key, two boxes of equal size give
the same points up to a translation; the evaluation relies on it to compare methods on
common random numbers, and to place points evenly.
"""

import abc

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import scipy.stats
from jax.scipy.special import ndtri
from jaxtyping import Array, Float, Int, PRNGKeyArray


class AbstractMeasure(eqx.Module):
    """A probability measure on R^d."""

    @property
    @abc.abstractmethod
    def mean(self) -> Float[Array, " d"]:
        """The barycentre, of shape `(d,)`."""

    @property
    @abc.abstractmethod
    def uniforms(self) -> int:
        """How many uniform numbers make one sample."""

    @abc.abstractmethod
    def transform(self, u: Float[Array, "n uniforms"]) -> Float[Array, "n d"]:
        """Samples made from uniform numbers in the open interval (0, 1)."""

    def sample(self, key: PRNGKeyArray, n: int) -> Float[Array, "n d"]:
        """`n` independent draws."""
        tiny = jnp.finfo(jnp.float32).tiny
        shape = (n, self.uniforms)
        return self.transform(jax.random.uniform(key, shape, jnp.float32, tiny))

    def spread(self, key: PRNGKeyArray, n: int) -> Float[Array, "n d"]:
        """`n` evenly spread points: a scrambled Sobol sequence, best with n = 2^k.

        Means over them have a far smaller error than over independent draws.
        """
        seed = np.asarray(jax.random.key_data(key)).tolist()
        engine = scipy.stats.qmc.Sobol(self.uniforms, rng=np.random.default_rng(seed))
        u = np.clip(engine.random(n), 1e-7, 1 - 1e-7)
        return self.transform(jnp.asarray(u, jnp.float32))


class Uniform(AbstractMeasure):
    """The uniform measure on the box between `low` and `high`, of shape `(d,)`."""

    low: Float[Array, " d"]
    high: Float[Array, " d"]

    @property
    def mean(self) -> Float[Array, " d"]:
        return (self.low + self.high) / 2

    @property
    def uniforms(self) -> int:
        return self.low.shape[0]

    def transform(self, u: Float[Array, "n uniforms"]) -> Float[Array, "n d"]:
        return self.low + (self.high - self.low) * u


class GaussianMixture(AbstractMeasure):
    """Equally weighted Gaussians N(means[k], std² I); `means` has shape `(k, d)`."""

    means: Float[Array, "k d"]
    std: Float[Array, ""]

    @property
    def mean(self) -> Float[Array, " d"]:
        return self.means.mean(0)

    @property
    def uniforms(self) -> int:
        return 1 + self.means.shape[1]

    def transform(self, u: Float[Array, "n uniforms"]) -> Float[Array, "n d"]:
        return self.means[_index(u[:, 0], len(self.means))] + self.std * ndtri(u[:, 1:])


class Empirical(AbstractMeasure):
    """The empirical measure of `points` of shape `(m, d)`, drawn with replacement."""

    points: Float[Array, "m d"]

    @property
    def mean(self) -> Float[Array, " d"]:
        return self.points.mean(0)

    @property
    def uniforms(self) -> int:
        return 1

    def transform(self, u: Float[Array, "n uniforms"]) -> Float[Array, "n d"]:
        return self.points[_index(u[:, 0], len(self.points))]


def _index(u: Float[Array, " n"], size: int) -> Int[Array, " n"]:
    """Equally likely indices below `size`."""
    return jnp.minimum((u * size).astype(jnp.int32), size - 1)
