"""Regions that confine transported points."""

import abc
from typing import Any, Literal

import equinox as eqx
import jax.numpy as jnp
import pydantic
from jaxtyping import Array, Bool, Float
from pydantic import Field, PositiveFloat

from nlot.config.base import Part, Point, lie_below


def _corner(x: Any) -> Array:
    """A point or a length of any numbers, as JAX computes with it."""
    return jnp.asarray(x, jnp.result_type(float))


class AbstractDomain(eqx.Module):
    """A convex region of R^d."""

    @abc.abstractmethod
    def project(self, x: Float[Array, " d"]) -> Float[Array, " d"]:
        """The point of the region that is nearest to `x`."""

    @abc.abstractmethod
    def contains(self, x: Float[Array, "*n d"]) -> Bool[Array, "*n"]:
        """Whether points lie in the region."""

    @abc.abstractmethod
    def moved(
        self, centre: Float[Array, " d"] | tuple[float, ...], scale: float
    ) -> "AbstractDomain":
        """The region of all (x - centre) / scale with x in this one."""


class Box(AbstractDomain):
    """The box between `low` and `high`, of shape `(d,)`."""

    class Config(Part):
        """A box."""

        kind: Literal["box"]
        low: Point = Field(description="lower corner")
        high: Point = Field(description="upper corner, above `low` in each coordinate")

        @property
        def dimension(self) -> int:
            return len(self.low)

        @pydantic.model_validator(mode="after")
        def _ordered(self) -> "Box.Config":
            lie_below(self.low, self.high)
            return self

        def build(self) -> "Box":
            return Box(jnp.array(self.low), jnp.array(self.high))

    low: Float[Array, " d"] = eqx.field(converter=_corner)
    high: Float[Array, " d"] = eqx.field(converter=_corner)

    @property
    def dimension(self) -> int:
        """Number of coordinates of a point."""
        return len(self.low)

    @classmethod
    def round(cls, x: Float[Array, "n d"], margin: float) -> "Box":
        """The box of the points, with `margin` of its widest side added everywhere."""
        low, high = x.min(0), x.max(0)
        more = margin * jnp.max(high - low)
        return cls(low - more, high + more)

    @classmethod
    def cube(cls, half_width: Float[Array, ""] | float, dimension: int) -> "Box":
        """The cube of a half-width round the origin."""
        corner = jnp.full(dimension, half_width)
        return cls(-corner, corner)

    def project(self, x: Float[Array, " d"]) -> Float[Array, " d"]:
        return jnp.clip(x, self.low, self.high)

    def contains(self, x: Float[Array, "*n d"]) -> Bool[Array, "*n"]:
        return jnp.all((x >= self.low) & (x <= self.high), axis=-1)

    def moved(
        self, centre: Float[Array, " d"] | tuple[float, ...], scale: float
    ) -> "Box":
        c = jnp.asarray(centre)
        return Box((self.low - c) / scale, (self.high - c) / scale)


class Ball(AbstractDomain):
    """The ball of a `radius` round `centre`, of shape `(d,)`."""

    class Config(Part):
        """A ball."""

        kind: Literal["ball"]
        centre: Point = Field(min_length=1, description="centre")
        radius: PositiveFloat = Field(description="radius")

        @property
        def dimension(self) -> int:
            return len(self.centre)

        def build(self) -> "Ball":
            return Ball(jnp.array(self.centre), jnp.array(self.radius))

    centre: Float[Array, " d"] = eqx.field(converter=_corner)
    radius: Float[Array, ""] = eqx.field(converter=_corner)

    @property
    def dimension(self) -> int:
        """Number of coordinates of a point."""
        return len(self.centre)

    def project(self, x: Float[Array, " d"]) -> Float[Array, " d"]:
        away = x - self.centre
        # The small constant keeps the gradient finite at the centre.
        length = jnp.sqrt(jnp.sum(away**2) + 1e-30)
        return jnp.where(
            length > self.radius, self.centre + away * self.radius / length, x
        )

    def contains(self, x: Float[Array, "*n d"]) -> Bool[Array, "*n"]:
        return jnp.sum((x - self.centre) ** 2, axis=-1) <= self.radius**2

    def moved(
        self, centre: Float[Array, " d"] | tuple[float, ...], scale: float
    ) -> "Ball":
        return Ball((self.centre - jnp.asarray(centre)) / scale, self.radius / scale)
