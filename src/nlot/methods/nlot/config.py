"""Settings of `nlot`."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, PositiveFloat, PositiveInt

from nlot.config.base import NonNegative, Section
from nlot.config.sections import (
    REPORT,
    SAMPLING,
    AlgorithmConfig,
    CTransformConfig,
    JumpingConfig,
    Sampling,
)


class RefitConfig(Section):
    """Repeated refits of the spline network during Algorithm 1."""

    every: PositiveInt = Field(description="steps of Algorithm 1 between refits")
    max_steps: NonNegative = Field(description="limit on a refit's steps; 0: no refits")
    tolerance: PositiveFloat = Field(
        description="a refit ends when the smoothed gradient norm falls below this"
    )
    smoothing: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.9, description="decay of the smoothed gradient norm"
    )


class Config(JumpingConfig, AlgorithmConfig):
    """Algorithm 1 of the paper."""

    variants: ClassVar[tuple[str, ...]] = ("", "network_map")

    kind: Literal["nlot"]
    batch: PositiveInt = Field(description="samples of each measure per step")
    sampling: Sampling = Field("independent", description=SAMPLING)
    transport: CTransformConfig = Field(
        CTransformConfig(max_steps=50, tolerance=1e-6),
        description="refinement of the maps that are returned",
    )
    refit: RefitConfig = Field(description="refits of φ")
    annealing_steps: NonNegative = Field(
        0, description="steps over which strength and temperature of U are annealed"
    )
    report_every: PositiveInt = Field(250, description=REPORT)
