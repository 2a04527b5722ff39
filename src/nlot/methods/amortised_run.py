"""Trained runs of Algorithm 1's networks: a map, spline paths and a potential."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.methods.run import COST_NODES, AbstractPathRun, over_points
from nlot.networks.amortised import Networks
from nlot.paths.own_paths import OwnPaths, spline_paths
from nlot.paths.quadrature import Quadrature, path_actions
from nlot.paths.splines import spline_positions
from nlot.problems.transport import Transport


class AmortisedRun(AbstractPathRun):
    """A map, its paths and its cost, on arrays of shape (n, d).

    Every method raises `ValueError` for points of another shape.
    """

    problem: Transport
    networks: Networks
    stochastic = False

    def transport(
        self, x: Float[Any, "n d"], key: PRNGKeyArray | None = None
    ) -> Float[Array, "n d"]:
        """Images of `x` under the map network; the key is not used."""
        return self.network_map(x)

    def network_map(self, x: Float[Any, "n d"]) -> Float[Array, "n d"]:
        """The map network alone."""
        return over_points(self.networks.map, self.points(x))

    def potential(self, y: Float[Any, "n d"]) -> Float[Array, " n"]:
        """The learned Kantorovich potential g at points of the target."""
        return over_points(self.networks.potential, self.points(y))

    def path(
        self,
        x: Float[Any, "n d"],
        times: Float[Any, " times"],
        key: PRNGKeyArray | None = None,
    ) -> Float[Array, "n times d"]:
        """The amortised paths from `x` to `transport(x)` at `times` in [0, T].

        Raises `ValueError` for times outside.
        """
        s = self.problem.fractions(times)
        return spline_positions(self.spline, s, *self.splines(x, self.transport(x)))

    def own_paths(
        self, x: Float[Any, "n d"], y: Float[Any, "n d"], key: PRNGKeyArray
    ) -> OwnPaths:
        """Action and obstacle time of the amortised paths from `x` to `y`."""
        lagrangian, horizon = self.problem.lagrangian, self.problem.horizon
        return spline_paths(lagrangian, horizon, self.spline, *self.splines(x, y))

    def polygons(
        self, x: Float[Any, "n d"], y: Float[Any, "n d"], s: Float[Any, " corners"]
    ) -> Float[np.ndarray, "n corners d"]:
        """Corners of the amortised paths from `x` to `y`, in double precision.

        **Arguments:** ends in double precision, and fractions of the horizon in [0, 1].
        """
        _, _, coefficients = self.splines(x, y)
        with jax.enable_x64(True):
            ends = jnp.asarray(x), jnp.asarray(y)
            corners = spline_positions(self.spline, np.asarray(s), *ends, coefficients)
            return np.asarray(corners)

    def cost(self, x: Float[Any, "n d"], y: Float[Any, "n d"]) -> Float[Array, " n"]:
        """Action of the amortised path between each pair, by a fine midpoint rule."""
        horizon = self.problem.horizon
        rule = Quadrature(self.spline, COST_NODES, horizon=horizon)
        return path_actions(self.problem.lagrangian, rule, *self.splines(x, y))
