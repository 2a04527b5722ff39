"""Settings of `mlp_cost`."""

from typing import Any, ClassVar, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from nlot.config.base import Section
from nlot.config.sections import REPORT, Activation, MethodConfig, OptimiserConfig


class StageConfig(Section):
    """A network and its training."""

    hidden: tuple[PositiveInt, ...] = Field((64, 64), description="widths of layers")
    activation: Activation = Field("silu", description="between layers")
    steps: PositiveInt = Field(500, description="number of steps")
    optimiser: OptimiserConfig = OptimiserConfig(learning_rate=1e-3)


class Config(MethodConfig):
    """An unstructured cost, learned through the plan, and a map by the Monge gap.

    A baseline of Howard et al. (2024): the cost (Liu et al., 2020) learns to put the
    mass of known pairs along them, then the map (Uscidda and Cuturi, 2023) learns to
    fit the target and to be optimal under that cost.
    """

    problems: ClassVar[tuple[str, ...]] = ("pairs",)
    capabilities: ClassVar[frozenset[str]] = frozenset(
        {"map", "costs", "plan", "failures"}
    )

    kind: Literal["mlp_cost"]
    temperature: PositiveFloat = Field(
        0.01, description="ε of entropic transport, as a multiple of the mean cost"
    )
    cost: StageConfig = Field(StageConfig(), description="c(x, y)")
    map: StageConfig = Field(StageConfig(), description="T(x)")
    gap: NonNegativeFloat = Field(
        1.0, description="weight of the Monge gap, in units of the mean cost"
    )
    report_every: PositiveInt = Field(50, description=REPORT)

    def refuses_data(self, problem: Any) -> str | None:
        """There must be pairs."""
        return None if len(problem.pairs) else "no pairs are known"
