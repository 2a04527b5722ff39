"""Particles that travel from station to station: settings and data file.

`nlot.networks.velocity_fields` generates them.
"""

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pydantic
from jaxtyping import Float
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from nlot.config.base import (
    NonNegative,
    Part,
    Point,
    Section,
    dimension_of,
    same_length,
)
from nlot.config.kinds import Kind
from nlot.config.sections import NetworkConfig


class GroupConfig(Section):
    """Particles that travel from station to station."""

    stations: tuple[tuple[Point, ...], ...] = Field(
        min_length=2,
        description="means of the Gaussians at each station, which share the "
        "particles equally",
    )
    closed: bool = Field(
        False, description="whether the last station has the same points as the first"
    )


class VelocityConfig(Section):
    """Neural ODE of one pair of points: its velocity field and training."""

    network: NetworkConfig = Field(
        NetworkConfig(hidden=(64, 64), activation="elu"), description="v(x)"
    )
    steps: PositiveInt = Field(100, description="steps of AdamW")
    learning_rate: PositiveFloat = Field(1e-3, description="AdamW's learning rate")
    weight_decay: NonNegativeFloat = Field(1e-3, description="AdamW's decay")
    end_weight: PositiveFloat = Field(
        1.0, description="λ, weight of the distance to the end point (eq. 38)"
    )
    relative_tolerance: PositiveFloat = Field(1e-4, description="the ODE solver's")
    absolute_tolerance: PositiveFloat = Field(1e-5, description="the ODE solver's")
    max_steps: PositiveInt = Field(64, description="limit on the ODE solver's steps")


class Particles:
    """Samples at all times from velocity fields trained for a seed."""

    class Config(Part):
        """Scarvelis and Solomon's data: one neural ODE per pair of end points."""

        kind: Literal["generated"]
        metric: Annotated[Part, Kind("metric")] = Field(
            description="A in the kinetic term; may be singular"
        )
        groups: tuple[GroupConfig, ...] = Field(
            min_length=1, description="joined into one sample per time"
        )
        std: PositiveFloat = Field(description="standard deviation at the stations")
        particles: PositiveInt = Field(100, description="particles per group")
        held_out: NonNegative = Field(
            100, description="extra particles per group, to measure prediction errors"
        )
        intervals: PositiveInt = Field(description="time steps between two stations")
        exact_end: bool = Field(
            description="whether the last samples are the true end points rather than "
            "those that the velocity fields reach"
        )
        velocity: VelocityConfig = VelocityConfig()

        @property
        def dimension(self) -> int:
            return len(self.groups[0].stations[0][0])

        @property
        def times(self) -> tuple[float, ...]:
            """The times of all measures: 0, 1, 2, ..."""
            number = (len(self.groups[0].stations) - 1) * self.intervals + 1
            return tuple(map(float, range(number)))

        @pydantic.model_validator(mode="after")
        def _rectangular(self) -> "Particles.Config":
            stations = [s for group in self.groups for s in group.stations]
            if not all(stations):
                raise ValueError("every station needs at least one mean")
            same_length("means", [mean for means in stations for mean in means])
            if dimension_of(self.metric) not in (None, self.dimension):
                raise ValueError(
                    f"means have dimension {self.dimension}, metric has dimension "
                    f"{dimension_of(self.metric)}"
                )
            if len({len(group.stations) for group in self.groups}) != 1:
                raise ValueError("all groups must have the same number of stations")
            for group in self.groups:
                if group.closed and len(group.stations[0]) != len(group.stations[-1]):
                    raise ValueError("a closed group must end with its first station")
            for means in stations:
                for n in (self.particles, self.held_out):
                    if n % len(means):
                        raise ValueError(
                            f"{n} particles, shared by {len(means)} Gaussians"
                        )
            return self


def read_held_out(path: str | Path) -> Float[np.ndarray, "K n d"] | None:
    """Held-out particles at all times, from a file of generated data.

    None if there are fewer than two: a single one has no neighbour to compare with.
    """
    with np.load(path, allow_pickle=False) as file:
        held_out = file["held_out"]
    return held_out if held_out.shape[1] > 1 else None
