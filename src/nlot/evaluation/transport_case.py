"""A map, or the floor, on a transport problem.

All cases of a problem and seed use the same draws. What several measures share is
computed once.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key, PRNGKeyArray

from nlot.config import EvaluationConfig, Experiment
from nlot.costs.closed_forms import AbstractClosedForm, ClosedForm, closed_form
from nlot.evaluation.registry import facts
from nlot.ground_truth.matchings import Matching
from nlot.ground_truth.truth import GroundTruth
from nlot.measures.distributions import AbstractMeasure
from nlot.measures.turned import Turned
from nlot.paths.multistart import optimal_paths
from nlot.paths.newton import Geodesic
from nlot.paths.own_paths import OwnPaths
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

    @classmethod
    def loader(cls, experiment: Experiment, name: str, data: Any) -> Any:
        """See `nlot.evaluation.cases.loader`."""
        problem, settings = experiment.problems[name].load(data), experiment.evaluation
        return lambda subject, seed, truth: cls(problem, subject, settings, seed, truth)

    @staticmethod
    def foreseen(given: Transport.Config, settings: EvaluationConfig) -> set[str]:
        """See `nlot.evaluation.cases.foreseen`."""
        # Nothing read from files has a closed form, nor are files always at hand.
        # The problem is not built: its checks of the Lagrangian take a second.
        source, target, form = given.source, given.target, None
        if not given.files:
            form = closed_form(
                source.build(),
                target.build(),
                given.lagrangian.build(),
                given.horizon,
            )
        turned = isinstance(target, Turned.Config) and target.of == source
        known = given.has_ground_truth or None
        return facts(
            ground_truth=known,
            matching=known and (settings.matching.points or None),
            closed_form=form,
            known_costs=_with_costs(form, settings),
            turned=turned or None,
            surface=given.has_surface or None,
        )

    @property
    def facts(self) -> set[str]:
        """What is known about the problem: needs of measures besides capabilities."""
        return facts(
            ground_truth=self.truth,
            matching=self.matching,
            turned=self.problem.turned or None,
            closed_form=self.closed_form,
            known_costs=_with_costs(self.closed_form, self.settings),
            images=True if self._draws_target else None,
            surface=self.surface,
            checked=getattr(self.subject, "diagnostics", None),
        )

    @property
    def surface(self) -> Callable[[Float[Array, " d"]], Float[Array, ""]] | None:
        """The distance of a point from the surface to stay on, if there is one."""
        potential = getattr(self.problem.lagrangian, "potential", None)
        return getattr(potential, "distance", None)

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
    def closed_form(self) -> ClosedForm | None:
        """The optimal map, if it is known in closed form."""
        p = self.problem
        return closed_form(p.source, p.target, p.lagrangian, p.horizon)

    @property
    def matching(self) -> Matching | None:
        """Samples with their optimal pairs, if the ground truth has any."""
        return None if self.truth is None else self.truth.matchings.get(self.seed)

    @cached_property
    def pairs(self) -> Int[np.ndarray, " n"]:
        """The subject's partner of each sample `x[i]` of `matching`: `y[pairs[i]]`."""
        assert self.matching is not None
        if self.subject.match is None:
            return self.matching.order
        x, y = (jnp.asarray(z, jnp.float32) for z in self.matching[:2])
        return self.subject.match(x, y)

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


def _with_costs(
    form: ClosedForm | None, settings: EvaluationConfig
) -> AbstractClosedForm | None:
    """The closed form, if costs of any pair have one, too, and the settings ask."""
    if settings.known_costs and isinstance(form, AbstractClosedForm):
        return form
    return None


def _stacked(
    measure: AbstractMeasure, keys: Key[Array, " draws"], points: int, sampling: str
) -> Float[Array, "draws n d"]:
    return jnp.stack([measure.draw(key, points, sampling) for key in keys])
