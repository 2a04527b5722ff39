"""Settings of `nlot_plus`."""

from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, PositiveInt

from nlot.config.base import NonNegative, Section
from nlot.config.sections import (
    REPORT,
    SAMPLING,
    CTransformConfig,
    Decay,
    FitConfig,
    JumpingConfig,
    MovingQuadratureConfig,
    OptimiserConfig,
    Sampling,
)


class PathsConfig(FitConfig):
    """First stage: paths between independent pairs."""

    annealing_steps: NonNegative = Field(
        0, description="steps over which strength and temperature of U are annealed"
    )


class CouplingConfig(Section):
    """Second stage: exact discrete couplings."""

    number: PositiveInt = Field(description="independent couplings")
    points: PositiveInt = Field(description="points of each measure in a coupling")
    tie_breaking: Annotated[float, Field(ge=0)] = Field(
        description="ε of the term ε |x - y|²/2 added to the cost"
    )


class RegressionConfig(FitConfig):
    """Third stage: map and potential fitted to the couplings."""

    huber: PositiveFloat = Field(
        description="distance, in standard coordinates, beyond which the loss grows "
        "linearly"
    )


class PolishConfig(Section):
    """Fourth stage: augmented Lagrangian with exact matchings."""

    rounds: PositiveInt = Field(description="matchings")
    steps: PositiveInt = Field(description="steps between matchings")
    points: PositiveInt = Field(description="samples in a matching")
    pool: PositiveInt = Field(description="matchings in use at a time")
    batch: Annotated[int, Field(ge=2)] = Field(description="matched pairs per step")
    marginal_weight: PositiveFloat = Field(
        description="λ, weight of squared W2, times the squared W2 between two samples "
        "of the target, in standard units"
    )
    map_optimiser: OptimiserConfig = Field(description="optimiser for y")
    potential_optimiser: OptimiserConfig = Field(
        description="optimiser for g; its learning rate is divided by √(1 + λ)"
    )
    spline_optimiser: OptimiserConfig = Field(description="optimiser for φ")


class AscentConfig(FitConfig):
    """Last stage: the potential fitted to its c-transforms."""

    ctransform: CTransformConfig = Field(
        CTransformConfig(max_steps=20, tolerance=1e-4, history=4),
        description="solver of the c-transform",
    )


class Config(JumpingConfig):
    """Our improvement of Algorithm 1, through exact discrete couplings."""

    kind: Literal["nlot_plus"]
    quadrature: MovingQuadratureConfig = MovingQuadratureConfig()
    paths: PathsConfig = Field(description="first stage")
    couplings: CouplingConfig = Field(description="second stage")
    regression: RegressionConfig = Field(description="third stage")
    polish: PolishConfig = Field(description="fourth stage")
    ascent: AscentConfig = Field(
        AscentConfig(
            steps=300,
            batch=512,
            optimiser=OptimiserConfig(learning_rate=3e-3, final_fraction=0.01),
        ),
        description="fifth stage",
    )
    sampling: Sampling = Field("independent", description=SAMPLING)
    average: Decay = Field(
        0.998, description="decay of the exponential average of the weights"
    )
    report_every: PositiveInt = Field(500, description=REPORT)
