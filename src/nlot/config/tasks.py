"""Tasks as data: measures, Lagrangian, bounds."""

from typing import Annotated, Literal

import numpy as np
import pydantic
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from nlot.config.base import Corner, Point, Section

# Smallest over largest eigenvalue of a covariance that single precision can factor.
_CONDITION = 1e-6


class UniformConfig(Section):
    """The uniform measure on a box."""

    kind: Literal["uniform"]
    low: Point = Field(description="lower corner")
    high: Point = Field(description="upper corner, above `low` in each coordinate")

    @property
    def dimension(self) -> int:
        return len(self.low)

    @pydantic.model_validator(mode="after")
    def _ordered(self) -> "UniformConfig":
        if len(self.low) != len(self.high) or not self.low:
            raise ValueError(f"low {self.low} and high {self.high} differ in length")
        if any(a >= b for a, b in zip(self.low, self.high, strict=True)):
            raise ValueError(f"low {self.low} must lie below high {self.high}")
        return self


class GaussianConfig(Section):
    """A Gaussian of any covariance."""

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
            lengths = [len(row) for row in rows]
            raise ValueError(
                f"expected as many columns as rows, found {len(rows)} rows of lengths "
                f"{lengths}"
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
                "expected a positive definite matrix, the smallest eigenvalue above "
                f"{_CONDITION:g} of the largest, found eigenvalues from "
                f"{values[0]:.3g} to {values[-1]:.3g}"
            )
        return rows

    @pydantic.model_validator(mode="after")
    def _same_size(self) -> "GaussianConfig":
        if len(self.covariance) != len(self.mean):
            raise ValueError(
                f"mean has {len(self.mean)} coordinates, covariance has "
                f"{len(self.covariance)} rows"
            )
        return self


class GaussianMixtureConfig(Section):
    """Equally weighted isotropic Gaussians; one centre makes a Gaussian."""

    kind: Literal["gaussian_mixture"]
    means: tuple[Point, ...] = Field(min_length=1, description="centres")
    std: PositiveFloat = Field(description="standard deviation of each coordinate")

    @property
    def dimension(self) -> int:
        return len(self.means[0])

    @pydantic.model_validator(mode="after")
    def _rectangular(self) -> "GaussianMixtureConfig":
        if len({len(m) for m in self.means}) != 1:
            raise ValueError("all means must have the same length")
        return self


class SamplesConfig(Section):
    """Samples from a file: `.npz` (array of shape (n, d)) or `.csv` (d columns)."""

    kind: Literal["samples"]
    path: str = Field(
        min_length=1, description="the file, relative to the working directory"
    )
    array: str = Field("samples", description="name of the array in an `.npz` file")
    dimension: PositiveInt = Field(2, description="number of coordinates of a sample")


MeasureConfig = Annotated[
    UniformConfig | GaussianConfig | GaussianMixtureConfig | SamplesConfig,
    Field(discriminator="kind"),
]


class _SharpRegion(Section):
    strength: PositiveFloat = Field(description="M, depth of the potential")
    temperature: PositiveFloat = Field(description="width of the smoothed edge")
    temperature_start: PositiveFloat | None = Field(
        None, description="temperature before annealing; none: `temperature`"
    )


class BoxesConfig(_SharpRegion):
    """Boxes (eqs. 33, 34); corners may be `.inf`."""

    kind: Literal["boxes"]
    low: tuple[Corner, ...] = Field(min_length=1, description="lower corners")
    high: tuple[Corner, ...] = Field(min_length=1, description="upper corners")

    @property
    def dimension(self) -> int:
        return len(self.low[0])

    @pydantic.model_validator(mode="after")
    def _ordered(self) -> "BoxesConfig":
        sizes = [[len(p) for p in corners] for corners in (self.low, self.high)]
        if sizes[0] != sizes[1] or len(set(sizes[0])) != 1:
            raise ValueError("low and high must list as many corners of equal length")
        for low, high in zip(self.low, self.high, strict=True):
            if not all(a < b for a, b in zip(low, high, strict=True)):
                raise ValueError(f"low {low} must lie below high {high}")
        return self


class DiscsConfig(_SharpRegion):
    """Balls (eq. 37)."""

    kind: Literal["discs"]
    centres: tuple[Point, ...] = Field(min_length=1, description="centres")
    radius: PositiveFloat = Field(description="radius of every ball")

    @property
    def dimension(self) -> int:
        return len(self.centres[0])

    @pydantic.model_validator(mode="after")
    def _rectangular(self) -> "DiscsConfig":
        if len({len(c) for c in self.centres}) != 1:
            raise ValueError("all centres must have the same length")
        return self


class HillConfig(Section):
    """U(x) = -M exp(-|x|²)."""

    kind: Literal["hill"]
    strength: PositiveFloat = Field(description="M")


class WellConfig(Section):
    """U(x) = -M |x|²."""

    kind: Literal["well"]
    strength: PositiveFloat = Field(description="M")


PotentialConfig = Annotated[
    BoxesConfig | DiscsConfig | HillConfig | WellConfig, Field(discriminator="kind")
]


class NewtonianConfig(Section):
    """L = |v|²/2 - s U(x)."""

    kind: Literal["newtonian"]
    potential: PotentialConfig | None = Field(None, description="U; none: Euclidean")
    potential_scale: PositiveFloat = Field(
        1.0, description="s, the weight of U; 361 in the paper's experiments"
    )


class CircleMetricConfig(Section):
    """A = I - (1 - floor) v vᵀ, v tangent to circles round the origin."""

    kind: Literal["circle"]
    floor: NonNegativeFloat = Field(
        1e-3, description="smallest eigenvalue; 0 makes the metric singular"
    )


class RiemannianConfig(Section):
    """L = vᵀ A(x) v / 2."""

    kind: Literal["riemannian"]
    metric: CircleMetricConfig = Field(description="A, which must not be singular")

    @pydantic.model_validator(mode="after")
    def _positive_definite(self) -> "RiemannianConfig":
        if self.metric.floor == 0:
            raise ValueError("metric.floor must be positive, found 0")
        return self


LagrangianConfig = Annotated[
    NewtonianConfig | RiemannianConfig, Field(discriminator="kind")
]


class TaskConfig(Section):
    """Transport between two measures under a known Lagrangian."""

    source: MeasureConfig = Field(description="μ")
    target: MeasureConfig = Field(description="ν")
    lagrangian: LagrangianConfig = Field(description="L(x, v)")
    bounds: PositiveFloat = Field(
        description="half-width of the cube round the origin that transported points "
        "are kept in; scales the networks' inputs and outputs"
    )
    horizon: PositiveFloat = Field(1.0, description="T, duration of a path")

    @property
    def dimension(self) -> int:
        return self.source.dimension

    @pydantic.model_validator(mode="after")
    def _one_dimension(self) -> "TaskConfig":
        d, e = self.source.dimension, self.target.dimension
        if d != e:
            raise ValueError(f"source has dimension {d}, target has dimension {e}")
        f = _dimension(self.lagrangian)
        if f is not None and f != d:
            raise ValueError(f"source has dimension {d}, lagrangian has dimension {f}")
        return self


def _dimension(lagrangian: LagrangianConfig) -> int | None:
    """Of the space that a Lagrangian is defined on; None where any will do."""
    if isinstance(lagrangian, RiemannianConfig):
        return 2
    potential = lagrangian.potential
    return (
        potential.dimension
        if isinstance(potential, BoxesConfig | DiscsConfig)
        else None
    )
