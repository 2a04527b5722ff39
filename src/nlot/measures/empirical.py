"""Empirical measures: samples from a file or an array."""

from typing import Annotated, Literal

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from pydantic import Field

from nlot.measures.distributions import AbstractMeasure, MeasureConfig, equal_shares
from nlot.measures.files import (
    SampleError,
    check_number,
    check_weights,
    read_samples,
)
from nlot.measures.layout import Column, FileConfig


class Empirical(AbstractMeasure):
    """The empirical measure of `points` of shape `(m, d)`, drawn with replacement.

    **Arguments:** points in double precision or single; `weights` of shape `(m,)`, in
    proportion to which points are drawn: finite, none negative, not all zero; by
    default all are equal. Points of weight zero are left out, and weights are kept as
    fractions of their sum. `part_held_out` is the share of the points, chosen at
    random, that are not trained on. Raises `ValueError` for other weights.
    """

    class Config(FileConfig, MeasureConfig):
        """Samples from a file.

        An array of shape (n, d) in an `.npz`, `.npy` or `.h5ad` file, or a `.csv`,
        `.tsv` or `.parquet` table of d columns.
        """

        kind: Literal["samples"]
        weights: Column | None = Field(
            None,
            description="weights of the samples: a column, also of `obs` in an "
            "`.h5ad` file, or an array of an `.npz` file; none: equal",
        )
        held_out: Annotated[float, Field(ge=0, lt=1)] = Field(
            0.2,
            description="share of the samples that is not trained on; all numbers are "
            "measured on it. 0: numbers are measured on the samples trained on",
        )

        def build(self) -> "Empirical":
            """Raises `nlot.measures.files.SampleError` for an unusable file."""
            points, weights = read_samples(self, self.weights)
            found = Empirical(points, weights, part_held_out=self.held_out)
            try:
                check_number(found.training.exact, "samples to train on")
                if self.held_out:
                    check_number(found.held_out.exact, "held-out samples")
            except ValueError as error:
                raise SampleError(
                    f"{self.path}: {error}; `held_out` is {self.held_out}, of "
                    f"{len(points)} samples; with 0, numbers are measured on those "
                    "trained on"
                ) from None
            return found

    points: Float[Array, "m d"]
    weights: Float[Array, " m"] | None
    # Ends of the points' shares of the unit interval, summed in double precision.
    _ends: Float[Array, " m"] | None
    # What single precision leaves out of the points.
    rest: Float[Array, "m d"] | None
    part_held_out: float = eqx.field(static=True)

    def __init__(
        self,
        points: Float[Array | np.ndarray, "m d"],
        weights: Float[Array | np.ndarray, " m"] | None = None,
        *,
        part_held_out: float = 0.0,
    ):
        self.part_held_out = part_held_out
        self.weights = self._ends = None
        if weights is not None:
            given = np.asarray(weights, np.float64)
            check_weights(given, len(points))
            points, given = points[given > 0], given[given > 0]
            # Divided first, as a sum may be too large.
            share = given / given.max()
            ends = np.cumsum(share)
            self.weights = jnp.asarray(share / ends[-1], jnp.float32)
            self._ends = jnp.asarray(ends / ends[-1], jnp.float32)
        self.points = jnp.asarray(points, jnp.float32)
        rest = np.asarray(points, np.float64) - np.asarray(self.points, np.float64)
        self.rest = jnp.asarray(rest, jnp.float32) if rest.any() else None

    @property
    def exact(self) -> Float[np.ndarray, "m d"]:
        """The points in double precision."""
        single = np.asarray(self.points, np.float64)
        return single if self.rest is None else single + np.asarray(self.rest)

    @property
    def training(self) -> "Empirical":
        return self._part(self._order[self.number_held_out :])

    @property
    def held_out(self) -> "Empirical":
        number = self.number_held_out
        return self._part(self._order[: number or None])

    @property
    def halves(self) -> "tuple[Empirical, Empirical]":
        half = len(self.points) // 2
        return self._part(self._order[:half]), self._part(self._order[half:])

    @property
    def number_held_out(self) -> int:
        """How many points are not trained on."""
        return int(self.part_held_out * len(self.points))

    @property
    def _order(self) -> Int[np.ndarray, " m"]:
        return np.random.default_rng(0).permutation(len(self.points))

    def _part(self, index: Int[np.ndarray, " k"]) -> "Empirical":
        index = np.sort(index)
        weights = None if self.weights is None else np.asarray(self.weights)[index]
        return Empirical(self.exact[index], weights)

    @property
    def mean(self) -> Float[Array, " d"]:
        if self.weights is None:
            return self.points.mean(0)
        return self.weights @ self.points

    @property
    def covariance(self) -> Float[Array, "d d"]:
        away = self.points - self.mean
        if self.weights is None:
            return away.T @ away / len(self.points)
        return (self.weights[:, None] * away).T @ away

    @property
    def moments(self) -> tuple[Float[np.ndarray, " d"], Float[np.ndarray, "d d"]]:
        points, weights = self.exact, self.weights
        mean = np.average(points, axis=0, weights=weights)
        return mean, np.cov(points.T, ddof=0, aweights=weights).reshape(2 * mean.shape)

    @property
    def uniforms(self) -> int:
        return 1

    def transform(self, u: Float[Array, "n uniforms"]) -> Float[Array, "n d"]:
        if self._ends is None:
            return self.points[equal_shares(u[:, 0], len(self.points))]
        index = jnp.searchsorted(self._ends, u[:, 0], side="right")
        return self.points[jnp.minimum(index, len(self.points) - 1)]
