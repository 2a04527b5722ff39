"""The paths that a method gives itself: action, and time inside obstacles."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nlot.paths.quadrature import Quadrature, path_actions
from nlot.paths.splines import CubicSpline
from nlot.problems.transport import Task

# A rule that no training uses, fine enough for walls of width 0.01.
FINE_NODES = 1000


class OwnPaths(NamedTuple):
    """Of the paths that a method gives itself: action, and share of time in obstacles.

    One value a path.
    """

    action: Float[Array, " n"]
    obstacle_time: Float[Array, " n"]


def spline_paths(
    task: Task,
    spline: CubicSpline,
    x: Float[Array, "n d"],
    y: Float[Array, "n d"],
    coefficients: Float[Array, "n size d"],
) -> OwnPaths:
    """What spline paths from `x[i]` to `y[i]` cost, by a rule with 1,000 nodes."""
    fine = Quadrature(spline, FINE_NODES, "midpoint", task.horizon)

    def share(a: Array, b: Array, c: Array) -> Array:
        positions, _ = fine.trajectory(a, b, c)
        return jnp.mean(jax.vmap(task.lagrangian.contains, in_axes=1)(positions))

    return OwnPaths(
        action=path_actions(task.lagrangian, fine, x, y, coefficients),
        obstacle_time=eqx.filter_jit(jax.vmap(share))(x, y, coefficients),
    )
