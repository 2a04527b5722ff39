"""Trained runs of Algorithm 1's networks: a map, spline paths and a potential."""

import abc
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.config.sections import DualConfig
from nlot.methods.run import AbstractRun, over_points
from nlot.networks.amortised import Networks
from nlot.paths.own_paths import OwnPaths, spline_paths
from nlot.paths.quadrature import Quadrature, path_actions
from nlot.paths.splines import CubicSpline, spline_positions
from nlot.problems.transport import Transport

# Nodes of the midpoint rule that costs are measured with.
_NODES = 200


class AbstractAmortisedRun(AbstractRun, abc.ABC):
    """A map, its paths and its cost, on arrays of shape (n, d).

    Every method raises `ValueError` for points of another shape.
    """

    problem: Transport
    config: DualConfig
    networks: Networks
    stochastic = False

    @abc.abstractmethod
    def transport(
        self, x: Float[Any, "n d"], key: PRNGKeyArray | None = None
    ) -> Float[Array, "n d"]:
        """Where `x` is sent; nothing is drawn with the key."""

    @cached_property
    def spline(self) -> CubicSpline:
        """The space of the paths."""
        return CubicSpline(self.config.knots)

    def network_map(self, x: Float[Any, "n d"]) -> Float[Array, "n d"]:
        """The map network alone."""
        return over_points(self.networks.map, self.problem.points(x))

    def potential(self, y: Float[Any, "n d"]) -> Float[Array, " n"]:
        """The learned Kantorovich potential g at points of the target."""
        return over_points(self.networks.potential, self.problem.points(y))

    def coefficients(
        self, x: Float[Any, "n d"], y: Float[Any, "n d"]
    ) -> Float[Array, "n size d"]:
        """Spline coefficients of the amortised paths from `x[i]` to `y[i]`."""
        return over_points(
            self.networks.spline, self.problem.points(x), self.problem.points(y)
        )

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
        x = self.problem.points(x)
        y = self.transport(x)
        return spline_positions(self.spline, s, x, y, self.coefficients(x, y))

    def own_paths(
        self, x: Float[Any, "n d"], y: Float[Any, "n d"], key: PRNGKeyArray
    ) -> OwnPaths:
        """Action and obstacle time of the amortised paths from `x` to `y`."""
        x, y = self.problem.points(x), self.problem.points(y)
        return spline_paths(
            self.problem.lagrangian,
            self.problem.horizon,
            self.spline,
            x,
            y,
            self.coefficients(x, y),
        )

    def polygons(
        self, x: Float[Any, "n d"], y: Float[Any, "n d"], s: Float[Any, " corners"]
    ) -> Float[np.ndarray, "n corners d"]:
        """Corners of the amortised paths from `x` to `y`, in double precision.

        **Arguments:** ends in double precision, and fractions of the horizon in [0, 1].
        """
        coefficients = self.coefficients(x, y)
        with jax.enable_x64(True):
            ends = jnp.asarray(x), jnp.asarray(y)
            corners = spline_positions(self.spline, np.asarray(s), *ends, coefficients)
            return np.asarray(corners)

    def cost(self, x: Float[Any, "n d"], y: Float[Any, "n d"]) -> Float[Array, " n"]:
        """Action of the amortised path between each pair, by a fine midpoint rule."""
        problem = self.problem
        rule = Quadrature(self.spline, _NODES, "midpoint", problem.horizon)
        x, y = problem.points(x), problem.points(y)
        coefficients = self.coefficients(x, y)
        return path_actions(problem.lagrangian, rule, x, y, coefficients)
