"""Trained runs of Algorithm 1's networks: a map, spline paths and a potential."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from nlot.config.sections import CTransformConfig
from nlot.discrete.couplings import assign
from nlot.methods.ctransform import refine
from nlot.methods.inverse import Inverse, invert
from nlot.methods.losses import amortised_cost
from nlot.methods.run import (
    COST_NODES,
    AbstractPathRun,
    check_paired,
    over_points,
)
from nlot.methods.transport_run import Outside, TransportRun
from nlot.networks.amortised import Networks, PotentialNetwork
from nlot.paths.own_paths import OwnPaths, spline_paths
from nlot.paths.quadrature import Quadrature, path_actions
from nlot.paths.spaces import positions
from nlot.problems.transport import Times, Transport

# Points of the source from which inverse images are searched.
_STARTS = 2048
# Searches from where the networks point to.
_REFINED = CTransformConfig(max_steps=50, tolerance=1e-6)


class AmortisedRun(TransportRun, AbstractPathRun):
    """A map, its paths and its cost, on arrays of shape (n, d) in the user's units.

    Every method raises `ValueError` for points of another shape.
    """

    networks: Networks
    stochastic = False
    action_loss = "paths", "spline", 0.01

    def _images(
        self, z: Float[Array, "n d"], key: PRNGKeyArray | None
    ) -> Float[Array, "n d"]:
        domain = self.problem.standard.domain
        return jax.vmap(domain.project)(over_points(self.networks.map, z))

    def splines(
        self, x: Float[Any, "*n d"], y: Float[Any, "*m d"]
    ) -> tuple[Float[Array, "n d"], Float[Array, "n d"], Float[Array, "n size d"]]:
        a, b = self.points(x), self.points(y)
        check_paired(a, b)
        found = over_points(self.networks.spline, self.standard(x), self.standard(y))
        return a, b, self.problem.frame.scale * found

    def network_map(self, x: Float[Any, "*n d"]) -> Float[Array, "n d"]:
        """The map network alone."""
        frame = self.problem.frame
        z = self.standard(x)
        return frame.outward(over_points(self.networks.map, z))

    def inverse(self, y: Float[Any, "*n d"]) -> Inverse:
        """Points of the source whose images are `y`, and the distance of these from it.

        Both are in the user's units. Errors are large where the map does not reach `y`;
        there is a warning if the points found lie far from all source samples.
        """
        frame = self.problem.frame
        starts = self.problem.source.spread(jax.random.key(0), _STARTS)
        found = invert(
            lambda z: self._images(z, None),
            self.networks.map,
            self.standard(y),
            frame.inward(starts),
        )
        x = frame.outward(found.x)
        return Inverse(self._answer(x, x, "warn"), frame.scale * found.error)

    def potential(self, y: Float[Any, "*n d"]) -> Float[Array, " n"]:
        """The learned Kantorovich potential g at points of the target."""
        z = self.standard(y)
        return self.problem.unit * over_points(self.networks.potential, z)

    def potential_gradient(self, y: Float[Any, "*n d"]) -> Float[Array, "n d"]:
        """The gradient of g at points of the target, in units of cost over length."""
        unit = self.problem.unit / self.problem.frame.scale
        return unit * _gradients(self.networks.potential, self.standard(y))

    def path(
        self,
        x: Float[Any, "*n d"],
        times: Times,
        key: PRNGKeyArray | None = None,
        *,
        outside: Outside = "warn",
    ) -> Float[Array, "n times d"]:
        """The amortised paths from `x` to `transport(x)` at `times` in [0, T].

        `outside` as for `transport`. Raises `ValueError` for times outside.
        """
        s = self.problem.fractions(times)
        y = self.problem.frame.outward(self._images(self.standard(x), key))
        found = positions(self.spline, s, *self.splines(x, y))
        return self._answer(self.points(x), found, outside)

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
            corners = positions(self.spline, np.asarray(s), *ends, coefficients)
            return np.asarray(corners)

    def cost(self, x: Float[Any, "*n d"], y: Float[Any, "*n d"]) -> Float[Array, " n"]:
        """Action of the amortised path between each pair, by a fine midpoint rule."""
        horizon = self.problem.horizon
        rule = Quadrature(self.spline, COST_NODES, horizon=horizon)
        return path_actions(self.problem.lagrangian, rule, *self.splines(x, y))

    def match(
        self, x: Float[Any, "*n d"], y: Float[Any, "*n d"]
    ) -> Int[np.ndarray, " n"]:
        """Partners of samples, coupled exactly at the costs of the amortised paths.

        The partner of `x[i]` is `y[order[i]]`.
        """
        a, b = (self.points(z) for z in (x, y))
        check_paired(a, b)
        rows = [self.cost(jnp.broadcast_to(each, b.shape), b) for each in a]
        order, _ = assign(np.asarray(rows, np.float64))
        return order

    def dual(self, x: Float[Any, "*n d"]) -> Float[Array, " n"]:
        """The c-transform of g at points of the source, along the amortised paths.

        With the mean of g over the target, its mean bounds the optimal cost from below,
        up to the error of the paths.
        """
        return self.problem.unit * _dual(
            self.networks,
            Quadrature(self.spline, COST_NODES),
            self.problem.standard,
            self.standard(x),
        )


@eqx.filter_jit
def _gradients(
    potential: PotentialNetwork, z: Float[Array, "n d"]
) -> Float[Array, "n d"]:
    return jax.vmap(jax.grad(potential))(z)


@eqx.filter_jit
def _dual(
    networks: Networks, rule: Quadrature, problem: Transport, z: Float[Array, "n d"]
) -> Float[Array, " n"]:
    best = refine(networks, rule, problem, problem.lagrangian, _REFINED, z).y

    def value(a: Array, b: Array) -> Array:
        cost = amortised_cost(networks.spline, rule, problem.lagrangian, a, b)
        return cost - networks.potential(b)

    return jax.vmap(value)(z, best)
