"""Settings of the methods that learn a metric."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pydantic
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from nlot.config.base import NonNegative, Section
from nlot.config.methods import (
    Activation,
    CTransformConfig,
    NetworkConfig,
    OptimiserConfig,
    PretrainingConfig,
    QuadratureConfig,
    TrainingCTransformConfig,
)


class RotationConfig(Section):
    """A metric R(x) B R(x)ᵀ, R a rotation by a learned angle (eqs. 26 and 27)."""

    hidden: tuple[PositiveInt, ...] = Field(description="widths of the hidden layers")
    activation: Activation = Field("leaky_relu", description="nonlinearity")
    eigenvalues: tuple[PositiveFloat, PositiveFloat] = Field(
        (1.0, 0.1), description="the diagonal of B, largest first"
    )
    angle: Literal["single", "double"] = Field(
        "single",
        description="whether the network's vector points to the angle or to its double",
    )
    members: PositiveInt = Field(
        1, description="networks whose vectors are averaged, each with its own weights"
    )

    @pydantic.model_validator(mode="after")
    def _ordered(self) -> "RotationConfig":
        if self.eigenvalues[0] <= self.eigenvalues[1]:
            raise ValueError(
                f"eigenvalues {self.eigenvalues}: the first must be larger"
            )
        return self


_SMOOTHING = (
    "standard deviation of the noise on the positions at which the metric is fitted, "
    "as a fraction of the data's half-width"
)


class MetricNLOTConfig(Section):
    """Algorithm 2 of the paper."""

    kind: Literal["nlot"]
    metric: RotationConfig = Field(description="A")
    potential: NetworkConfig = Field(description="g, one a pair of measures")
    map: NetworkConfig = Field(description="y, one a pair of measures")
    spline: NetworkConfig = Field(description="φ, shared by all pairs")
    knots: Annotated[int, Field(ge=5)] = Field(30, description="knots of a path")
    quadrature: QuadratureConfig = Field(description="action rule in training")
    steps: PositiveInt = Field(description="iterations of Algorithm 2")
    batch: NonNegative = Field(
        description="samples of each measure a step; 0: all of them"
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
        description="steps after those over which costs go from isotropic to those of "
        "the metric; 0: those of the metric from the first step",
    )
    smoothing: NonNegativeFloat = Field(0.0, description=_SMOOTHING)
    metric_optimiser: OptimiserConfig = Field(description="for A")
    potential_optimiser: OptimiserConfig = Field(description="for g")
    map_optimiser: OptimiserConfig = Field(description="for y")
    spline_optimiser: OptimiserConfig = Field(description="for φ")
    ctransform: TrainingCTransformConfig = Field(
        description="refinement in training (eq. 6)"
    )
    transport: CTransformConfig = Field(
        CTransformConfig(max_steps=50, tolerance=1e-6),
        description="refinement of the maps that are returned",
    )
    regression: Literal["norm", "squared_norm"] = Field(
        "norm", description="loss of the map networks (eq. 17)"
    )
    pretraining: PretrainingConfig = Field(description="of φ")
    average: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.0,
        description="decay of the exponential average of the weights that is returned; "
        "0: the last weights",
    )
    report_every: PositiveInt = Field(100, description="steps between progress lines")


class FitConfig(Section):
    """Minibatch steps of one optimiser."""

    steps: PositiveInt = Field(description="number of steps")
    batch: PositiveInt = Field(description="pairs a step")
    optimiser: OptimiserConfig = Field(description="and its schedule")


class MetricPlusConfig(Section):
    """Our improvement of Algorithm 2, through exact discrete couplings."""

    kind: Literal["nlot_plus"]
    metric: RotationConfig = Field(description="A")
    map: NetworkConfig = Field(description="y, one a pair of measures")
    spline: NetworkConfig = Field(description="φ, shared by all pairs")
    knots: Annotated[int, Field(ge=5)] = Field(30, description="knots of a path")
    nodes: Annotated[int, Field(ge=2)] = Field(description="midpoint nodes of a path")
    rounds: PositiveInt = Field(description="couplings of all neighbouring measures")
    coupling_nodes: PositiveInt = Field(
        description="midpoint nodes of the straight paths that a coupling is priced on"
    )
    smoothing: NonNegativeFloat = Field(description=_SMOOTHING)
    direction: FitConfig = Field(description="of A to couplings, steps a round")
    paths: FitConfig = Field(description="of φ to least action along A")
    maps: FitConfig = Field(description="of y to the last couplings")
    report_every: PositiveInt = Field(100, description="steps between progress lines")


class PotentialFitConfig(Section):
    """Fit of the potentials, in each round anew."""

    steps: PositiveInt = Field(description="number of steps")
    optimiser: OptimiserConfig = Field(description="and its schedule")
    first_penalty: PositiveFloat = Field(
        description="weight of the first round's penalty on the length of ∇φ"
    )
    penalty: PositiveFloat = Field(
        description="weight of later rounds' penalty on ∇φᵀA∇φ"
    )


class GramFitConfig(Section):
    """Fit of the matrix, in each round anew."""

    steps: PositiveInt = Field(description="number of steps")
    optimiser: OptimiserConfig = Field(description="and its schedule")
    penalty: PositiveFloat = Field(1.0, description="weight of the one on ∇φᵀA∇φ")
    norm_weight: PositiveFloat = Field(
        1e9, description="weight of 1/‖A‖² (Frobenius), against vanishing matrices"
    )


class ScarvelisSolomonConfig(Section):
    """Metric learning by Scarvelis and Solomon (2023)."""

    kind: Literal["scarvelis_solomon"]
    potential: NetworkConfig = Field(
        NetworkConfig(hidden=(32,), activation="softplus"),
        description="φ, one a pair of measures",
    )
    metric: NetworkConfig = Field(
        NetworkConfig(hidden=(32, 32), activation="softplus"),
        description="R in A = RᵀR + floor I",
    )
    floor: PositiveFloat = Field(1e-3, description="smallest eigenvalue of A")
    groups: PositiveInt = Field(
        1,
        description="blocks of equal size in the samples of each time, in their order, "
        "that are coupled apart: prior knowledge of who belongs together",
    )
    batch: PositiveInt = Field(100, description="samples of each measure a step")
    rounds: PositiveInt = Field(1, description="fits of the potentials, then of A")
    potential_fit: PotentialFitConfig = Field(description="of φ")
    metric_fit: GramFitConfig = Field(description="of A")
    report_every: PositiveInt = Field(500, description="steps between progress lines")


LearnerConfig = Annotated[
    MetricNLOTConfig | MetricPlusConfig | ScarvelisSolomonConfig,
    Field(discriminator="kind"),
]


def parse_learner(data: Mapping[str, Any]) -> LearnerConfig:
    """Validate the settings of one metric learner."""
    adapter: pydantic.TypeAdapter[LearnerConfig] = pydantic.TypeAdapter(LearnerConfig)
    return adapter.validate_python(data)
