"""Settings of `chebyshev`."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, PositiveFloat, PositiveInt

from nlot.config.sections import MethodConfig


class Config(MethodConfig):
    """Chebyshev paths of least action (Wang and Tabak, 2025, section 2)."""

    problems: ClassVar[tuple[str, ...]] = ("geodesics",)
    capabilities: ClassVar[frozenset[str]] = frozenset({"least_paths"})

    kind: Literal["chebyshev"]
    modes: PositiveInt = Field(8, description="K, free coefficients per dimension")
    nodes: Annotated[int, Field(ge=2)] = Field(
        32, description="nodes of Gauss-Legendre quadrature"
    )
    bends: tuple[PositiveFloat, ...] = Field(
        (),
        description="heights of bent starting paths, in extents of all ends, besides "
        "the straight one; of all that are found the best is kept",
    )
    penalty: PositiveFloat | None = Field(
        None,
        description="λ of S + λ(|x₀ - a|² + |x₁ - b|²), with free ends x₀ and x₁; "
        "none: paths end at a and b",
    )
    tolerance: PositiveFloat = Field(
        1e-9, description="relative change of path and action at which BFGS stops"
    )
    max_steps: PositiveInt = Field(1000, description="limit on BFGS' evaluations")
