"""What is measured: a run or control on a problem, with a seed.

All cases of a problem and seed use the same draws. What several measures share is
computed once.
"""

from bisect import bisect
from dataclasses import replace
from functools import cached_property, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key, PRNGKeyArray

from nlot.config import EvaluationConfig
from nlot.costs.closed_forms import AbstractClosedForm, closed_form
from nlot.discrete.couplings import exact_plan, squared_distances
from nlot.evaluation.registry import facts
from nlot.ground_truth.truth import GroundTruth
from nlot.measures.distributions import AbstractMeasure
from nlot.paths.multistart import optimal_paths
from nlot.paths.newton import Geodesic
from nlot.paths.own_paths import OwnPaths
from nlot.problems.sequence import MeasuresInTime, Particles
from nlot.problems.transport import Transport
from nlot.training.streams import stream


class TransportCase:
    """A map, or the floor, on a transport problem.

    **Arguments:** the problem, a run or control (`nlot.methods.capabilities`), settings
    of the evaluation, the seed, and the ground truth if there is one.
    """

    def __init__(
        self,
        problem: Transport,
        subject: Any,
        settings: EvaluationConfig,
        seed: int,
        truth: GroundTruth | None = None,
    ):
        self.problem, self.subject = problem.held_out, subject
        self._training = problem.training
        self.settings, self.seed, self.truth = settings, seed, truth

    @property
    def facts(self) -> set[str]:
        """What is known about the problem: needs of measures besides capabilities."""
        return facts(
            ground_truth=self.truth,
            closed_form=self.closed_form,
            images=True if self._draws_target else None,
            checked=getattr(self.subject, "diagnostics", None),
        )

    @property
    def _draws_target(self) -> bool:
        """Whether the subject is the target itself: the noise floor."""
        return getattr(self.subject, "draws_target", False)

    @property
    def given(self) -> tuple[Transport]:
        """The arguments that make a control."""
        return (self._training,)

    def draws(
        self, name: str, draws: int, points: int, sampling: str = "spread"
    ) -> tuple[Float[Array, "draws n d"], Float[Array, "draws n d"]]:
        """Pairs of pushed source samples and target samples, each pair with fresh keys.

        Samples are drawn as `sampling` says. Between independent samples of the same
        measure, distances are large where its modes get unequal shares: evenly spread
        ones leave less of a distance to chance.

        For the floor, pushed samples are target samples drawn with the source samples'
        keys: an excess over the floor is free of most of the sampling noise. A target
        given by samples is cut in halves, one for the floor.
        """
        problem, subject = self.problem, self.subject
        keys = jax.random.split(stream(self.seed, f"evaluation/{name}"), draws)
        source, target, pushing = jax.vmap(partial(jax.random.split, num=3))(keys).T
        aim, other = problem.target.halves
        y = _stacked(aim, target, points, sampling)
        if self._draws_target:
            return _stacked(other, source, points, sampling), y
        x = _stacked(problem.source, source, points, sampling)
        if hasattr(subject, "sampling"):
            subject = replace(subject, sampling=sampling)
        if subject.stochastic:
            pairs = zip(x, pushing, strict=True)
            return jnp.stack([subject.transport(a, key) for a, key in pairs]), y
        # A deterministic map takes all draws at once, which fills its batches.
        pushed = subject.transport(x.reshape(-1, x.shape[-1]))
        return pushed.reshape(x.shape), y

    @cached_property
    def _action_keys(self) -> tuple[PRNGKeyArray, PRNGKeyArray]:
        source, subject = jax.random.split(stream(self.seed, "evaluation/action"))
        return source, subject

    @cached_property
    def ends(self) -> tuple[Float[Array, "n d"], Float[Array, "n d"]]:
        """Evenly spread points of the source and their images.

        Actions of good maps differ by tenths of a percent, less than the sampling error
        of a mean over thousands of independent draws.
        """
        source, key = self._action_keys
        x = self.problem.source.spread(source, self.settings.action.points)
        return x, self.subject.transport(x, key)

    @cached_property
    def own_paths(self) -> OwnPaths:
        """The subject's own paths between `ends`."""
        return self.subject.own_paths(*self.ends, self._action_keys[1])

    @cached_property
    def best_paths(self) -> Geodesic:
        """Paths of least action between `ends`."""
        return self._least_actions(*self.ends)

    @cached_property
    def closed_form(self) -> AbstractClosedForm | None:
        """The optimal map, if it is known in closed form."""
        p = self.problem
        return closed_form(p.source, p.target, p.lagrangian, p.horizon)

    @property
    def known(self) -> GroundTruth:
        """The ground truth, for measures that need one."""
        assert self.truth is not None
        return self.truth

    @cached_property
    def truth_images(self) -> Float[np.ndarray, "n d"]:
        """Images of the truth's source points, in double precision."""
        key = stream(self.seed, "evaluation/truth")
        x = jnp.asarray(self.known.x, jnp.float32)
        return np.asarray(self.subject.transport(x, key), np.float64)

    @cached_property
    def truth_paths(self) -> Geodesic:
        """Paths of least action from the truth's source points to their images."""
        return self._least_actions(self.known.x, self.truth_images)

    @property
    def truth_action(self) -> float:
        """Mean action of `truth_paths`."""
        return float(self.truth_paths.action.mean())

    def _least_actions(self, x: Any, y: Any) -> Geodesic:
        """Searched from the subject's own paths, too: none can then cost less."""
        p, settings, known = self.problem, self.settings.least_action, None
        if hasattr(self.subject, "polygons"):
            s = np.linspace(0, 1, settings.segments + 1)
            ends = (np.asarray(z, np.float64) for z in (x, y))
            known = self.subject.polygons(*ends, s)
        return optimal_paths(
            p.lagrangian, p.horizon, p.frame.scale, settings, x, y, known=known
        )


def _stacked(
    measure: AbstractMeasure, keys: Key[Array, " draws"], points: int, sampling: str
) -> Float[Array, "draws n d"]:
    return jnp.stack([measure.draw(key, points, sampling) for key in keys])


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

    @property
    def facts(self) -> set[str]:
        """As those of `TransportCase`."""
        return facts(
            true_metric=self.config.truth,
            grid=self.config.grid,
            held_out=self.data.held_out,
            held_out_times=self.data.unseen or None,
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
        """The populations at a held-out time, predicted from the measure before."""
        if hasattr(self.subject, "compared"):
            return self.subject.compared(time)
        sequence, before = self.data.sequence, None
        measure = bisect(sequence.times, time) - 1
        x = sequence.measures[measure]
        if measure and self.subject.momentum:
            before = self._displacements(measure)
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
