"""What all trained runs have in common."""

import dataclasses
from collections.abc import Callable
from functools import cached_property
from typing import Any

import equinox as eqx
import jax
from jaxtyping import Array, Float

from nlot.paths.splines import CubicSpline
from nlot.problems.transport import as_points

# Nodes of the midpoint rule that costs are measured with.
COST_NODES = 200


@dataclasses.dataclass(eq=False, repr=False)
class AbstractRun:
    """A method trained on a problem with a seed: base of all runs.

    Subclasses define what a run can do: see `nlot.methods.capabilities`.

    **Arguments and attributes:** `problem`, or what is needed of it; `config`, the
    method's settings; `networks`, trained; `header`, names, settings and provenance as
    stored. `variant` is one of `config.variants`, "" for the run as it was opened.
    """

    problem: Any
    config: Any
    networks: Any
    header: dict[str, Any]
    variant: str = ""

    @property
    def seed(self) -> int:
        """The seed that the run was trained with."""
        return self.header["provenance"]["seed"]

    @property
    def variants(self) -> tuple["AbstractRun", ...]:
        """The rows of this run in tables, each with its own method name.

        In the order of `config.variants`; a variant has only itself.
        """
        if self.variant:
            return (self,)
        method = self.header["method"]
        return tuple(
            dataclasses.replace(
                self, variant=name, header={**self.header, "method": f"{method}_{name}"}
            )
            if name
            else self
            for name in self.config.variants
        )

    def points(self, x: Float[Any, "n d"]) -> Float[Array, "n d"]:
        """`x` as an array of points; raises `ValueError` for another shape."""
        return as_points(x, self.problem.dimension)


class AbstractPathRun(AbstractRun):
    """A run whose networks amortise paths between given ends, as splines."""

    @cached_property
    def spline(self) -> CubicSpline:
        """The space of the paths."""
        return CubicSpline(self.config.knots)

    def splines(
        self, x: Float[Any, "n d"], y: Float[Any, "n d"]
    ) -> tuple[Float[Array, "n d"], Float[Array, "n d"], Float[Array, "n size d"]]:
        """The ends as arrays, and the spline coefficients of the paths between them."""
        a, b = self.points(x), self.points(y)
        return a, b, over_points(self.networks.spline, a, b)


@eqx.filter_jit
def over_points(function: Callable[..., Array], *points: Array) -> Array:
    """Apply a function of single points to arrays of shape (n, d)."""
    return jax.vmap(function)(*points)
