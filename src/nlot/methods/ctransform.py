r"""The c-transform, $g^c(x) = \inf_y c(x, y) - g(y)$, and its minimiser (eqs. 5, 6)."""

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
import optimistix as optx
from jaxtyping import Array, Bool, Float, Int

from nlot.config.sections import CTransformConfig
from nlot.training.lbfgs import minimise

Point = Float[Array, " d"]


class CTransform(NamedTuple):
    """The minimiser, and how the solver ended."""

    y: Float[Array, " d"]
    converged: Bool[Array, ""]
    evaluations: Int[Array, ""]


def c_transform(
    cost: Callable[[Point, Point], Float[Array, ""]],
    potential: Callable[[Point], Float[Array, ""]],
    x: Float[Array, " d"],
    start: Float[Array, " d"],
    bounds: float | Float[Array, ""],
    settings: CTransformConfig,
) -> CTransform:
    """Minimise c(x, y) - g(y) over y in the cube `[-bounds, bounds]^d`.

    L-BFGS with backtracking Armijo line search. Outside the cube the objective
    continues with its value at the nearest point of the cube plus half the squared
    distance to it, which leaves the constrained minimisers as they are.

    **Arguments:** `cost(x, y)` and `potential(y)` of single points; the starting point
    and the settings of the search.

    **Returns:** the minimiser, or `start` if the search ends at a worse or non-finite
    point. Never raises.
    """

    def objective(y: Array) -> Array:
        inside = jnp.clip(y, -bounds, bounds)
        outside = 0.5 * jnp.sum((y - inside) ** 2)
        return cost(x, inside) - potential(inside) + outside

    start = jnp.clip(start, -bounds, bounds)
    solution = minimise(
        objective,
        start,
        tolerance=settings.tolerance,
        max_steps=settings.max_steps,
        history=settings.history,
    )
    found = jnp.clip(solution.value, -bounds, bounds)
    better = objective(found) <= objective(start)  # False for a NaN, too.
    return CTransform(
        y=jnp.where(better, found, start),
        converged=jnp.asarray(solution.result == optx.RESULTS.successful),
        evaluations=solution.stats["num_steps"],
    )
