"""Turned copies of measures."""

from typing import Annotated, Literal

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pydantic
from jaxtyping import Array, Float
from pydantic import Field

from nlot.config.base import dimension_of
from nlot.config.kinds import Kind
from nlot.measures.distributions import AbstractMeasure, MeasureConfig

_PLANE = 2


class Turned(AbstractMeasure):
    """A measure turned about the origin, in the plane of the first two coordinates.

    With one key its samples are those of `original`, turned by `degrees`.
    """

    class Config(MeasureConfig):
        """Another measure, turned about the origin in its first two coordinates."""

        kind: Literal["turned"]
        of: Annotated[MeasureConfig, Kind("measure", without=("turned",))] = Field(
            description="the measure before it is turned"
        )
        degrees: float = Field(description="angle, counterclockwise")

        @property
        def dimension(self) -> int:
            return dimension_of(self.of) or 0

        @property
        def files(self) -> tuple[str, ...]:
            return self.of.files

        @pydantic.model_validator(mode="after")
        def _has_a_plane(self) -> "Turned.Config":
            if self.dimension < _PLANE:
                raise ValueError(
                    f"of: expected a measure in {_PLANE} or more dimensions, found one "
                    f"in {self.dimension}"
                )
            return self

        def build(self) -> "Turned":
            return Turned(self.of.build(), self.degrees)

    original: AbstractMeasure
    degrees: float = eqx.field(static=True)

    def turn(self, x: Float[Array, "*n d"]) -> Float[Array, "*n d"]:
        """Points turned by the angle."""
        angle = np.deg2rad(self.degrees)
        cos, sin = np.cos(angle), np.sin(angle)
        a, b = x[..., 0], x[..., 1]
        plane = jnp.stack([cos * a - sin * b, sin * a + cos * b], axis=-1)
        return jnp.concatenate([plane, x[..., _PLANE:]], axis=-1)

    @property
    def mean(self) -> Float[Array, " d"]:
        return self.turn(self.original.mean)

    @property
    def covariance(self) -> Float[Array, "d d"]:
        return self.turn(self.turn(self.original.covariance).T)

    @property
    def training(self) -> "Turned":
        return Turned(self.original.training, self.degrees)

    @property
    def held_out(self) -> "Turned":
        return Turned(self.original.held_out, self.degrees)

    @property
    def halves(self) -> "tuple[Turned, Turned]":
        first, second = self.original.halves
        return Turned(first, self.degrees), Turned(second, self.degrees)

    @property
    def uniforms(self) -> int:
        return self.original.uniforms

    def transform(self, u: Float[Array, "n uniforms"]) -> Float[Array, "n d"]:
        return self.turn(self.original.transform(u))

    def spread(self, key: Array, n: int) -> Float[Array, "n d"]:
        return self.turn(self.original.spread(key, n))


def is_copy(target: AbstractMeasure, source: AbstractMeasure) -> bool:
    """Whether `target` is a turned copy of `source`."""
    return isinstance(target, Turned) and bool(eqx.tree_equal(target.original, source))
