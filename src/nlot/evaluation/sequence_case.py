"""A metric, maps through time, or an oracle, on measures in time."""

from bisect import bisect
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from nlot.config import EvaluationConfig, Experiment
from nlot.discrete.couplings import exact_plan, squared_distances
from nlot.evaluation.registry import facts
from nlot.problems.sequence import MeasuresInTime, Particles


class Compared(NamedTuple):
    """Predicted points, their weights (None: equal), and samples to compare with."""

    points: Float[np.ndarray, "n d"]
    weights: Float[np.ndarray, " n"] | None
    samples: Float[np.ndarray, "m d"]


class SequenceCase:
    """A metric, maps through time, or an oracle, on measures in time.

    **Arguments:** the problem's settings, its samples and held-out particles, a run or
    control, and the seed.
    """

    def __init__(
        self, config: MeasuresInTime.Config, data: Particles, subject: Any, seed: int
    ):
        self.config, self.data, self.subject, self.seed = config, data, subject, seed

    @classmethod
    def loader(cls, experiment: Experiment, name: str, data: Any) -> Any:
        """See `nlot.evaluation.cases.loader`."""
        given: Any = experiment.problems[name]
        particles = given.load_particles(data)
        return lambda subject, seed, _: cls(given, particles, subject, seed)

    @staticmethod
    def foreseen(given: MeasuresInTime.Config, settings: EvaluationConfig) -> set[str]:
        """See `nlot.evaluation.cases.foreseen`."""
        particles = (
            given.data.held_out * len(given.data.groups) if given.generated else 0
        )
        # A single particle has no neighbour to compare with.
        held_out = True if particles > 1 else None
        return facts(
            true_metric=given.truth,
            grid=given.grid,
            held_out=held_out,
            held_out_times=given.held_out_times or None,
            velocities=getattr(given.data, "velocities", None),
        )

    @property
    def facts(self) -> set[str]:
        """As those of `TransportCase`."""
        return facts(
            true_metric=self.config.truth,
            grid=self.config.grid,
            held_out=self.data.held_out,
            held_out_times=self.data.unseen or None,
            velocities=self.data.velocities,
            population=getattr(self.subject, "compared", None),
        )

    @property
    def given(self) -> tuple[MeasuresInTime.Config, Particles, int]:
        """The arguments that make a control."""
        return self.config, self.data, self.seed

    @cached_property
    def carried(self) -> tuple[Float[np.ndarray, "K n d"], Any]:
        """Predicted and true positions, at all times, of points of the first time.

        The points are held-out particles, or, without any, the first measure's samples;
        the true later positions are then those of other samples.
        """
        held_out = self.data.held_out
        true = self.data.sequence.measures if held_out is None else held_out
        return np.asarray(self.subject.carry(true[0])), true

    def compared(self, time: float) -> Compared:
        """The populations at a held-out time, predicted as the problem asks."""
        if hasattr(self.subject, "compared"):
            return self.subject.compared(time)
        sequence, first = self.data.sequence, self.config.start == "first"
        if not first and hasattr(self.subject, "population"):
            points = self.subject.population(time)
            return Compared(points, None, self.data.unseen[time])
        measure = 0 if first else bisect(sequence.times, time) - 1
        before = None
        if measure and self.subject.momentum:
            before = self._displacements(measure)
        x = sequence.measures[measure]
        predicted = self.subject.at(x, [time], measure, before)[0]
        return Compared(np.asarray(predicted), None, self.data.unseen[time])

    def _displacements(self, measure: int) -> Float[np.ndarray, "n d"]:
        """Those by which the samples of a measure came from the one before.

        They are those of the carried samples of the first measure that they are
        coupled to.
        """
        stops = np.asarray(self.subject.carry(self.data.sequence.measures[0]))
        x = self.data.sequence.measures[measure]
        plan, _, _ = exact_plan(squared_distances(x, stops[measure]))
        return (stops[measure] - stops[measure - 1])[plan.argmax(axis=1)]
