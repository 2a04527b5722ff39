"""Settings of `nlsb`."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from nlot.config.base import NonNegative, Section
from nlot.config.sections import (
    AVERAGE,
    REPORT,
    SAMPLING,
    Decay,
    MethodConfig,
    NetworkConfig,
    OptimiserConfig,
    Sampling,
)


class OTFlowConfig(Section):
    """The potential of OT-Flow."""

    width: PositiveInt = Field(32, description="width of its residual network")
    layers: Annotated[int, Field(ge=2)] = Field(2, description="with the opening layer")


class Config(MethodConfig):
    """Neural Lagrangian Schrödinger bridges (Koshizuka and Sato, 2023)."""

    problems: ClassVar[tuple[str, ...]] = ("transport",)
    capabilities: ClassVar[frozenset[str]] = frozenset({"map", "paths", "own_paths"})
    variants: ClassVar[tuple[str, ...]] = ("stochastic", "expected")

    kind: Literal["nlsb"]
    potential: OTFlowConfig = Field(OTFlowConfig(), description="Φ, drift is -∇Φ")
    diffusion: NetworkConfig = Field(
        NetworkConfig(hidden=(16, 16), activation="silu"),
        description="σ, diagonal, followed by tanh",
    )
    time_steps: PositiveInt = Field(100, description="steps of Euler-Maruyama")
    cost_times: NonNegative = Field(
        0,
        description="random times per path at which a training step evaluates action "
        "and residual; 0: all times",
    )
    steps: PositiveInt = Field(description="optimiser steps")
    batch: PositiveInt = Field(description="samples of each measure per step")
    sampling: Sampling = Field("independent", description=SAMPLING)
    optimiser: OptimiserConfig = Field(description="one optimiser for Φ and σ")
    action_weight: NonNegativeFloat = Field(0.01, description="α_L, of the action")
    residual_weight: NonNegativeFloat = Field(
        0.01, description="α_R, of the Hamilton-Jacobi-Bellman residual"
    )
    blur: PositiveFloat = Field(
        0.05, description="length over which the Sinkhorn divergence is smoothed"
    )
    sinkhorn_iterations: PositiveInt = Field(
        20, description="with decreasing regularisation, ending at `blur`"
    )
    averaged_paths: PositiveInt = Field(
        32, description="paths from one start averaged into an expected path"
    )
    average: Decay = Field(0.0, description=AVERAGE)
    report_every: PositiveInt = Field(100, description=REPORT)

    def refuses(self, problem: Any) -> str | None:
        """The drift is the optimal control only if the kinetic term is |v|²/2."""
        given = problem.lagrangian
        kind = getattr(given, "like", None) or given.kind
        if kind != "newtonian":
            return f"lagrangian.kind is {kind!r}; nlsb needs 'newtonian'"
        return None
