"""Transport between two measures under a known Lagrangian."""

from typing import Annotated, Any, Literal

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pydantic
from jaxtyping import Array, Float
from pydantic import Field, PositiveFloat

from nlot.config.base import Part, dimension_of
from nlot.config.kinds import Kind
from nlot.config.sections import ProblemConfig
from nlot.costs.lagrangians import AbstractLagrangian
from nlot.measures.distributions import AbstractMeasure, MeasureConfig

# Largest dimension in which ground truth is computed by default.
_TRUTH = 3


class Transport(eqx.Module):
    """Source μ, target ν, Lagrangian, bounds of transported points, horizon."""

    class Config(ProblemConfig):
        """Transport between two measures under a known Lagrangian."""

        kind: Literal["transport"]
        source: Annotated[MeasureConfig, Kind("measure")] = Field(description="μ")
        target: Annotated[MeasureConfig, Kind("measure")] = Field(description="ν")
        lagrangian: Annotated[Part, Kind("lagrangian")] = Field(description="L(x, v)")
        bounds: PositiveFloat = Field(
            description="half-width of the cube round the origin that confines "
            "transported points; scales the networks' inputs and outputs"
        )
        horizon: PositiveFloat = Field(1.0, description="T, duration of a path")
        ground_truth: bool | None = Field(
            None,
            description="whether maps are compared with exact costs and bounds; none: "
            f"in at most {_TRUTH} dimensions",
        )

        @property
        def dimension(self) -> int:
            return dimension_of(self.source) or 0

        @property
        def has_ground_truth(self) -> bool:
            if self.ground_truth is None:
                return self.dimension <= _TRUTH
            return self.ground_truth

        @property
        def files(self) -> tuple[str, ...]:
            return tuple(dict.fromkeys((*self.source.files, *self.target.files)))

        @pydantic.model_validator(mode="after")
        def _one_dimension(self) -> "Transport.Config":
            d = self.dimension
            for name in ("target", "lagrangian"):
                other = dimension_of(getattr(self, name))
                if other not in (None, d):
                    raise ValueError(
                        f"source has dimension {d}, {name} has dimension {other}"
                    )
            return self

        def load(self, path: Any = None) -> "Transport":
            return Transport(
                source=self.source.build(),
                target=self.target.build(),
                lagrangian=self.lagrangian.build(),
                bounds=self.bounds,
                horizon=self.horizon,
                dimension=self.dimension,
            )

        def reopen(self, outline: dict[str, Any]) -> "Transport":
            return self.load()

    source: AbstractMeasure
    target: AbstractMeasure
    lagrangian: AbstractLagrangian
    bounds: float = eqx.field(static=True)
    horizon: float = eqx.field(static=True)
    dimension: int = eqx.field(static=True)

    @property
    def outline(self) -> dict[str, Any]:
        """What a run stores about the problem besides its settings: nothing."""
        return {}

    @property
    def shift(self) -> Float[Array, " d"]:
        """The displacement of the mean."""
        return self.target.mean - self.source.mean

    def points(self, x: Float[Any, "n d"]) -> Float[Array, "n d"]:
        """`x` as an array of points; raises `ValueError` for another shape."""
        return as_points(x, self.dimension)

    def fractions(self, times: Float[Any, " times"]) -> Float[np.ndarray, " times"]:
        """`times` divided by the horizon T; raises `ValueError` outside [0, T]."""
        s = np.asarray(times, np.float64) / self.horizon
        if s.ndim != 1 or not np.all((s >= 0) & (s <= 1)):
            raise ValueError(f"times must be a list within [0, {self.horizon}]")
        return s


def as_points(x: Float[Any, "n d"], dimension: int) -> Float[Array, "n d"]:
    """`x` as an array of points in R^`dimension`, in single precision.

    Raises `ValueError` for another shape.
    """
    array = jnp.asarray(x, jnp.float32)
    if array.ndim != 2 or array.shape[1] != dimension:
        raise ValueError(
            f"expected points of shape (n, {dimension}), found {array.shape}"
        )
    return array
