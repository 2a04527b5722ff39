"""Settings of `estimated_density`."""

from typing import Annotated, Any, ClassVar, Literal

import pydantic
from pydantic import Field, PositiveFloat, PositiveInt

from nlot.config.evaluation import LeastActionConfig
from nlot.config.given import Given
from nlot.config.sections import MethodConfig


class Config(MethodConfig):
    """Exact matchings under a background density that is estimated from its samples."""

    problems: ClassVar[tuple[str, ...]] = ("transport",)
    capabilities: ClassVar[frozenset[str]] = frozenset({"match", "costs"})

    kind: Literal["estimated_density"]
    estimate: Literal["kernel", "flow", "fermat"] = Field(
        "kernel",
        description="a kernel density, a normalising flow, or no density but shortest "
        "paths through the samples (Fermat sample distance)",
    )
    samples: Annotated[int, Field(ge=8)] = Field(
        1000, description="draws of the background density"
    )
    bandwidth: PositiveFloat | None = Field(
        None,
        description="standard deviation of the kernels; none: that of the largest "
        "leave-one-out likelihood",
    )
    steps: PositiveInt = Field(4000, description="most steps of the flow's fit")
    neighbours: PositiveInt = Field(
        16, description="nearest samples that a step of a shortest path may lead to"
    )
    nodes: Annotated[int, Field(ge=32)] = Field(
        401, description="nodes on the longer side of the eikonal equation's grid"
    )
    paths: LeastActionConfig = Field(
        LeastActionConfig(segments=64, bends=(0.4,), waves=0),
        description="least paths, where the problem does not lie in the plane",
    )

    @pydantic.model_validator(mode="after")
    def _read_bandwidth(self) -> "Config":
        if self.bandwidth is not None and self.estimate != "kernel":
            raise ValueError(f"bandwidth is for kernels, estimate is {self.estimate!r}")
        return self

    def refuses(self, problem: Any) -> str | None:
        """There must be a background density that can be sampled."""
        lagrangian = problem.lagrangian
        if isinstance(lagrangian, Given):
            # A Python object, known once it is built.
            return None
        density = getattr(getattr(lagrangian, "metric", None), "density", None)
        if density is None:
            return _NEEDS.format(getattr(lagrangian, "metric", lagrangian).kind)
        return None if getattr(density, "sampled", False) else _reason(density.kind)

    def refuses_data(self, problem: Any) -> str | None:
        """As `refuses`, for a Lagrangian that came as a Python object."""
        metric = getattr(problem.lagrangian, "metric", None)
        density = getattr(metric, "density", None)
        if density is None:
            found = problem.lagrangian if metric is None else metric
            return _NEEDS.format(type(found).__name__)
        return _reason(type(density).__name__) if density.measure is None else None


_NEEDS = "a Lagrangian with a metric of kind 'density' is needed, found {!r}"


def _reason(density: str) -> str:
    return (
        f"its density, {density!r}, cannot be sampled; 'gaussian', 'gaussian_mixture', "
        "'ring' and 'kernel' can"
    )
