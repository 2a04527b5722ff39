"""Probability measures that can be sampled.

Each measure maps uniform numbers in a cube to samples, so two measures can share their
uniform numbers. With one key, two boxes of equal size give the same points up to a
translation; the evaluation relies on this to compare methods on common random numbers,
and to spread points evenly.
"""

import abc
from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pydantic
from jax.scipy.special import ndtri
from jaxtyping import Array, Float, Int, PRNGKeyArray
from pydantic import Field, PositiveFloat

from nlot.config.base import Part, Point, lie_below, same_length

# Smallest over largest eigenvalue of a covariance that single precision can factor.
_CONDITION = 1e-6


class AbstractMeasure(eqx.Module):
    """A probability measure on R^d."""

    @property
    @abc.abstractmethod
    def mean(self) -> Float[Array, " d"]:
        """The barycentre, of shape `(d,)`."""

    @property
    @abc.abstractmethod
    def covariance(self) -> Float[Array, "d d"]:
        """The covariance matrix, of shape `(d, d)`."""

    @property
    def moments(self) -> tuple[Float[np.ndarray, " d"], Float[np.ndarray, "d d"]]:
        """Mean and covariance in double precision."""
        return np.asarray(self.mean, np.float64), np.asarray(
            self.covariance, np.float64
        )

    @property
    def training(self) -> "AbstractMeasure":
        """The measure that methods train on: itself, unless samples are held out."""
        return self

    @property
    def held_out(self) -> "AbstractMeasure":
        """The measure for all that is reported: itself, unless samples are held out."""
        return self

    @property
    def halves(self) -> "tuple[AbstractMeasure, AbstractMeasure]":
        """Two estimates of the measure that have no sample in common."""
        return self, self

    @property
    @abc.abstractmethod
    def uniforms(self) -> int:
        """Number of uniform numbers per sample."""

    @abc.abstractmethod
    def transform(self, u: Float[Array, "n uniforms"]) -> Float[Array, "n d"]:
        """Maps uniform numbers in the open interval (0, 1) to samples."""

    def sample(self, key: PRNGKeyArray, n: int) -> Float[Array, "n d"]:
        """`n` independent draws."""
        u = jax.random.uniform(key, (n, self.uniforms), jnp.float32)
        return self.transform(_open(u))

    def spread(self, key: PRNGKeyArray, n: int) -> Float[Array, "n d"]:
        r"""`n` evenly spread points, each with the distribution of one draw.

        A Kronecker sequence with a random shift: $u_i = (i α + s) \bmod 1$, where
        $α_j = φ^{-j}$ and φ > 1 solves $φ^{k+1} = φ + 1$ in k dimensions. Means over
        them are unbiased, with far smaller errors than over independent draws.
        """
        return self.transform(_open(_shifted(key, _kronecker(n, self.uniforms))))

    def draw(self, key: PRNGKeyArray, n: int, how: str) -> Float[Array, "n d"]:
        """`n` points, "independent" (`sample`) or "spread"."""
        return self.spread(key, n) if how == "spread" else self.sample(key, n)


class MeasureConfig(Part):
    """Base of the settings of measures."""

    @property
    def files(self) -> tuple[str, ...]:
        """The files from which the measure is read."""
        return ()


class Uniform(AbstractMeasure):
    """The uniform measure on the box between `low` and `high`, of shape `(d,)`."""

    class Config(MeasureConfig):
        """The uniform measure on a box."""

        kind: Literal["uniform"]
        low: Point = Field(description="lower corner")
        high: Point = Field(description="upper corner, above `low` in each coordinate")

        @property
        def dimension(self) -> int:
            return len(self.low)

        @pydantic.model_validator(mode="after")
        def _ordered(self) -> "Uniform.Config":
            lie_below(self.low, self.high)
            return self

        def build(self) -> "Uniform":
            return Uniform(jnp.array(self.low), jnp.array(self.high))

    low: Float[Array, " d"]
    high: Float[Array, " d"]

    @property
    def mean(self) -> Float[Array, " d"]:
        return (self.low + self.high) / 2

    @property
    def covariance(self) -> Float[Array, "d d"]:
        return jnp.diag((self.high - self.low) ** 2 / 12)

    @property
    def uniforms(self) -> int:
        return self.low.shape[0]

    def transform(self, u: Float[Array, "n uniforms"]) -> Float[Array, "n d"]:
        return self.low + (self.high - self.low) * u


class Gaussian(AbstractMeasure):
    """The Gaussian N(centre, scatter); its covariance `scatter` has shape `(d, d)`."""

    class Config(MeasureConfig):
        """A Gaussian with any covariance."""

        kind: Literal["gaussian"]
        mean: Point = Field(min_length=1, description="centre")
        covariance: tuple[Point, ...] = Field(
            description="rows of the covariance matrix, symmetric and positive definite"
        )

        @property
        def dimension(self) -> int:
            return len(self.mean)

        @pydantic.field_validator("covariance")
        @classmethod
        def _positive_definite(cls, rows: tuple[Point, ...]) -> tuple[Point, ...]:
            if {len(row) for row in rows} != {len(rows)}:
                raise ValueError(
                    f"expected as many columns as rows, found {len(rows)} rows of "
                    f"lengths {[len(row) for row in rows]}"
                )
            matrix = np.array(rows)
            if not np.array_equal(matrix, matrix.T):
                i, j = np.argwhere(matrix != matrix.T)[0].tolist()
                raise ValueError(
                    f"expected a symmetric matrix, found {rows[i][j]} in row {i + 1}, "
                    f"column {j + 1} and {rows[j][i]} across the diagonal"
                )
            values = np.linalg.eigvalsh(matrix)
            if values[0] <= _CONDITION * values[-1]:
                raise ValueError(
                    "expected a positive definite matrix, the smallest eigenvalue "
                    f"above {_CONDITION:g} of the largest, found eigenvalues from "
                    f"{values[0]:.3g} to {values[-1]:.3g}"
                )
            return rows

        @pydantic.model_validator(mode="after")
        def _same_size(self) -> "Gaussian.Config":
            if len(self.covariance) != len(self.mean):
                raise ValueError(
                    f"mean has {len(self.mean)} coordinates, covariance has "
                    f"{len(self.covariance)} rows"
                )
            return self

        def build(self) -> "Gaussian":
            return Gaussian(jnp.array(self.mean), jnp.array(self.covariance))

    centre: Float[Array, " d"]
    scatter: Float[Array, "d d"]

    @property
    def mean(self) -> Float[Array, " d"]:
        return self.centre

    @property
    def covariance(self) -> Float[Array, "d d"]:
        return self.scatter

    @property
    def uniforms(self) -> int:
        return self.centre.shape[0]

    @eqx.filter_jit
    def transform(self, u: Float[Array, "n uniforms"]) -> Float[Array, "n d"]:
        return self.centre + ndtri(u) @ jnp.linalg.cholesky(self.scatter).T


class GaussianMixture(AbstractMeasure):
    """Gaussians N(means[k], std² I); `means` has shape `(k, d)`.

    `std` is one number, or one of each; `weights` of shape `(k,)` sum to one, None: all
    are equal.
    """

    class Config(MeasureConfig):
        """Equally weighted isotropic Gaussians; one centre makes a Gaussian."""

        kind: Literal["gaussian_mixture"]
        means: tuple[Point, ...] = Field(min_length=1, description="centres")
        std: PositiveFloat = Field(description="standard deviation of each coordinate")

        @property
        def dimension(self) -> int:
            return len(self.means[0])

        @pydantic.model_validator(mode="after")
        def _rectangular(self) -> "GaussianMixture.Config":
            same_length("means", self.means)
            return self

        def build(self) -> "GaussianMixture":
            return GaussianMixture(jnp.array(self.means), jnp.array(self.std))

    means: Float[Array, "k d"]
    std: Float[Array, "..."]
    weights: Float[Array, " k"] | None = None

    @property
    def mean(self) -> Float[Array, " d"]:
        return jnp.average(self.means, axis=0, weights=self.weights)

    @property
    def covariance(self) -> Float[Array, "d d"]:
        k, d = self.means.shape
        away = self.means - self.mean
        variances = jnp.broadcast_to(self.std**2, k)
        within = jnp.average(variances, weights=self.weights) * jnp.eye(d)
        shares = 1 / k if self.weights is None else self.weights[:, None]
        return within + (shares * away).T @ away

    @property
    def uniforms(self) -> int:
        return self.means.shape[1]

    def spread(self, key: PRNGKeyArray, n: int) -> Float[Array, "n d"]:
        """`n` evenly spread points, of which every Gaussian has its share.

        The first uniform number, which chooses the Gaussian, is equally spaced; the
        others are a Kronecker sequence.
        """
        spaced = np.arange(n)[:, None] / n
        steps = np.hstack([spaced, _kronecker(n, self.uniforms - 1)])
        return self.transform(_open(_shifted(key, steps)))

    @eqx.filter_jit
    def transform(self, u: Float[Array, "n uniforms"]) -> Float[Array, "n d"]:
        k = len(self.means)
        if self.weights is None:
            index = equal_shares(u[:, 0], k)
            # Within its k-th of the unit interval, the first number is uniform again.
            rest = k * u[:, :1] - index[:, None]
        else:
            ends = jnp.cumsum(self.weights)
            index = jnp.minimum(jnp.searchsorted(ends, u[:, 0], side="right"), k - 1)
            share = self.weights[index]
            rest = ((u[:, 0] - ends[index] + share) / share)[:, None]
        std = jnp.broadcast_to(self.std, k)[index][:, None]
        return self.means[index] + std * ndtri(jnp.hstack([_open(rest), u[:, 1:]]))


def _kronecker(n: int, k: int) -> Float[np.ndarray, "n k"]:
    """Points $i α mod 1$ of the unit cube in k dimensions."""
    root = max(np.roots([1.0, *[0.0] * (k - 1), -1.0, -1.0]).real)
    return np.arange(n)[:, None] * root ** -np.arange(1.0, k + 1) % 1


def _shifted(
    key: PRNGKeyArray, points: Float[np.ndarray, "n k"]
) -> Float[Array, "n k"]:
    """Points of the unit cube, shifted at random modulo one."""
    shift = jax.random.uniform(key, points.shape[1:], jnp.float32)
    return (jnp.asarray(points, jnp.float32) + shift) % 1


def _open(u: Float[Array, "n k"]) -> Float[Array, "n k"]:
    """`u` clipped away from 0 and 1, where quantiles are infinite."""
    return jnp.clip(u, 1e-7, 1 - 1e-7)


def equal_shares(u: Float[Array, " n"], size: int) -> Int[Array, " n"]:
    """Equally likely indices below `size`, from uniform numbers."""
    return jnp.minimum((u * size).astype(jnp.int32), size - 1)
