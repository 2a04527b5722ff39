"""Polygons that were found by Newton's method."""

from functools import cached_property

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nlot.costs.lagrangians import AbstractLagrangian
from nlot.methods.geodesics_run import AbstractGeodesicsRun
from nlot.methods.newton.config import Config
from nlot.methods.newton.training import Polygons
from nlot.paths.polygons import expand, polygon_actions


class PolygonRun(AbstractGeodesicsRun):
    """Polygons between the pairs of a problem, each segment taking an equal time."""

    config: Config
    networks: Polygons

    @cached_property
    def _corners(self) -> Float[np.ndarray, "n corners d"]:
        corners = np.array(self.networks.corners, np.float64)
        # Stored in single precision, unlike the ends.
        corners[:, 0], corners[:, -1] = self.problem.starts, self.problem.ends
        return corners

    def positions(
        self, fractions: Float[np.ndarray, " times"]
    ) -> Float[np.ndarray, "n times d"]:
        knots = np.linspace(0, 1, self._corners.shape[1])
        at = np.clip(np.searchsorted(knots, fractions) - 1, 0, len(knots) - 2)
        share = ((fractions - knots[at]) / (knots[at + 1] - knots[at]))[:, None]
        return (1 - share) * self._corners[:, at] + share * self._corners[:, at + 1]

    @property
    def actions(self) -> Float[np.ndarray, " n"]:
        p, points = self.problem, self.config.search.points
        with jax.enable_x64(True):
            return polygon_actions(p.lagrangian, p.horizon, self._corners, points)

    @property
    def end_gradients(self) -> Float[np.ndarray, "n 2 d"]:
        p = self.problem
        with jax.enable_x64(True):
            paths = jnp.asarray(self._corners)
            return np.asarray(_slopes(p.lagrangian, p.horizon, paths))


@eqx.filter_jit
def _slopes(
    lagrangian: AbstractLagrangian,
    horizon: float,
    paths: Float[Array, "n corners d"],
) -> Float[Array, "n 2 d"]:
    return jax.vmap(lambda path: expand(lagrangian, horizon, path).slopes)(paths)


open = PolygonRun
