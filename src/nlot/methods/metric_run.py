"""Trained runs of metrics with maps between neighbouring measures, and paths."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nlot.costs.lagrangians import Riemannian
from nlot.methods.run import COST_NODES, AbstractPathRun, over_points
from nlot.networks.pairwise import PairNetworks, carry, move
from nlot.paths.quadrature import Quadrature, path_actions
from nlot.paths.splines import spline_positions
from nlot.problems.sequence import Outline, Sequence


class MetricRun(AbstractPathRun):
    """A learned metric with its maps and paths, on arrays of shape (n, d).

    Pair i leads from measure i to measure i + 1 of the sequence. Every method raises
    `ValueError` for points of another shape.
    """

    problem: Sequence | Outline
    networks: PairNetworks

    @property
    def pairs(self) -> int:
        """Number of pairs of neighbouring measures."""
        return self.problem.pairs

    def metric(self, x: Float[Any, "n d"]) -> Float[Array, "n d d"]:
        """The matrices A(x), acting on velocities."""
        return over_points(self.networks.metric, self.points(x))

    def leg(
        self, x: Float[Any, "n d"], pair: int, before: Float[Any, "n d"] | None = None
    ) -> Float[Array, "n d"]:
        """Images of points of measure `pair` in the next measure.

        **Arguments:** `before`, the displacements by which the points came from the
        measure before, for maps that were trained with momentum; none: zero.

        Raises `ValueError` for a pair that does not exist.
        """
        if not 0 <= pair < self.pairs:
            raise ValueError(f"pair must be from 0 to {self.pairs - 1}, found {pair}")
        frame, _, network = self.networks.pair(jnp.array(pair))
        points = self.points(x)
        came = jnp.zeros_like(points) if before is None else self.points(before)
        return move(frame, network, points, came)

    def carry(self, x: Float[Any, "n d"]) -> Float[Array, "K n d"]:
        """Points of the first measure at the times of all measures, by all maps."""
        return carry(self.networks.frames, self.networks.maps, self.points(x))

    def path(
        self, x: Float[Any, "n d"], y: Float[Any, "n d"], times: Float[Any, " times"]
    ) -> Float[Array, "n times d"]:
        """The amortised geodesics from `x` to `y` at `times` in [0, 1].

        Raises `ValueError` for times outside.
        """
        s = np.asarray(times, np.float64)
        if s.ndim != 1 or not np.all((s >= 0) & (s <= 1)):
            raise ValueError("times must be a list within [0, 1]")
        return spline_positions(self.spline, s, *self.splines(x, y))

    def cost(self, x: Float[Any, "n d"], y: Float[Any, "n d"]) -> Float[Array, " n"]:
        """Action of the amortised path between each pair, by a fine midpoint rule."""
        rule = Quadrature(self.spline, COST_NODES)
        return path_actions(Riemannian(self.networks.metric), rule, *self.splines(x, y))
