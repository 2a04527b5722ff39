"""Paths that a method itself provides: action, and time inside obstacles."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nlot.costs.lagrangians import AbstractLagrangian
from nlot.paths.quadrature import Quadrature, path_actions
from nlot.paths.splines import CubicSpline

# A rule not used in training, fine enough for walls of width 0.01.
_NODES = 1000


class OwnPaths(NamedTuple):
    """Action of each path, and its share of time in obstacles, from 0 to 1."""

    action: Float[Array, " n"]
    obstacle_time: Float[Array, " n"]


def spline_paths(
    lagrangian: AbstractLagrangian,
    horizon: float,
    spline: CubicSpline,
    x: Float[Array, "n d"],
    y: Float[Array, "n d"],
    coefficients: Float[Array, "n size d"],
) -> OwnPaths:
    """Action and obstacle time of spline paths, by the midpoint rule with 1,000 nodes.

    **Arguments:** the Lagrangian, T, the space of the paths, their ends, and their
    coefficients.
    """
    fine = Quadrature(spline, _NODES, "midpoint", horizon)

    def share(a: Array, b: Array, c: Array) -> Array:
        positions, _ = fine.trajectory(a, b, c)
        return jnp.mean(jax.vmap(lagrangian.contains, in_axes=1)(positions))

    return OwnPaths(
        action=path_actions(lagrangian, fine, x, y, coefficients),
        obstacle_time=eqx.filter_jit(jax.vmap(share))(x, y, coefficients),
    )
