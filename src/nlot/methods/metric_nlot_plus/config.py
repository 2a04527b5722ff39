"""Settings of `metric_nlot_plus`."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, NonNegativeFloat, PositiveInt

from nlot.config.sections import (
    REPORT,
    SMOOTHING,
    FitConfig,
    PathConfig,
    RotationConfig,
)


class Config(PathConfig):
    """Our improvement of Algorithm 2, through exact discrete couplings."""

    problems: ClassVar[tuple[str, ...]] = ("sequence",)
    capabilities: ClassVar[frozenset[str]] = frozenset(
        {"metric", "carry", "journey", "cost"}
    )

    kind: Literal["metric_nlot_plus"]
    metric: RotationConfig = Field(description="A")
    nodes: Annotated[int, Field(ge=2)] = Field(description="midpoint nodes of a path")
    rounds: PositiveInt = Field(description="couplings of all neighbouring measures")
    coupling_nodes: PositiveInt = Field(
        description="midpoint nodes of the straight paths that price a coupling"
    )
    smoothing: NonNegativeFloat = Field(description=SMOOTHING)
    direction: FitConfig = Field(description="fit of A to couplings, in each round")
    paths: FitConfig = Field(description="fit of φ to least action along A")
    maps: FitConfig = Field(description="fit of y to the last couplings")
    report_every: PositiveInt = Field(100, description=REPORT)

    def refuses(self, problem: Any) -> str | None:
        """Refuses what the metric does: on the line there is only one direction."""
        return self.metric.refuses(problem.dimension)
