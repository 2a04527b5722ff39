"""Settings of `path_costs`."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from nlot.config.evaluation import LeastActionConfig
from nlot.config.sections import MethodConfig


class Config(MethodConfig):
    """Exact couplings of least actions between the points of clouds.

    Straight paths, where they are least, need no solver.
    """

    problems: ClassVar[tuple[str, ...]] = ("collection",)
    capabilities: ClassVar[frozenset[str]] = frozenset({"dissimilarity"})

    kind: Literal["path_costs"]
    solver: Literal["eikonal", "paths"] | None = Field(
        None,
        description="`eikonal`: one wave front from each point, for metrics w(x) I in "
        "the plane; `paths`: each pair of points by itself, from several starts; none: "
        "`eikonal` where it can",
    )
    nodes: Annotated[int, Field(ge=32)] = Field(
        401, description="nodes on the longer side of the grid, for `eikonal`"
    )
    paths: LeastActionConfig = Field(
        LeastActionConfig(segments=64, bends=(0.4,), waves=0),
        description="least paths, for `paths`",
    )

    def refuses(self, problem: Any) -> str | None:
        """The eikonal equation is solved in the plane."""
        if self.solver == "eikonal" and problem.dimension != 2:
            return (
                f"solver is 'eikonal', for the plane; the clouds have dimension "
                f"{problem.dimension}: use 'paths'"
            )
        return None
