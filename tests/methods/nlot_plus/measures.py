"""Measures in any dimension between which the optimal map is known."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nlot.costs.lagrangians import Newtonian
from nlot.measures.distributions import AbstractMeasure, Gaussian
from nlot.problems.transport import Transport


def covariance(rng: np.random.Generator, d: int) -> np.ndarray:
    """Axes at random, variances along them from 0.3 to 1.5."""
    axes, _ = np.linalg.qr(rng.normal(size=(d, d)))
    return (axes * np.linspace(0.3, 1.5, d)) @ axes.T


def euclidean(source: AbstractMeasure, target: AbstractMeasure) -> Transport:
    """The problem with the cost |x - y|²/2."""
    return Transport.between(source, target, Newtonian())


def gaussians(d: int, seed: int = 0) -> Transport:
    """Two Gaussians whose covariances do not commute."""
    rng = np.random.default_rng(seed)
    ends = [
        Gaussian(jnp.array(mean), jnp.array(covariance(rng, d), jnp.float32))
        for mean in (np.zeros(d), np.full(d, d**-0.5))
    ]
    return euclidean(*ends)


class Pushed(AbstractMeasure):
    """The image of a Gaussian under the gradient of a strictly convex function.

    T(x) = A x + Σ_k w_k σ(a_k·x + b_k) a_k with the logistic function σ: as a gradient
    of a convex function it is the optimal map (Brenier).
    """

    source: Gaussian
    matrix: Float[Array, "d d"]
    slopes: Float[Array, "k d"]
    offsets: Float[Array, " k"]
    weights: Float[Array, " k"]

    def map(self, x: Float[Array, "n d"]) -> Float[Array, "n d"]:
        steps = self.weights * jax.nn.sigmoid(x @ self.slopes.T + self.offsets)
        return x @ self.matrix + steps @ self.slopes

    @property
    def uniforms(self) -> int:
        return self.source.uniforms

    def transform(self, u: Float[Array, "n uniforms"]) -> Float[Array, "n d"]:
        return self.map(self.source.transform(u))

    @property
    def mean(self) -> Float[Array, " d"]:
        return self._many().mean(0)

    @property
    def covariance(self) -> Float[Array, "d d"]:
        return jnp.cov(self._many().T)

    def _many(self) -> Float[Array, "n d"]:
        return self.spread(jax.random.key(0), 65536)


def pushed(d: int, k: int = 4, seed: int = 0) -> Transport:
    """A Gaussian and its image under a map that is not affine."""
    rng = np.random.default_rng(seed)
    source = Gaussian(jnp.zeros(d), jnp.array(covariance(rng, d), jnp.float32))
    slopes = rng.normal(size=(k, d))
    slopes *= 2 / np.linalg.norm(slopes, axis=1, keepdims=True)
    parts = covariance(rng, d) / 2, slopes, rng.normal(size=k), np.full(k, 1.5)
    return euclidean(
        source, Pushed(source, *(jnp.asarray(a, jnp.float32) for a in parts))
    )


def unexplained(source: AbstractMeasure, found, truth) -> float:
    """100 E|T(x) - T*(x)|² / Var(T*(x)) of a map that was found, on fresh points."""
    x = source.sample(jax.random.key(7), 8192)
    right = np.asarray(truth(x))
    error = np.mean(np.sum((np.asarray(found(x)) - right) ** 2, -1))
    return float(100 * error / np.sum(np.var(right, axis=0)))
