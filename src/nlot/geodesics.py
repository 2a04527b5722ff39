"""The path of least action between two given points (eqs. 9 and 18)."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optimistix as optx
from jaxtyping import Array, Bool, Float

from nlot.action import Quadrature
from nlot.lagrangians import AbstractLagrangian
from nlot.minimise import minimise


class Geodesic(NamedTuple):
    """A refined path: coefficients, its action, and how far the solver came."""

    coefficients: Float[Array, "size d"]
    action: Float[Array, ""]
    gradient_norm: Float[Array, ""]
    converged: Bool[Array, ""]


def least_action(
    lagrangian: AbstractLagrangian,
    quadrature: Quadrature,
    x: Float[Array, " d"],
    y: Float[Array, " d"],
    start: Float[Array, "size d"],
    *,
    tolerance: float = 1e-6,
    max_steps: int = 500,
) -> Geodesic:
    """Minimise the action over splines from `x` to `y`, from one starting path.

    L-BFGS on the coefficients, whose kinetic Hessian is the identity (see
    `nlot.splines`). Obstacles make several local minima: the result is the one that
    `start` leads to, and never worse than `start` itself.
    """

    def energy(coefficients: Array) -> Array:
        return quadrature(lagrangian, x, y, coefficients)

    solution = minimise(energy, start, tolerance=tolerance, max_steps=max_steps)
    value, gradient = jax.value_and_grad(energy)(solution.value)
    initial = energy(start)
    better = value <= initial  # False for a NaN, too.
    return Geodesic(
        coefficients=jnp.where(better, solution.value, start),
        action=jnp.where(better, value, initial),
        gradient_norm=jnp.linalg.norm(gradient),
        converged=jnp.asarray(solution.result == optx.RESULTS.successful),
    )


@eqx.filter_jit
def least_actions(
    lagrangian: AbstractLagrangian,
    quadrature: Quadrature,
    x: Float[Array, "n d"],
    y: Float[Array, "n d"],
    starts: Float[Array, "starts n size d"],
    *,
    tolerance: float = 1e-6,
    max_steps: int = 500,
) -> Geodesic:
    """The best path for each pair `(x[i], y[i])` over several starting paths."""

    def solve(start: Array, a: Array, b: Array) -> Geodesic:
        return least_action(
            lagrangian,
            quadrature,
            a,
            b,
            start,
            tolerance=tolerance,
            max_steps=max_steps,
        )

    every = jax.vmap(jax.vmap(solve), in_axes=(0, None, None))(starts, x, y)
    best = jnp.argmin(every.action, axis=0)
    pick = jnp.arange(x.shape[0])
    return Geodesic(*(leaf[best, pick] for leaf in every))
