"""Settings of `monge_cost_plus`."""

from typing import ClassVar, Literal

from pydantic import Field, PositiveFloat

from nlot.methods.monge_cost.config import Config as LearningConfig


class Config(LearningConfig):
    """A cost learned as by `monge_cost`, and a map from exact transport under it."""

    variants: ClassVar[tuple[str, ...]] = ("", "entropic")

    kind: Literal["monge_cost_plus"]  # type: ignore[assignment]
    known_weight: PositiveFloat = Field(
        10.0, description="of a known pair in the fit of the potential; others have 1"
    )
