"""Potentials of obstacles: regions in which U is negative, and motion costly.

`strength` is the paper's M, `temperature` the width over which a sharp region's edge is
smoothed. Both are ordinary arrays of the module, so that training can anneal them.
"""

import abc
from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import pydantic
from jaxtyping import Array, Bool, Float
from pydantic import Field, PositiveFloat

from nlot.config.base import Corner, Part, Point, lie_below, same_length
from nlot.costs.potentials import AbstractPotential

Edge = Literal["logistic", "softplus"]


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


class _DepthConfig(_RegionConfig):
    edge: Edge = Field(
        "logistic",
        description="how U falls with the depth: `logistic`, to -M; `softplus`, by M "
        "per unit of depth",
    )


class _Depths(_Region):
    r"""Regions in which a depth is positive, with smoothed edges.

    $U(x) = -M \sum_k e(D_k(x)/τ)$ of depths $D_k$, with $e(s) = σ(s)$, or
    $e(s) = τ \log(1 + e^s)$, which keeps growing inside.
    """

    edge: eqx.AbstractVar[Edge]

    @abc.abstractmethod
    def depths(self, x: Float[Array, " d"]) -> Float[Array, " regions"]:
        """How deep `x` lies in each region, negative outside."""

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        scaled = self.depths(x) / self.temperature
        if self.edge == "softplus":
            inside = self.temperature * jax.nn.softplus(scaled)
        else:
            inside = jax.nn.sigmoid(scaled)
        return -self.strength * jnp.sum(inside)

    def contains(self, x: Float[Array, " d"]) -> Bool[Array, ""]:
        return jnp.any(self.depths(x) > 0)


class Discs(_Depths):
    r"""Balls with smoothed edges (eq. 37 of the paper).

    $D_k(x) = r - |x - m_k|$. `centres` has shape `(balls, d)`.
    """

    class Config(_DepthConfig):
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
            return Discs(centres, radius, **self.annealed(), edge=self.edge)

    centres: Float[Array, "balls d"]
    radius: Float[Array, ""]
    strength: Float[Array, ""]
    temperature: Float[Array, ""]
    temperature_start: Float[Array, ""]
    edge: Edge = eqx.field(static=True)

    def depths(self, x: Float[Array, " d"]) -> Float[Array, " balls"]:
        # The small constant keeps the gradient finite at a centre.
        square = jnp.sum((x - self.centres) ** 2, axis=-1) + 1e-12
        return self.radius - jnp.sqrt(square)


class Quadrics(_Depths):
    r"""Regions bounded by quadrics with axes along the coordinates.

    $D_k(x) = c - \sum_j a_j (x_j - m_{kj})^2$: ellipsoids if all $a_j$ are positive,
    and both sides of a neck if one is negative and c, too. `centres` has shape
    `(regions, d)`, `coefficients` a has shape `(d,)`.
    """

    class Config(_DepthConfig):
        """Ellipsoids, or the sides of a neck."""

        kind: Literal["quadrics"]
        centres: tuple[Point, ...] = Field(min_length=1, description="centres m")
        coefficients: Point = Field(
            description="a of the depth c - Σ aⱼ (xⱼ - mⱼ)², which is positive inside"
        )
        level: float = Field(description="c")

        @property
        def dimension(self) -> int:
            return len(self.coefficients)

        @pydantic.model_validator(mode="after")
        def _one_dimension(self) -> "Quadrics.Config":
            same_length("centres", self.centres)
            if len(self.centres[0]) != self.dimension:
                raise ValueError(
                    f"centres have {len(self.centres[0])} coordinates, coefficients "
                    f"has {self.dimension}"
                )
            return self

        def build(self) -> "Quadrics":
            return Quadrics(
                centres=jnp.array(self.centres),
                coefficients=jnp.array(self.coefficients),
                level=jnp.array(self.level),
                edge=self.edge,
                **self.annealed(),
            )

    centres: Float[Array, "regions d"]
    coefficients: Float[Array, " d"]
    level: Float[Array, ""]
    strength: Float[Array, ""]
    temperature: Float[Array, ""]
    temperature_start: Float[Array, ""]
    edge: Edge = eqx.field(static=True)

    def depths(self, x: Float[Array, " d"]) -> Float[Array, " regions"]:
        return self.level - (x - self.centres) ** 2 @ self.coefficients
