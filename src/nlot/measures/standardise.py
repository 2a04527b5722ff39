"""Coordinates for networks: problems of any extent and place look alike in them."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray
from pydantic import Field, PositiveFloat

from nlot.config.base import Point, Section
from nlot.measures.distributions import AbstractMeasure
from nlot.measures.empirical import Empirical

# Half of a standard unit is the standard deviation of a coordinate.
_DEVIATIONS = 2.0


class Standardise(eqx.Module):
    """The coordinates z = (x - centre) / scale.

    One scale for all coordinates: costs such as |v|² compare them.
    """

    class Config(Section):
        """Coordinates in which networks work: (x - centre) / scale."""

        centre: Point = Field(min_length=1, description="their origin")
        scale: PositiveFloat = Field(description="their unit of length")

        @property
        def dimension(self) -> int:
            return len(self.centre)

        def build(self) -> "Standardise":
            return Standardise(self.centre, self.scale)

    centre: tuple[float, ...] = eqx.field(static=True, converter=tuple)
    scale: float = eqx.field(static=True)

    @classmethod
    def fit(cls, *measures: AbstractMeasure) -> "Standardise":
        """The coordinates that suit measures, each with the same weight.

        Their origin is the common mean; half their unit is the root mean square, over
        coordinates, of the standard deviation of all measures together.
        """
        means, covariances = map(
            np.stack, zip(*(m.moments for m in measures), strict=True)
        )
        centre = means.mean(0)
        within = np.mean(np.trace(covariances, axis1=1, axis2=2))
        between = np.mean(np.sum((means - centre) ** 2, axis=1))
        scale = _DEVIATIONS * float(np.sqrt((within + between) / len(centre)))
        return cls(tuple(map(float, centre)), scale)

    @property
    def plain(self) -> bool:
        """Whether the coordinates are x itself."""
        return self.scale == 1.0 and not any(self.centre)

    def inward(self, x: Float[Any, "*n d"]) -> Float[Array, "*n d"]:
        """Points in these coordinates: computed in double, returned in single."""
        z = (np.asarray(x, np.float64) - np.array(self.centre)) / self.scale
        return jnp.asarray(z, jnp.float32)

    def outward(self, z: Float[Array, "*n d"]) -> Float[Array, "*n d"]:
        """Points given in these coordinates."""
        return jnp.asarray(self.centre, z.dtype) + self.scale * z

    def measure(self, measure: AbstractMeasure) -> AbstractMeasure:
        """The measure of standardised samples."""
        if self.plain:
            return measure
        if isinstance(measure, Empirical):
            return eqx.tree_at(
                lambda m: (m.points, m.rest),
                measure,
                (self.inward(measure.exact), None),
                is_leaf=lambda leaf: leaf is None,
            )
        return Standardised(measure, self)


class Standardised(AbstractMeasure):
    """A measure in standard coordinates; its samples are those of `original`."""

    original: AbstractMeasure
    frame: Standardise

    @property
    def mean(self) -> Float[Array, " d"]:
        return self._inward(self.original.mean)

    @property
    def covariance(self) -> Float[Array, "d d"]:
        return self.original.covariance / self.frame.scale**2

    @property
    def uniforms(self) -> int:
        return self.original.uniforms

    def transform(self, u: Float[Array, "n uniforms"]) -> Float[Array, "n d"]:
        return self._inward(self.original.transform(u))

    def spread(self, key: PRNGKeyArray, n: int) -> Float[Array, "n d"]:
        return self._inward(self.original.spread(key, n))

    def _inward(self, x: Array) -> Array:
        return (x - jnp.asarray(self.frame.centre, x.dtype)) / self.frame.scale
