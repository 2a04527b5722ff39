"""Settings of `sinkhorn_bridges`."""

from typing import Annotated, ClassVar, Literal

import pydantic
from pydantic import Field, PositiveFloat

from nlot.config.names import check_once
from nlot.config.sections import MethodConfig

_UNIT = "in units of the mean variance of a coordinate of all samples"


class Config(MethodConfig):
    """Brownian bridges between samples that unbalanced entropic transport couples.

    Nothing is trained. What `epsilon` and `mass` leave open is chosen by leaving out
    each time between others, of those that are trained on, and predicting it.
    """

    problems: ClassVar[tuple[str, ...]] = ("sequence",)
    capabilities: ClassVar[frozenset[str]] = frozenset({"carry", "at", "failures"})

    kind: Literal["sinkhorn_bridges"]
    epsilon: tuple[PositiveFloat, ...] = Field(
        (0.1, 0.3, 1.0),
        min_length=1,
        description=f"ε for costs |x - y|², {_UNIT}: the best one at times that are "
        "left out, or the first where there are only two times",
    )
    growth: tuple[PositiveFloat, ...] = Field(
        (1.0, 2.0, 5.0),
        min_length=1,
        description=f"penalties r on growth, {_UNIT}; predictions are averaged over "
        "them",
    )
    mass: Literal["chosen", "growing", "conserved"] = Field(
        "chosen",
        description="whether mass grows on the way; `chosen`: what is better at times "
        "that are left out, or `conserved` where there are only two times",
    )
    paths: Literal["chosen", "bridges", "straight"] = Field(
        "chosen",
        description="Brownian bridges of variance ε/2, or straight lines; `chosen`: as "
        "for `mass`, or `bridges`",
    )
    points: Annotated[int, Field(ge=8)] = Field(
        1024, description="most samples of a time; of more, some are drawn"
    )
    draws: Annotated[int, Field(ge=8)] = Field(
        8192, description="points of a predicted population"
    )

    @pydantic.model_validator(mode="after")
    def _once(self) -> "Config":
        check_once("epsilon", self.epsilon)
        check_once("growth", self.growth)
        return self
