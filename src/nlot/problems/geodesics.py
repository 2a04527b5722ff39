"""Paths of least action between given pairs of points."""

from typing import Annotated, Any, Literal

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pydantic
from jaxtyping import Float
from pydantic import Field, PositiveFloat

from nlot.config.base import Part, Point, dimension_of, files_of, same_length
from nlot.config.kinds import Kind
from nlot.config.sections import ProblemConfig
from nlot.costs.checks import check_density, kinetic_mass
from nlot.costs.lagrangians import AbstractLagrangian


class Geodesics(eqx.Module):
    """Pairs of ends, in double precision, Lagrangian and horizon."""

    class Config(ProblemConfig):
        """Paths of least action between given pairs of points."""

        kind: Literal["geodesics"]
        starts: tuple[Point, ...] = Field(min_length=1, description="where paths start")
        ends: tuple[Point, ...] = Field(
            min_length=1, description="where they end, in the same order"
        )
        lagrangian: Annotated[Part, Kind("lagrangian")] = Field(description="L(x, v)")
        horizon: PositiveFloat = Field(1.0, description="T, duration of a path")

        @property
        def dimension(self) -> int:
            return len(self.starts[0])

        @property
        def files(self) -> tuple[str, ...]:
            return files_of(self)

        @pydantic.model_validator(mode="after")
        def _pairs(self) -> "Geodesics.Config":
            same_length("points of starts and ends", (*self.starts, *self.ends))
            n, m, d = len(self.starts), len(self.ends), self.dimension
            if n != m:
                raise ValueError(f"found {n} starts and {m} ends; they are pairs")
            if d == 0:
                raise ValueError("starts: a point needs at least one coordinate")
            for k, (x, y) in enumerate(zip(self.starts, self.ends, strict=True)):
                if x == y:
                    raise ValueError(
                        f"starts[{k}] and ends[{k}] are the same point, {x}"
                    )
            other = dimension_of(self.lagrangian)
            if other not in (None, d):
                raise ValueError(
                    f"starts have dimension {d}, lagrangian has dimension {other}"
                )
            return self

        def load(self, path: Any = None) -> "Geodesics":
            x, y = (np.array(z, np.float64) for z in (self.starts, self.ends))
            return Geodesics.between(x, y, self.lagrangian.build(), self.horizon)

        def reopen(self, outline: dict[str, Any]) -> "Geodesics":
            return self.load()

    starts: Float[np.ndarray, "n d"]
    ends: Float[np.ndarray, "n d"]
    lagrangian: AbstractLagrangian
    horizon: float = eqx.field(static=True)

    @classmethod
    def between(
        cls,
        starts: Float[np.ndarray, "n d"],
        ends: Float[np.ndarray, "n d"],
        lagrangian: AbstractLagrangian,
        horizon: float = 1.0,
    ) -> "Geodesics":
        """The problem of these pairs.

        Raises `ValueError` for a Lagrangian that is not finite at the ends and half-way
        between them, or not convex in v, and for a background density that vanishes
        at an end.
        """
        for name, points in (("starts", starts), ("ends", ends)):
            check_density(lagrangian, name, jnp.asarray(points, jnp.float32))
        x = np.concatenate([starts, (starts + ends) / 2, ends])
        v = np.tile((ends - starts) / horizon, (3, 1))
        times = np.repeat([0.0, horizon / 2, horizon], len(starts))
        kinetic_mass(lagrangian, *(jnp.asarray(z, jnp.float32) for z in (x, v, times)))
        return cls(starts, ends, lagrangian, horizon)

    @property
    def dimension(self) -> int:
        """Number of coordinates of a point."""
        return self.starts.shape[1]

    @property
    def extent(self) -> float:
        """The longest side of the box round all ends."""
        return float(np.ptp(np.concatenate([self.starts, self.ends]), axis=0).max())

    @property
    def outline(self) -> dict[str, Any]:
        """What a run stores about the problem besides its settings: nothing."""
        return {}
