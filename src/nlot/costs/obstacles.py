"""Potentials of obstacles: regions in which U is negative, and motion costly.

`strength` is the paper's M, `temperature` the width over which a sharp region's edge is
smoothed. Both are ordinary arrays of the module, so that training can anneal them.
"""

from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import pydantic
from jaxtyping import Array, Bool, Float
from pydantic import Field, PositiveFloat

from nlot.config.base import Corner, Part, Point, lie_below, same_length
from nlot.costs.potentials import AbstractPotential


class _RegionConfig(Part):
    strength: PositiveFloat = Field(description="M, depth of the potential")
    temperature: PositiveFloat = Field(description="width of the smoothed edge")
    temperature_start: PositiveFloat | None = Field(
        None, description="temperature before annealing; none: `temperature`"
    )

    def annealed(self) -> dict[str, Float[Array, ""]]:
        """Strength, and final and initial temperature of annealing."""
        start = self.temperature_start or self.temperature
        return {
            "strength": jnp.array(self.strength),
            "temperature": jnp.array(self.temperature),
            "temperature_start": jnp.array(start),
        }


class _Region(AbstractPotential):
    """Sharp regions with smoothed edges."""

    strength: eqx.AbstractVar[Float[Array, ""]]
    temperature: eqx.AbstractVar[Float[Array, ""]]
    temperature_start: eqx.AbstractVar[Float[Array, ""]]

    def anneal(self, ramp: Float[Array, ""]) -> "_Region":
        start = self.temperature_start
        temperature = start + ramp * (self.temperature - start)
        return eqx.tree_at(
            lambda u: (u.strength, u.temperature),
            self,
            (ramp * self.strength, temperature),
        )


class Boxes(_Region):
    r"""Axis-parallel boxes with smoothed edges (eqs. 33 and 34 of the paper).

    $U(x) = -M \sum_k \prod_j \sigma((x_j - l_{kj})/τ)\, \sigma((h_{kj} - x_j)/τ)$. A
    side may be infinite. `low` and `high` have shape `(boxes, d)`.
    """

    class Config(_RegionConfig):
        """Boxes (eqs. 33, 34); corners may be `.inf`."""

        kind: Literal["boxes"]
        low: tuple[Corner, ...] = Field(min_length=1, description="lower corners")
        high: tuple[Corner, ...] = Field(min_length=1, description="upper corners")

        @property
        def dimension(self) -> int:
            return len(self.low[0])

        @pydantic.model_validator(mode="after")
        def _ordered(self) -> "Boxes.Config":
            sizes = [[len(p) for p in corners] for corners in (self.low, self.high)]
            if sizes[0] != sizes[1] or len(set(sizes[0])) != 1:
                raise ValueError(
                    "low and high must list as many corners of equal length"
                )
            for low, high in zip(self.low, self.high, strict=True):
                lie_below(low, high)
            return self

        def build(self) -> "Boxes":
            low, high = jnp.array(self.low), jnp.array(self.high)
            return Boxes(low, high, **self.annealed())

    low: Float[Array, "boxes d"]
    high: Float[Array, "boxes d"]
    strength: Float[Array, ""]
    temperature: Float[Array, ""]
    temperature_start: Float[Array, ""]

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        # Scalar by scalar: on batches of such small arrays, XLA's loops take four to
        # eight times as long for the derivatives.
        total = jnp.zeros((), x.dtype)
        for low, high in zip(self.low, self.high, strict=True):
            inside = jnp.ones((), x.dtype)
            for j in range(x.shape[0]):
                rise = jax.nn.sigmoid((x[j] - low[j]) / self.temperature)
                inside *= rise * jax.nn.sigmoid((high[j] - x[j]) / self.temperature)
            total += inside
        return -self.strength * total

    def contains(self, x: Float[Array, " d"]) -> Bool[Array, ""]:
        inside = (x > self.low) & (x < self.high)
        return jnp.any(jnp.all(inside, axis=-1))


class Discs(_Region):
    r"""Balls with smoothed edges (eq. 37 of the paper).

    $U(x) = -M \sum_k \sigma((r - |x - m_k|)/τ)$. `centres` has shape `(balls, d)`.
    """

    class Config(_RegionConfig):
        """Balls (eq. 37)."""

        kind: Literal["discs"]
        centres: tuple[Point, ...] = Field(min_length=1, description="centres")
        radius: PositiveFloat = Field(description="radius of every ball")

        @property
        def dimension(self) -> int:
            return len(self.centres[0])

        @pydantic.model_validator(mode="after")
        def _rectangular(self) -> "Discs.Config":
            same_length("centres", self.centres)
            return self

        def build(self) -> "Discs":
            centres, radius = jnp.array(self.centres), jnp.array(self.radius)
            return Discs(centres, radius, **self.annealed())

    centres: Float[Array, "balls d"]
    radius: Float[Array, ""]
    strength: Float[Array, ""]
    temperature: Float[Array, ""]
    temperature_start: Float[Array, ""]

    def _distances(self, x: Float[Array, " d"]) -> Float[Array, " balls"]:
        # The small constant keeps the gradient finite at a centre.
        return jnp.sqrt(jnp.sum((x - self.centres) ** 2, axis=-1) + 1e-12)

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        inside = jax.nn.sigmoid((self.radius - self._distances(x)) / self.temperature)
        return -self.strength * jnp.sum(inside)

    def contains(self, x: Float[Array, " d"]) -> Bool[Array, ""]:
        return jnp.any(self._distances(x) < self.radius)
