"""Settings of `pair_regression`."""

from typing import Any, ClassVar, Literal

from pydantic import Field, NonNegativeFloat, PositiveInt

from nlot.config.sections import REPORT, Activation, MethodConfig, OptimiserConfig


class Config(MethodConfig):
    """The mean of networks that are fitted to the known pairs, and to all samples.

    They know nothing of optimal transport, and so need no sample to be another's image.
    """

    problems: ClassVar[tuple[str, ...]] = ("pairs",)
    capabilities: ClassVar[frozenset[str]] = frozenset({"map"})

    kind: Literal["pair_regression"]
    hidden: tuple[PositiveInt, ...] = Field((64, 64), description="widths of layers")
    activation: Activation = Field("silu", description="between layers")
    members: PositiveInt = Field(1, description="number of networks")
    energy: NonNegativeFloat = Field(
        0.0,
        description="weight of the energy distance between the images of all samples "
        "and the target, in standard coordinates; 0: the pairs alone count",
    )
    steps: PositiveInt = Field(1000, description="number of steps")
    optimiser: OptimiserConfig = OptimiserConfig(learning_rate=1e-3)
    report_every: PositiveInt = Field(100, description=REPORT)

    def refuses_data(self, problem: Any) -> str | None:
        """There must be pairs."""
        return None if len(problem.pairs) else "no pairs are known"
