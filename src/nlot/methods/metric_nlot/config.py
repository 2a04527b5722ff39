"""Settings of `metric_nlot`."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, NonNegativeFloat, PositiveInt

from nlot.config.base import NonNegative
from nlot.config.sections import (
    REPORT,
    SMOOTHING,
    AlgorithmConfig,
    OptimiserConfig,
    RotationConfig,
)


class Config(AlgorithmConfig):
    """Algorithm 2 of the paper; a potential and a map for each pair of measures."""

    problems: ClassVar[tuple[str, ...]] = ("sequence",)
    capabilities: ClassVar[frozenset[str]] = frozenset(
        {"metric", "carry", "journey", "at", "speeds", "cost"}
    )

    kind: Literal["metric_nlot"]
    metric: RotationConfig = Field(description="A")
    batch: NonNegative = Field(
        description="samples of each measure per step; 0: all of them"
    )
    warm_up: NonNegative = Field(description="steps before the first metric step")
    metric_every: PositiveInt = Field(10, description="steps between metric steps")
    isotropic_steps: NonNegative = Field(
        0,
        description="steps after the warm-up in which costs stay isotropic while the "
        "metric turns; only with `annealing_steps`",
    )
    annealing_steps: NonNegative = Field(
        0,
        description="steps after those, over which costs change from isotropic to the "
        "metric's; 0: the metric's from the first step",
    )
    arrivals: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.0,
        description="share of a batch that, after the isotropic steps, are points that "
        "the earlier maps carry there instead of samples",
    )
    smoothing: NonNegativeFloat = Field(0.0, description=SMOOTHING)
    metric_optimiser: OptimiserConfig = Field(description="optimiser for A")
    report_every: PositiveInt = Field(100, description=REPORT)

    def refuses(self, problem: Any) -> str | None:
        """Refuses what the metric does: on the line there is only one direction."""
        return self.metric.refuses(problem.dimension)
