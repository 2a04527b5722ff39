"""Settings of `monge_cost`."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, PositiveFloat, PositiveInt

from nlot.config.base import Section
from nlot.config.kinds import Kind
from nlot.config.sections import REPORT, MethodConfig, OptimiserConfig

# Below, rounding of costs in double precision moves mass.
_Relative = Annotated[float, Field(ge=1e-6)]


class ConvexConfig(Section):
    """The convex function h, an input-convex network."""

    hidden: tuple[PositiveInt, ...] = Field(
        (32, 32), description="widths of its layers; empty: h is a quadratic form"
    )
    curvature: PositiveFloat = Field(0.01, description="α, of strong convexity")
    symmetric: bool = Field(True, description="whether h(z) = h(-z)")


class FlowConfig(Section):
    """Diffeomorphisms Φ of the source's space and Ψ of the target's."""

    kind: Literal["coupling", "autoregressive"] = Field(
        "autoregressive", description="what the scale and shift of a coordinate see"
    )
    layers: PositiveInt = Field(4, description="number of layers")
    width: PositiveInt = Field(64, description="of the two hidden layers of each")
    shared: bool = Field(True, description="whether Ψ is Φ")


class TemperatureConfig(Section):
    """ε, as a multiple of the mean cost; it changes by a constant factor."""

    # From where every target counts to where one does: at 0.01 throughout, few pairs
    # are not learned.
    start: _Relative = Field(0.2, description="at the first step")
    end: _Relative = Field(0.005, description="at the last step, and of the result")


class PenaltyConfig(Section):
    """Weights of what is added to the loss, in standard coordinates."""

    largest: Annotated[float, Field(ge=0)] = Field(
        1e-6, description="of the squared log-sum-exp of the costs"
    )
    apart: Annotated[float, Field(ge=0)] = Field(
        1e-2, description="of the mean |Φ - Ψ|² over the samples"
    )
    dirichlet: Annotated[float, Field(ge=0)] = Field(
        1e-3, description="of half the mean |∇Φ - I|², and |∇Ψ - I|², over the samples"
    )
    bending: Annotated[float, Field(ge=0)] = Field(
        0.0,
        description="of the same, but from the mean of ∇Φ, and of ∇Ψ: affine maps cost "
        "nothing",
    )


class Config(MethodConfig):
    """Costs learned through the Monge map (Howard et al., 2024)."""

    problems: ClassVar[tuple[str, ...]] = ("pairs",)
    capabilities: ClassVar[frozenset[str]] = frozenset(
        {"map", "costs", "plan", "gradients", "failures"}
    )

    kind: Literal["monge_cost"]
    convex: ConvexConfig = ConvexConfig()
    flow: FlowConfig | None = Field(
        None, description="the cost is h(Φ(x) - Ψ(y)); none: h(x - y)"
    )
    loss: Annotated[Any, Kind("loss")] = Field(
        {"kind": "pairs"}, validate_default=True, description="what maps should be like"
    )
    temperature: TemperatureConfig = TemperatureConfig()
    penalties: PenaltyConfig = PenaltyConfig()
    reverse: bool = Field(True, description="whether the map back counts as much")
    warm_start: bool = Field(
        True, description="whether dual variables start from those of the last step"
    )
    steps: PositiveInt = Field(500, description="number of steps")
    optimiser: OptimiserConfig = Field(
        OptimiserConfig(learning_rate=1e-2), description="of h"
    )
    flow_optimiser: OptimiserConfig = Field(
        OptimiserConfig(learning_rate=1e-3), description="of the flows"
    )
    report_every: PositiveInt = Field(50, description=REPORT)

    def refuses_data(self, problem: Any) -> str | None:
        """What the loss needs must be known."""
        return self.loss.refuses_data(problem)
