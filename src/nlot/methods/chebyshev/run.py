"""Chebyshev paths that were found by BFGS."""

from functools import cached_property, partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nlot.costs.lagrangians import AbstractLagrangian
from nlot.methods.chebyshev.config import Config
from nlot.methods.chebyshev.training import Curves, rule
from nlot.methods.geodesics_run import AbstractGeodesicsRun
from nlot.paths.chebyshev import Chebyshev
from nlot.paths.quadrature import Quadrature


class CurveRun(AbstractGeodesicsRun):
    """Polynomial paths between the pairs of a problem, or near them with free ends."""

    config: Config
    networks: Curves

    @property
    def _ends(self) -> Float[np.ndarray, "2 n d"]:
        moved = np.asarray(self.networks.moved, np.float64)
        given = np.stack([self.problem.starts, self.problem.ends])
        return given + np.moveaxis(moved, 1, 0)

    @property
    def _coefficients(self) -> Float[np.ndarray, "n modes d"]:
        return np.asarray(self.networks.coefficients, np.float64)

    def positions(
        self, fractions: Float[np.ndarray, " times"]
    ) -> Float[np.ndarray, "n times d"]:
        basis = Chebyshev(self.config.modes).position(fractions)
        x, y = self._ends[:, :, None]
        return x + fractions[:, None] * (y - x) + basis @ self._coefficients

    @property
    def actions(self) -> Float[np.ndarray, " n"]:
        return self._measured[0]

    @property
    def end_gradients(self) -> Float[np.ndarray, "n 2 d"]:
        """Those of the sum over nodes, nearer to the cost's than -p(0) and p(T).

        The path misses the least one by an amount whose square alone they see.
        """
        return self._measured[1]

    @cached_property
    def _measured(self) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, "n 2 d"]]:
        p = self.problem
        with jax.enable_x64(True):
            arrays = (jnp.asarray(z) for z in (*self._ends, self._coefficients))
            found = _actions(p.lagrangian, rule(p, self.config), *arrays)
            action, first, last = map(np.asarray, found)
        return action, np.stack([first, last], axis=1)


@eqx.filter_jit
def _actions(
    lagrangian: AbstractLagrangian,
    quadrature: Quadrature,
    x: Float[Array, "n d"],
    y: Float[Array, "n d"],
    coefficients: Float[Array, "n modes d"],
) -> tuple[Float[Array, " n"], Float[Array, "n d"], Float[Array, "n d"]]:
    """Actions, and their gradients in both ends at fixed coefficients."""
    graded = jax.value_and_grad(partial(quadrature, lagrangian), (0, 1))
    action, (first, last) = jax.vmap(graded)(x, y, coefficients)
    return action, first, last


open = CurveRun
