"""Settings of `newton`."""

from typing import ClassVar, Literal

from pydantic import Field

from nlot.config.evaluation import LeastActionConfig
from nlot.config.sections import MethodConfig


class Config(MethodConfig):
    """Polygons of least action by Newton's method from several starts."""

    problems: ClassVar[tuple[str, ...]] = ("geodesics",)
    capabilities: ClassVar[frozenset[str]] = frozenset({"least_paths"})

    kind: Literal["newton"]
    search: LeastActionConfig = Field(
        LeastActionConfig(), description="polygons, their starts, and when to stop"
    )
