"""Trained runs of maps through measures in time."""

import abc
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nlot.methods.run import AbstractRun
from nlot.problems.sequence import Outline, Sequence
from nlot.problems.transport import Times


class SequenceRun(AbstractRun):
    """Maps from each measure to the next, and paths in between, on arrays (n, d).

    Pair i leads from measure i to measure i + 1 of the sequence, and takes the interval
    between their times.
    """

    problem: Sequence | Outline

    @property
    @abc.abstractmethod
    def momentum(self) -> bool:
        """Whether the maps see by which displacements points came."""

    @abc.abstractmethod
    def leg(
        self, x: Float[Any, "*n d"], pair: int, before: Float[Any, "*n d"] | None = None
    ) -> Float[Array, "n d"]:
        """Images of points of measure `pair` in the next measure, one interval later.

        **Arguments:** `before`, the displacements by which the points came from the
        measure before in the interval before, for maps that were trained with momentum;
        none: zero.

        Raises `ValueError` for a pair that does not exist, and points of another shape.
        """

    @abc.abstractmethod
    def _passed(
        self,
        x: Float[Array, "n d"],
        y: Float[Array, "n d"],
        pair: int,
        fractions: Float[np.ndarray, " times"],
    ) -> Float[Array, "n times d"]:
        """Where points are on their way from `x` to their images `y`.

        **Arguments:** `fractions` of the pair's interval.
        """

    @property
    def pairs(self) -> int:
        """Number of pairs of neighbouring measures."""
        return self.problem.pairs

    @property
    def times(self) -> tuple[float, ...]:
        """The times of the measures."""
        return self.problem.times

    def carry(self, x: Float[Any, "*n d"]) -> Float[Array, "K n d"]:
        """Points of the first measure at the times of all measures, by all maps."""
        return self.at(x, self.times)

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

        Raises `ValueError` for times outside, for a measure that has no next, and for
        points of another shape.
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
                found[here] = np.swapaxes(self._passed(start, end, pair, passed), 0, 1)
        return jnp.asarray(found)

    def _check_pair(self, pair: int) -> None:
        if not 0 <= pair < self.pairs:
            raise ValueError(f"pair must be from 0 to {self.pairs - 1}, found {pair}")
