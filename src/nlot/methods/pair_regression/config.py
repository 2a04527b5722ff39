"""Settings of `pair_regression`."""

from typing import Any, ClassVar, Literal

from pydantic import Field, PositiveInt

from nlot.config.sections import REPORT, Activation, MethodConfig, OptimiserConfig


class Config(MethodConfig):
    """A network that is fitted to the known pairs alone.

    It knows neither the other samples nor optimal transport.
    """

    problems: ClassVar[tuple[str, ...]] = ("pairs",)
    capabilities: ClassVar[frozenset[str]] = frozenset({"map"})

    kind: Literal["pair_regression"]
    hidden: tuple[PositiveInt, ...] = Field((64, 64), description="widths of layers")
    activation: Activation = Field("silu", description="between layers")
    steps: PositiveInt = Field(1000, description="number of steps")
    optimiser: OptimiserConfig = OptimiserConfig(learning_rate=1e-3)
    report_every: PositiveInt = Field(100, description=REPORT)

    def refuses_data(self, problem: Any) -> str | None:
        """There must be pairs."""
        return None if len(problem.pairs) else "no pairs are known"
