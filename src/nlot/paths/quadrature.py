r"""The action of a path, $E(γ) = \int_0^T L(γ, \dot γ) dt$ (eq. 8), by quadrature."""

from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from nlot.costs.lagrangians import AbstractLagrangian
from nlot.paths.spaces import AbstractSpace
from nlot.paths.splines import CubicSpline

Rule = Literal["finite_difference", "gauss", "midpoint"]


class Quadrature(eqx.Module):
    """A quadrature rule for the action of paths over a time horizon.

    Positions and velocities at the nodes are constant matrices applied to the path's
    coefficients. Three rules:

    - `"finite_difference"` with n points: left-hand sums over the n - 1 intervals of
      equally spaced times, with difference quotients as velocities. With n = 20, this
      is the rule of the paper's experiments. A path may jump a wall that is thinner
      than an interval.
    - `"midpoint"` with n points: the midpoint rule with the path's true velocity.
    - `"gauss"` with n points: Gauss-Legendre, for smooth integrands.
    """

    times: Float[np.ndarray | Array, " nodes"]
    weights: Float[np.ndarray | Array, " nodes"]
    position: Float[np.ndarray | Array, "nodes size"]
    velocity: Float[np.ndarray | Array, "nodes size"]
    horizon: float = eqx.field(static=True)

    def __init__(
        self,
        space: AbstractSpace,
        points: int,
        rule: Rule = "midpoint",
        horizon: float = 1.0,
    ):
        """**Arguments:** the space of paths, number of points, rule, and horizon T.

        Raises `ValueError` for an unknown rule or fewer than 2 points.
        """
        if points < 2:
            raise ValueError(
                f"A quadrature rule needs at least 2 points, got {points}."
            )
        weights = np.full(points, 1 / points)
        if rule == "finite_difference":
            grid = np.linspace(0, 1, points)
            step = 1 / (points - 1)
            times, weights = grid[:-1], np.full(points - 1, step)
            differences = space.position(grid[1:]) - space.position(grid[:-1])
            velocity = differences / step
        elif rule == "midpoint":
            times = np.linspace(weights[0] / 2, 1 - weights[0] / 2, points)
            velocity = space.velocity(times)
        elif rule == "gauss":
            nodes, weights = np.polynomial.legendre.leggauss(points)
            times, weights = (nodes + 1) / 2, weights / 2
            velocity = space.velocity(times)
        else:
            raise ValueError(
                f"Unknown quadrature rule {rule!r}; valid: 'finite_difference', "
                "'gauss', 'midpoint'."
            )
        self.times = times
        self.weights = horizon * weights
        self.position = space.position(times)
        self.velocity = velocity / horizon
        self.horizon = horizon

    def trajectory(
        self,
        x: Float[Array, " d"],
        y: Float[Array, " d"],
        coefficients: Float[Array, "size d"],
    ) -> tuple[Float[Array, "d nodes"], Float[Array, "d nodes"]]:
        """Positions and velocities on the path from `x` to `y`, one row per coordinate.

        In a batch, later operations on the nodes then run along contiguous memory. With
        nodes first, XLA transposes them within every potential: a matrix of costs takes
        1.6 to 2 times as long.
        """
        dtype, free = x.dtype, coefficients.T
        s = jnp.asarray(self.times, dtype)
        chord = (y - x)[:, None]
        position = x[:, None] + s * chord + free @ jnp.asarray(self.position, dtype).T
        velocity = chord / self.horizon + free @ jnp.asarray(self.velocity, dtype).T
        return position, velocity

    def __call__(
        self,
        lagrangian: AbstractLagrangian,
        x: Float[Array, " d"],
        y: Float[Array, " d"],
        coefficients: Float[Array, "size d"],
    ) -> Float[Array, ""]:
        """Action of the path from `x` to `y` with the given coefficients."""
        position, velocity = self.trajectory(x, y, coefficients)
        times = self.horizon * jnp.asarray(self.times, x.dtype)
        densities = jax.vmap(lambda t, a, v: lagrangian.at(t)(a, v), in_axes=(0, 1, 1))(
            times, position, velocity
        )
        return jnp.asarray(self.weights, x.dtype) @ densities


class MovingQuadrature(eqx.Module):
    """A midpoint rule whose nodes can be moved, for training.

    A network trained on the same nodes at every step learns paths that cross walls
    between them. This rule of `points` nodes has `offsets` positions, which together
    form the midpoint rule of `points * offsets` nodes.
    """

    fine: Quadrature
    offsets: int = eqx.field(static=True)

    def __init__(
        self, spline: CubicSpline, points: int, offsets: int, horizon: float = 1.0
    ):
        """**Arguments:** the spline space, nodes, number of positions, and horizon."""
        self.fine = Quadrature(spline, points * offsets, "midpoint", horizon)
        self.offsets = offsets

    def at(self, offset: Int[Array, ""] | int) -> Quadrature:
        """The rule in one of its positions, from 0 to `offsets` - 1."""

        def pick(array: np.ndarray | Array) -> Array:
            comb = jnp.asarray(array, jnp.float32)
            return comb.reshape(-1, self.offsets, *comb.shape[1:])[:, offset]

        rule = jax.tree.map(pick, self.fine)
        return eqx.tree_at(lambda q: q.weights, rule, rule.weights * self.offsets)

    @property
    def middle(self) -> Quadrature:
        """The rule in its middle position."""
        return self.at(self.offsets // 2)

    def at_random(self, key: PRNGKeyArray) -> Quadrature:
        """The rule in a random position."""
        return self.at(jax.random.randint(key, (), 0, self.offsets))


@eqx.filter_jit
def path_actions(
    lagrangian: AbstractLagrangian,
    quadrature: Quadrature,
    x: Float[Array, "n d"],
    y: Float[Array, "n d"],
    coefficients: Float[Array, "n size d"],
) -> Float[Array, " n"]:
    """Action of each given path under a rule.

    **Arguments:** the Lagrangian, the rule, the ends of the paths, and their
    coefficients in the rule's space, of shape `(n, size, d)`.
    """
    return jax.vmap(lambda a, b, c: quadrature(lagrangian, a, b, c))(x, y, coefficients)
