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


class MapsConfig(FitConfig):
    """Maps of the pairs, one after another; steps are those of each map."""

    copies: PositiveInt = Field(
        description="copies of the first measure's samples that the maps carry on"
    )
    noise: NonNegativeFloat = Field(
        description="standard deviation of the copies' noise, as a fraction of the "
        "first measure's"
    )
    momentum: NonNegativeFloat = Field(
        0.0,
        description="weight of half the squared change of a point's displacement, at "
        "equal durations, in couplings; above 0 maps also see the displacement before",
    )


class Config(PathConfig):
    """Our improvement of Algorithm 2, through exact discrete couplings."""

    problems: ClassVar[tuple[str, ...]] = ("sequence",)
    capabilities: ClassVar[frozenset[str]] = frozenset(
        {"metric", "carry", "journey", "at", "speeds", "cost"}
    )

    kind: Literal["metric_nlot_plus"]
    metric: RotationConfig = Field(description="A")
    nodes: Annotated[int, Field(ge=2)] = Field(description="midpoint nodes of a path")
    rounds: PositiveInt = Field(description="couplings of all neighbouring measures")
    coupling_nodes: PositiveInt = Field(
        description="midpoint nodes of the straight paths that price a coupling"
    )
    coupling_points: PositiveInt = Field(
        1024,
        description="most points of a measure in a coupling: of more, random ones, "
        "others in each round",
    )
    smoothing: NonNegativeFloat = Field(description=SMOOTHING)
    direction: FitConfig = Field(description="fit of A to couplings, in each round")
    paths: FitConfig = Field(description="fit of φ to least action along A")
    maps: MapsConfig = Field(description="fit of y to couplings of what arrives")
    report_every: PositiveInt = Field(100, description=REPORT)

    def refuses(self, problem: Any) -> str | None:
        """Refuses what the metric does: on the line there is only one direction."""
        return self.metric.refuses(problem.dimension)
