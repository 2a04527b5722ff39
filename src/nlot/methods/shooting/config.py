"""Settings of `shooting`."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, PositiveFloat, PositiveInt

from nlot.config.sections import MethodConfig


class Config(MethodConfig):
    """Single shooting of the Euler-Lagrange equations (Wang and Tabak, section 2.3)."""

    problems: ClassVar[tuple[str, ...]] = ("geodesics",)
    capabilities: ClassVar[frozenset[str]] = frozenset({"least_paths"})

    kind: Literal["shooting"]
    tolerance: PositiveFloat = Field(
        1e-8,
        description="distance from its end at which a path has arrived, as a fraction "
        "of that between the ends",
    )
    integration: PositiveFloat = Field(
        1e-10, description="relative tolerance of the Runge-Kutta scheme"
    )
    max_shots: PositiveInt = Field(
        100, description="limit on Levenberg-Marquardt steps"
    )
    max_steps: PositiveInt = Field(2000, description="limit on a shot's steps")
    knots: Annotated[int, Field(ge=2)] = Field(
        128, description="stored parts of a path"
    )
