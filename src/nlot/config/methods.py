"""Settings of the methods."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import pydantic
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from nlot.config.base import NonNegative, Section

Sampling = Literal["independent", "spread"]
_SAMPLING = "how batches are drawn: independently, or evenly spread (less noise)"


Activation = Literal["elu", "leaky_relu", "relu", "silu", "softplus", "tanh"]


class NetworkConfig(Section):
    """A multi-layer perceptron."""

    hidden: tuple[PositiveInt, ...] = Field(description="widths of the hidden layers")
    activation: Activation = Field("leaky_relu", description="nonlinearity")


class OptimiserConfig(Section):
    """AdamW with clipping by global norm."""

    learning_rate: PositiveFloat = Field(description="initial learning rate")
    final_fraction: Annotated[float, Field(ge=0, le=1)] = Field(
        1.0,
        description="end of the cosine schedule, as a fraction of the initial rate "
        "(optax's `alpha`); 1: constant",
    )
    beta1: Annotated[float, Field(ge=0, lt=1)] = Field(0.9, description="Adam's β₁")
    beta2: Annotated[float, Field(ge=0, lt=1)] = Field(0.999, description="Adam's β₂")
    weight_decay: Annotated[float, Field(ge=0)] = Field(
        0.0, description="AdamW's decay"
    )
    clip: PositiveFloat | None = Field(
        5.0, description="largest global norm of a gradient; null: any"
    )


class QuadratureConfig(Section):
    """Rule for the action integral."""

    rule: Literal["finite_difference", "midpoint"] = Field(
        description="`finite_difference` (the paper's) or `midpoint`"
    )
    points: Annotated[int, Field(ge=2)] = Field(description="number of points")


class CTransformConfig(Section):
    """L-BFGS with backtracking Armijo line search for eq. 6."""

    max_steps: PositiveInt = Field(20, description="limit on evaluations of eq. 6")
    tolerance: PositiveFloat = Field(1e-5, description="relative and absolute")
    history: PositiveInt = Field(10, description="pairs kept by L-BFGS")


class TrainingCTransformConfig(CTransformConfig):
    """The c-transforms of a training step."""

    at_a_time: NonNegative = Field(
        0,
        description="points whose searches run side by side; 0: all. Those of a few "
        "stay in a processor's cache, a GPU wants many",
    )


class PretrainingConfig(Section):
    """Fit of the spline network on independent pairs before Algorithm 1 starts."""

    steps: NonNegative = Field(description="number of steps; 0: none")


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


class NLOTConfig(Section):
    """Algorithm 1 of the paper."""

    variants: ClassVar[tuple[str, ...]] = ()
    kind: Literal["nlot"]
    potential: NetworkConfig = Field(description="g")
    map: NetworkConfig = Field(description="y")
    spline: NetworkConfig = Field(description="φ")
    knots: Annotated[int, Field(ge=5)] = Field(30, description="knots of a path")
    quadrature: QuadratureConfig = Field(description="action rule in training")
    steps: PositiveInt = Field(description="iterations of Algorithm 1")
    batch: PositiveInt = Field(description="samples of each measure a step")
    sampling: Sampling = Field("independent", description=_SAMPLING)
    potential_optimiser: OptimiserConfig = Field(description="for g")
    map_optimiser: OptimiserConfig = Field(description="for y")
    spline_optimiser: OptimiserConfig = Field(description="for φ")
    ctransform: TrainingCTransformConfig = Field(
        description="refinement in training (eq. 6)"
    )
    transport: CTransformConfig = Field(
        CTransformConfig(max_steps=50, tolerance=1e-6),
        description="refinement of the map that is returned",
    )
    regression: Literal["norm", "squared_norm"] = Field(
        "norm", description="loss of the map network (eq. 17)"
    )
    pretraining: PretrainingConfig = Field(description="of φ")
    refit: RefitConfig = Field(description="of φ")
    annealing_steps: NonNegative = Field(
        0, description="steps over which strength and temperature of U are annealed"
    )
    average: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.0,
        description="decay of the exponential average of the weights that is returned; "
        "0: the last weights",
    )
    report_every: PositiveInt = Field(250, description="steps between progress lines")


class MovingQuadratureConfig(Section):
    """Midpoint rule whose nodes move from step to step."""

    points: Annotated[int, Field(ge=2)] = Field(40, description="nodes of a step")
    offsets: PositiveInt = Field(5, description="positions that the nodes can take")


class PathsConfig(Section):
    """First stage of `nlot_plus`: paths between independent pairs."""

    steps: PositiveInt = Field(description="number of steps")
    batch: PositiveInt = Field(description="pairs a step")
    optimiser: OptimiserConfig = Field(description="for φ")
    annealing_steps: NonNegative = Field(
        0, description="steps over which strength and temperature of U are annealed"
    )


class CouplingConfig(Section):
    """Second stage of `nlot_plus`: exact discrete couplings."""

    number: PositiveInt = Field(description="independent couplings")
    points: PositiveInt = Field(description="points of each measure in a coupling")
    tie_breaking: Annotated[float, Field(ge=0)] = Field(
        description="ε of the term ε |x - y|²/2 added to the cost"
    )


class RegressionConfig(Section):
    """Third stage of `nlot_plus`: map and potential fitted to the couplings."""

    steps: PositiveInt = Field(description="number of steps")
    batch: PositiveInt = Field(description="coupled pairs a step")
    optimiser: OptimiserConfig = Field(description="for y and g")
    huber: PositiveFloat = Field(
        description="distance, as a fraction of the task's bounds, from which the loss "
        "grows linearly"
    )


class PolishConfig(Section):
    """Last stage of `nlot_plus`: augmented Lagrangian with exact matchings."""

    rounds: PositiveInt = Field(description="matchings")
    steps: PositiveInt = Field(description="steps between matchings")
    points: PositiveInt = Field(description="samples in a matching")
    pool: PositiveInt = Field(description="matchings in use at a time")
    batch: Annotated[int, Field(ge=2)] = Field(description="matched pairs a step")
    marginal_weight: PositiveFloat = Field(description="λ, weight of squared W2")
    map_optimiser: OptimiserConfig = Field(description="for y")
    potential_optimiser: OptimiserConfig = Field(description="for g")
    spline_optimiser: OptimiserConfig = Field(description="for φ")


class NLOTPlusConfig(Section):
    """Our improvement of Algorithm 1, through exact discrete couplings."""

    variants: ClassVar[tuple[str, ...]] = ()
    kind: Literal["nlot_plus"]
    potential: NetworkConfig = Field(description="g")
    map: NetworkConfig = Field(description="y")
    spline: NetworkConfig = Field(description="φ")
    knots: Annotated[int, Field(ge=5)] = Field(30, description="knots of a path")
    quadrature: MovingQuadratureConfig = MovingQuadratureConfig()
    paths: PathsConfig = Field(description="first stage")
    couplings: CouplingConfig = Field(description="second stage")
    regression: RegressionConfig = Field(description="third stage")
    polish: PolishConfig = Field(description="fourth stage")
    sampling: Sampling = Field("independent", description=_SAMPLING)
    average: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.998, description="decay of the exponential average of the weights"
    )
    report_every: PositiveInt = Field(500, description="steps between progress lines")


class OTFlowConfig(Section):
    """The potential of OT-Flow."""

    width: PositiveInt = Field(32, description="of its residual network")
    layers: Annotated[int, Field(ge=2)] = Field(2, description="opening one included")


class NLSBConfig(Section):
    """Neural Lagrangian Schroedinger bridges (Koshizuka and Sato, 2023)."""

    variants: ClassVar[tuple[str, ...]] = ("stochastic", "expected")
    kind: Literal["nlsb"]
    potential: OTFlowConfig = Field(OTFlowConfig(), description="Φ, drift is -∇Φ")
    diffusion: NetworkConfig = Field(
        NetworkConfig(hidden=(16, 16), activation="silu"),
        description="σ, diagonal, behind a tanh",
    )
    time_steps: PositiveInt = Field(100, description="of Euler and Maruyama's scheme")
    cost_times: NonNegative = Field(
        0,
        description="random times of a path at which action and residual are taken in "
        "a training step; 0: all times",
    )
    steps: PositiveInt = Field(description="optimiser steps")
    batch: PositiveInt = Field(description="samples of each measure a step")
    sampling: Sampling = Field("independent", description=_SAMPLING)
    optimiser: OptimiserConfig = Field(description="for Φ and σ together")
    action_weight: NonNegativeFloat = Field(0.01, description="α_L, of the action")
    residual_weight: NonNegativeFloat = Field(
        0.01, description="α_R, of the Hamilton-Jacobi-Bellman residual"
    )
    blur: PositiveFloat = Field(
        0.05, description="length over which the Sinkhorn divergence is smoothed"
    )
    sinkhorn_iterations: PositiveInt = Field(
        20, description="with decreasing regularisation, the last ones at that of blur"
    )
    averaged_paths: PositiveInt = Field(
        32, description="paths from one start that make an expected path"
    )
    average: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.0,
        description="decay of the exponential average of the weights that is returned; "
        "0: the last weights",
    )
    report_every: PositiveInt = Field(100, description="steps between progress lines")


MethodConfig = Annotated[
    NLOTConfig | NLOTPlusConfig | NLSBConfig, Field(discriminator="kind")
]


def parse_method(data: Mapping[str, Any]) -> MethodConfig:
    """Validate the settings of one method."""
    adapter: pydantic.TypeAdapter[MethodConfig] = pydantic.TypeAdapter(MethodConfig)
    return adapter.validate_python(data)
