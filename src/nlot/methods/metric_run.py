"""Trained runs of metrics with maps between neighbouring measures, and paths."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nlot.costs.lagrangians import Riemannian
from nlot.methods.run import (
    COST_NODES,
    AbstractPathRun,
    check_paired,
    over_points,
)
from nlot.methods.sequence_run import SequenceRun
from nlot.networks.pairwise import PairNetworks, carry, move
from nlot.paths.quadrature import Quadrature, path_actions
from nlot.paths.spaces import positions
from nlot.problems.transport import Times


class MetricRun(SequenceRun, AbstractPathRun):
    """A learned metric with its maps and paths, on arrays of shape (n, d).

    Every method raises `ValueError` for points of another shape.
    """

    networks: PairNetworks

    @property
    def momentum(self) -> bool:
        """Whether the maps see by which displacements points came."""
        return self.networks.frames.momentum

    @property
    def speeds(self) -> Float[np.ndarray, " pairs"]:
        """How fast each pair moves, in length per time of the data.

        The distance between the two measures (Euclidean W2) over the interval.
        """
        return np.asarray(self.networks.frames.step, np.float64) / np.diff(self.times)

    def metric(self, x: Float[Any, "*n d"]) -> Float[Array, "n d d"]:
        """The matrices A(x), acting on velocities."""
        return over_points(self.networks.metric, self.points(x))

    def leg(
        self, x: Float[Any, "*n d"], pair: int, before: Float[Any, "*n d"] | None = None
    ) -> Float[Array, "n d"]:
        self._check_pair(pair)
        frame, _, network = self.networks.pair(jnp.array(pair))
        points = self.points(x)
        came = jnp.zeros_like(points) if before is None else self.points(before)
        check_paired(points, came)
        return move(frame, network, points, came)

    def carry(self, x: Float[Any, "*n d"]) -> Float[Array, "K n d"]:
        """Points of the first measure at the times of all measures, by all maps."""
        return carry(self.networks.frames, self.networks.maps, self.points(x))

    def _passed(
        self,
        x: Float[Array, "n d"],
        y: Float[Array, "n d"],
        pair: int,
        fractions: Float[np.ndarray, " times"],
    ) -> Float[Array, "n times d"]:
        return self.path(x, y, fractions)

    def path(
        self, x: Float[Any, "*n d"], y: Float[Any, "*n d"], times: Times
    ) -> Float[Array, "n times d"]:
        """The amortised geodesics from `x` to `y`, the same for any duration.

        **Arguments:** `times` as fractions of the duration, in [0, 1].

        Raises `ValueError` for times outside.
        """
        s = np.asarray(times, np.float64)
        if s.ndim != 1 or not np.all((s >= 0) & (s <= 1)):
            raise ValueError("times must be a list within [0, 1]")
        return positions(self.spline, s, *self.splines(x, y))

    def cost(
        self, x: Float[Any, "*n d"], y: Float[Any, "*n d"], duration: float = 1.0
    ) -> Float[Array, " n"]:
        """Action of the amortised path between each pair, by a fine midpoint rule.

        It is the action of a motion that takes `duration`, which it falls with as
        1 / `duration`. Raises `ValueError` unless the duration is positive.
        """
        if not duration > 0:
            raise ValueError(f"duration must be positive, found {duration}")
        rule = Quadrature(self.spline, COST_NODES)
        metric = Riemannian(self.networks.metric)
        return path_actions(metric, rule, *self.splines(x, y)) / duration
