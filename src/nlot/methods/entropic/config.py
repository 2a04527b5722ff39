"""Settings of `entropic`."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, PositiveFloat

from nlot.config.sections import MethodConfig


class Config(MethodConfig):
    """Schrödinger's bridge: the entropic plan of samples, and noise on the way.

    Its reference is Brownian motion, weighted by the Lagrangian's potential. As ε
    falls, cost, potential and paths tend to those of optimal transport.
    """

    problems: ClassVar[tuple[str, ...]] = ("transport",)
    capabilities: ClassVar[frozenset[str]] = frozenset(
        {"map", "paths", "potential", "dual", "failures"}
    )

    kind: Literal["entropic"]
    epsilon: PositiveFloat = Field(
        description="temperature ε, in units of the mean cost between all samples"
    )
    points: Annotated[int, Field(ge=8)] = Field(
        1024, description="samples of each measure"
    )

    def refuses(self, problem: Any) -> str | None:
        """Costs must be known in closed form."""
        lagrangian = problem.lagrangian
        if lagrangian.kind != "newtonian":
            return f"lagrangian.kind is {lagrangian.kind!r}; entropic needs 'newtonian'"
        potential = lagrangian.potential
        if potential is not None and potential.kind != "well":
            return (
                f"lagrangian.potential.kind is {potential.kind!r}; entropic needs "
                "'well', or none"
            )
        return None
