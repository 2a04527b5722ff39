"""Settings of `legs`."""

from types import SimpleNamespace
from typing import Annotated, Any, ClassVar, Literal

import pydantic
from pydantic import Field

from nlot.config.base import Part, dimension_of
from nlot.config.kinds import KINDS, Kind
from nlot.config.sections import MethodConfig

# Methods of two measures that move points along paths of their own.
_MOVING = ("nlot", "nlot_plus", "nlsb")
_OTHERS = tuple(kind for kind in KINDS["method"] if kind not in _MOVING)


class Config(MethodConfig):
    """Maps between neighbouring measures, each by a method of two measures."""

    problems: ClassVar[tuple[str, ...]] = ("sequence",)
    capabilities: ClassVar[frozenset[str]] = frozenset({"carry", "at"})

    kind: Literal["legs"]
    method: Annotated[Any, Kind("method", without=_OTHERS)] = Field(
        description="the method and its settings"
    )
    lagrangian: Annotated[Part, Kind("lagrangian")] = Field(
        description="L(x, v) of all legs; a density of kind `fitted` is one of all "
        "samples that are trained on"
    )

    @pydantic.field_validator("method")
    @classmethod
    def _of_two_measures(cls, method: Any) -> Any:
        if "transport" not in method.problems or "paths" not in method.capabilities:
            raise ValueError(
                f"{method.kind!r} does not move points between two measures; valid: "
                f"{', '.join(_MOVING)}"
            )
        return method

    def refuses(self, problem: Any) -> str | None:
        """What the method refuses, and a Lagrangian of another dimension."""
        d = dimension_of(self.lagrangian)
        if d not in (None, problem.dimension):
            return f"lagrangian has dimension {d}, the data have {problem.dimension}"
        given = SimpleNamespace(
            lagrangian=self.lagrangian, dimension=problem.dimension, kind="transport"
        )
        return self.method.refuses(given)
