"""How runs are measured, and the resources of training jobs."""

from typing import Annotated, Literal

import pydantic
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from nlot.config.base import NonNegative, Point, Section, lie_below


class PaperProtocolConfig(Section):
    """Entropic squared W2 between small samples, as in the paper's Table 1."""

    points: PositiveInt = Field(128, description="samples per side")
    draws: PositiveInt = Field(50, description="independent pairs of draws")
    epsilon: PositiveFloat = Field(1e-3, description="entropic regularisation")
    max_iterations: PositiveInt = Field(2000, description="limit on Sinkhorn steps")


class ExactConfig(Section):
    """Exact squared W2 by network simplex."""

    points: PositiveInt = Field(2048, description="samples per side")
    draws: PositiveInt = Field(8, description="independent pairs of draws")


class DivergenceConfig(Section):
    """Debiased Sinkhorn divergence."""

    points: PositiveInt = Field(1024, description="samples per side")
    draws: PositiveInt = Field(4, description="independent pairs of draws")
    epsilon: PositiveFloat = Field(1e-2, description="regularisation")
    unit: Literal["standard", "data"] = Field(
        "standard",
        description="coordinates whose squared length is the unit of `epsilon`: the "
        "problem's standard ones, or those of the data",
    )
    max_iterations: PositiveInt = Field(2000, description="limit on Sinkhorn steps")


class ActionConfig(Section):
    """Mean action of the transported points, along paths of least action."""

    points: PositiveInt = Field(
        512, description="evenly spread source points, preferably a power of two"
    )


class LeastActionConfig(Section):
    """How paths of least action between given points are found."""

    segments: Annotated[int, Field(ge=2)] = Field(
        128, description="segments of a polygonal path"
    )
    points: PositiveInt = Field(
        1,
        description="points of a segment at which L is evaluated; eight are taken "
        "where paths would step over a wall",
    )
    bends: tuple[PositiveFloat, ...] = Field(
        (0.2, 0.4, 0.6, 0.8),
        description="heights of bent starting paths, in standard coordinates",
    )
    waves: NonNegative = Field(
        4, description="starting paths that wind at random, in addition to bent ones"
    )
    tolerance: PositiveFloat = Field(
        1e-9, description="relative decrease of the action at which a search ends"
    )
    max_steps: PositiveInt = Field(200, description="limit on a search's steps")


class GroundTruthConfig(Section):
    """Exact costs, and bounds on the optimal one, that maps are compared with."""

    points: Annotated[int, Field(ge=16)] = Field(
        512, description="points per side, a power of two"
    )
    replicates: Annotated[int, Field(ge=2)] = Field(
        4, description="fresh draws from each cell of the measures, for the bounds"
    )
    candidates: PositiveInt = Field(
        32, description="target points tried in a fresh point's c-transform"
    )
    memory_mb: PositiveInt = Field(
        4000, description="memory in MB that may not be exceeded"
    )

    @pydantic.field_validator("points")
    @classmethod
    def _power_of_two(cls, points: int) -> int:
        if points & (points - 1):
            raise ValueError(f"{points} is not a power of two")
        return points


class MatchingConfig(Section):
    """Pairs of samples, against the optimal ones at exact costs."""

    points: NonNegative = Field(
        0, description="samples per side that runs and controls pair; 0: none are"
    )

    @pydantic.field_validator("points")
    @classmethod
    def _pairs(cls, points: int) -> int:
        if points == 1:
            raise ValueError("found 1, of which there is one pair; use 2 or more")
        return points


class EvaluationConfig(Section):
    """How every method and control is measured."""

    paper: PaperProtocolConfig = PaperProtocolConfig()
    exact: ExactConfig = ExactConfig()
    divergence: DivergenceConfig = DivergenceConfig()
    action: ActionConfig = ActionConfig()
    least_action: LeastActionConfig = LeastActionConfig()
    ground_truth: GroundTruthConfig = GroundTruthConfig()
    matching: MatchingConfig = MatchingConfig()
    known_costs: bool = Field(
        False,
        description="whether map, potential and paths are compared with costs in "
        "closed form, also between the measures, where there are any",
    )


class GridConfig(Section):
    """Where alignment is measured: an equally spaced grid on a box."""

    low: Point = Field(description="lower corner")
    high: Point = Field(description="upper corner, above `low` in each coordinate")
    points: Annotated[int, Field(ge=2)] = Field(100, description="on each axis")

    @pydantic.model_validator(mode="after")
    def _ordered(self) -> "GridConfig":
        lie_below(self.low, self.high)
        return self

    @property
    def dimension(self) -> int:
        return len(self.low)


class ResourcesConfig(Section):
    """Resources that a training job requests."""

    memory_mb: PositiveInt = Field(2000, description="memory in MB")
    runtime: PositiveInt = Field(30, description="minutes")
    threads: PositiveInt = Field(
        1, description="processor cores; more than one is for large problems"
    )
    gpu: NonNegative = Field(0, description="number of GPUs; 0: train on the CPU")
    checkpoint_minutes: NonNegativeFloat = Field(
        1.0,
        description="minutes between the checkpoints from which a killed job resumes; "
        "0: after every report",
    )
