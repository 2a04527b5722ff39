"""Sequences of measures, and the metric that they move along."""

from typing import Annotated, Literal

import pydantic
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from nlot.config.base import NonNegative, Point, Section
from nlot.config.methods import NetworkConfig
from nlot.config.tasks import CircleMetricConfig

_FLOOR = "smallest eigenvalue where |v| = 1; 0 makes the metric singular"


class VeeMetricConfig(Section):
    """A = I - (1 - floor) v vᵀ, v diagonal, mirrored at the first axis (eq. 40)."""

    kind: Literal["vee"]
    floor: NonNegativeFloat = Field(1e-3, description=_FLOOR)


class CrossMetricConfig(Section):
    """A = I - (1 - floor) v vᵀ, v along the two diagonals (eq. 41)."""

    kind: Literal["cross"]
    floor: NonNegativeFloat = Field(1e-3, description=_FLOOR)
    amplitude: PositiveFloat = Field(
        1.0, description="largest |v|; 1.25 as printed, which leaves A indefinite"
    )


MetricConfig = Annotated[
    CircleMetricConfig | VeeMetricConfig | CrossMetricConfig,
    Field(discriminator="kind"),
]


class GroupConfig(Section):
    """Particles that travel from station to station."""

    stations: tuple[tuple[Point, ...], ...] = Field(
        min_length=2,
        description="for each station the means of its Gaussians, which share the "
        "particles equally",
    )
    closed: bool = Field(
        False, description="whether the last station has the first one's particles"
    )


class VelocityConfig(Section):
    """Neural ODE of one pair of points: its velocity field and how it is trained."""

    network: NetworkConfig = Field(
        NetworkConfig(hidden=(64, 64), activation="elu"), description="v(x)"
    )
    steps: PositiveInt = Field(100, description="steps of AdamW")
    learning_rate: PositiveFloat = Field(1e-3, description="of AdamW")
    weight_decay: NonNegativeFloat = Field(1e-3, description="of AdamW")
    end_weight: PositiveFloat = Field(
        1.0, description="λ, weight of the distance to the end point (eq. 38)"
    )
    relative_tolerance: PositiveFloat = Field(1e-4, description="of the ODE solver")
    absolute_tolerance: PositiveFloat = Field(1e-5, description="of the ODE solver")
    max_steps: PositiveInt = Field(64, description="limit of the ODE solver")


class GeneratedConfig(Section):
    """Data made as Scarvelis and Solomon's: one neural ODE a pair of end points."""

    kind: Literal["generated"]
    metric: MetricConfig = Field(description="A of the kinetic term, may be singular")
    groups: tuple[GroupConfig, ...] = Field(
        min_length=1, description="joined into one sample per time"
    )
    std: PositiveFloat = Field(description="standard deviation at the stations")
    particles: PositiveInt = Field(100, description="in each group")
    held_out: NonNegative = Field(
        100, description="more particles in each group, for the error of prediction"
    )
    intervals: PositiveInt = Field(description="time steps between two stations")
    exact_end: bool = Field(
        description="whether the true end points stand at the last time, rather than "
        "those that the velocity fields reach"
    )
    velocity: VelocityConfig = VelocityConfig()

    @property
    def dimension(self) -> int:
        return len(self.groups[0].stations[0][0])

    @pydantic.model_validator(mode="after")
    def _rectangular(self) -> "GeneratedConfig":
        stations = [s for group in self.groups for s in group.stations]
        if not all(stations):
            raise ValueError("every station needs at least one mean")
        if {len(mean) for means in stations for mean in means} != {2}:
            raise ValueError("all means must have two coordinates")
        if len({len(group.stations) for group in self.groups}) != 1:
            raise ValueError("all groups must have the same number of stations")
        for group in self.groups:
            if group.closed and len(group.stations[0]) != len(group.stations[-1]):
                raise ValueError("a closed group must end with its first station")
        for means in stations:
            for n in (self.particles, self.held_out):
                if n % len(means):
                    raise ValueError(f"{n} particles, shared by {len(means)} Gaussians")
        return self


class SequenceFileConfig(Section):
    """Given samples.

    An `.npz` array of shape (times, n, d), or a `.csv` table whose first column is the
    time: then the number of samples may differ from time to time.
    """

    kind: Literal["samples"]
    path: str = Field(
        min_length=1, description="the file, relative to the working directory"
    )
    array: str = Field("samples", description="name of the array in an `.npz` file")
    dimension: Literal[2] = Field(2, description="number of coordinates of a sample")


class GridConfig(Section):
    """Where alignment is measured: an equally spaced grid on a box."""

    low: Point = Field(description="lower corner")
    high: Point = Field(description="upper corner, above `low` in each coordinate")
    points: Annotated[int, Field(ge=2)] = Field(100, description="on each axis")

    @pydantic.model_validator(mode="after")
    def _ordered(self) -> "GridConfig":
        if len(self.low) != 2 or len(self.high) != 2:
            raise ValueError(
                f"low {self.low} and high {self.high} need two coordinates"
            )
        if any(a >= b for a, b in zip(self.low, self.high, strict=True)):
            raise ValueError(f"low {self.low} must lie below high {self.high}")
        return self


class SequenceConfig(Section):
    """Measures in time, supposed to move along an unknown metric."""

    data: Annotated[
        GeneratedConfig | SequenceFileConfig, Field(discriminator="kind")
    ] = Field(description="where the samples come from")
    truth: MetricConfig | None = Field(
        None, description="the true metric, which learned ones are scored against"
    )
    grid: GridConfig = Field(description="where metrics are compared and drawn")
