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
from nlot.networks.pairwise import PairNetworks, carry, move
from nlot.paths.quadrature import Quadrature, path_actions
from nlot.paths.spaces import positions
from nlot.problems.sequence import Outline, Sequence
from nlot.problems.transport import Times


class MetricRun(AbstractPathRun):
    """A learned metric with its maps and paths, on arrays of shape (n, d).

    Pair i leads from measure i to measure i + 1 of the sequence, and takes the interval
    between their times. Every method raises `ValueError` for points of another shape.
    """

    problem: Sequence | Outline
    networks: PairNetworks

    @property
    def pairs(self) -> int:
        """Number of pairs of neighbouring measures."""
        return self.problem.pairs

    @property
    def momentum(self) -> bool:
        """Whether the maps see by which displacements points came."""
        return self.networks.frames.momentum

    @property
    def times(self) -> tuple[float, ...]:
        """The times of the measures."""
        return self.problem.times

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
        """Images of points of measure `pair` in the next measure, one interval later.

        **Arguments:** `before`, the displacements by which the points came from the
        measure before in the interval before, for maps that were trained with momentum;
        none: zero.

        Raises `ValueError` for a pair that does not exist.
        """
        if not 0 <= pair < self.pairs:
            raise ValueError(f"pair must be from 0 to {self.pairs - 1}, found {pair}")
        frame, _, network = self.networks.pair(jnp.array(pair))
        points = self.points(x)
        came = jnp.zeros_like(points) if before is None else self.points(before)
        check_paired(points, came)
        return move(frame, network, points, came)

    def carry(self, x: Float[Any, "*n d"]) -> Float[Array, "K n d"]:
        """Points of the first measure at the times of all measures, by all maps."""
        return carry(self.networks.frames, self.networks.maps, self.points(x))

    def at(
        self,
        x: Float[Any, "*n d"],
        times: Times,
        measure: int = 0,
        before: Float[Any, "*n d"] | None = None,
    ) -> Float[Array, "times n d"]:
        """Points of a measure at later times, by the maps and along the paths.

        **Arguments:** `times`, in any order, in the unit of the data, from that of
        `measure`, which the points belong to, to the last; `before` as in `leg`.

        Raises `ValueError` for times outside, and for a measure that has no next.
        """
        if not 0 <= measure < self.pairs:
            last = self.pairs - 1
            raise ValueError(f"measure must be from 0 to {last}, found {measure}")
        known, when = np.asarray(self.times), np.asarray(times, np.float64)
        low, high = known[measure], known[-1]
        if when.ndim != 1 or not np.all((when >= low) & (when <= high)):
            raise ValueError(f"times must be a list within [{low:g}, {high:g}]")
        # The last time belongs to the last pair.
        pairs = np.searchsorted(known[:-1], when, side="right") - 1
        end, came = self.points(x), before
        found = np.zeros((len(when), *end.shape), np.float32)
        for pair in range(measure, pairs.max(initial=-1) + 1):
            start, end = end, self.leg(end, pair, came)
            came, here = end - start, pairs == pair
            if here.any():
                passed = (when[here] - known[pair]) / (known[pair + 1] - known[pair])
                found[here] = np.swapaxes(self.path(start, end, passed), 0, 1)
        return jnp.asarray(found)

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
