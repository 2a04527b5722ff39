"""What all trained runs have in common."""

import dataclasses
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import equinox as eqx
import jax
from jaxtyping import Array, Float

from nlot.methods.diagnosis import Diagnosis
from nlot.methods.stored import write_run
from nlot.paths.splines import CubicSpline
from nlot.problems.transport import as_points

# Nodes of the midpoint rule that costs are measured with.
COST_NODES = 200


@dataclasses.dataclass(eq=False, repr=False)
class AbstractRun:
    """A method trained on a problem with a seed: base of all runs.

    Subclasses define what a run can do: see `nlot.methods.capabilities`. Wherever they
    take an array of points, (n, d), a single point of shape (d,) is an array of one.

    **Arguments and attributes:** `problem`, or what is needed of it; `config`, the
    method's settings; `networks`, trained; `header`, names, settings and provenance as
    stored; `history`, the records of its training, if it was trained just now, and
    `given`, the parts of its problem that came as Python objects. `variant` is one of
    `config.variants`, "" for the run as it was opened.
    """

    problem: Any
    config: Any
    networks: Any
    header: dict[str, Any]
    # The loss that tells whether training has settled: its phase and name, and the
    # share by which it may still change. An action does not go to zero.
    action_loss: ClassVar[tuple[str, str, float] | None] = None
    history: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    given: dict[str, Any] = dataclasses.field(default_factory=dict)
    variant: str = ""

    def save(self, folder: str | Path) -> None:
        """Write the run to a folder, from which `nlot.load` opens it.

        Samples that were given as arrays are stored with it. Functions are not: they
        are named, and must be given again.
        """
        write_run(folder, self.header, self.networks, self.history, self.given)

    @property
    def diagnostics(self) -> Diagnosis | None:
        """What the run's own checks found; None if it was not checked."""
        found = self.header.get("diagnostics")
        return None if found is None else Diagnosis.read(found)

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

    def points(self, x: Float[Any, "*n d"]) -> Float[Array, "n d"]:
        """`x` as an array of points; a single one of shape (d,) becomes an array.

        Raises `ValueError` for another shape, and for points that are not finite.
        """
        return as_points(x, self.problem.dimension)


class AbstractPathRun(AbstractRun):
    """A run whose networks amortise paths between given ends, as splines."""

    @cached_property
    def spline(self) -> CubicSpline:
        """The space of the paths."""
        return CubicSpline(self.config.knots)

    def splines(
        self, x: Float[Any, "*n d"], y: Float[Any, "*m d"]
    ) -> tuple[Float[Array, "n d"], Float[Array, "n d"], Float[Array, "n size d"]]:
        """The ends as arrays, and the spline coefficients of the paths between them.

        Raises `ValueError` for another shape, and for unequal numbers of ends.
        """
        a, b = self.points(x), self.points(y)
        check_paired(a, b)
        return a, b, over_points(self.networks.spline, a, b)


def check_paired(x: Float[Array, "n d"], y: Float[Array, "m d"]) -> None:
    """Raise `ValueError` unless there are as many points in `y` as in `x`."""
    if len(x) != len(y):
        raise ValueError(
            f"expected pairs of points, found arrays of shapes {x.shape} and {y.shape}"
        )


@eqx.filter_jit
def over_points(function: Callable[..., Array], *points: Array) -> Array:
    """Apply a function of single points to arrays of shape (n, d)."""
    return jax.vmap(function)(*points)
