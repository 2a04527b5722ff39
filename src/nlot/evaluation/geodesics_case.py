"""Paths between given pairs of points."""

from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from nlot.config import EvaluationConfig, Experiment
from nlot.evaluation.registry import facts
from nlot.ground_truth.geodesics import known_actions
from nlot.paths.multistart import optimal_paths
from nlot.paths.newton import Geodesic
from nlot.problems.geodesics import Geodesics


class GeodesicsCase:
    """Paths between given pairs of points.

    **Arguments:** the problem, a run (`nlot.methods.capabilities`), settings of the
    evaluation, the seed, and the least actions if they are known.
    """

    def __init__(
        self,
        problem: Geodesics,
        subject: Any,
        settings: EvaluationConfig,
        seed: int,
        least: Float[np.ndarray, " n"] | None,
    ):
        self.problem, self.subject = problem, subject
        self.settings, self.seed, self.least = settings, seed, least

    @classmethod
    def loader(cls, experiment: Experiment, name: str, data: Any) -> Any:
        """See `nlot.evaluation.cases.loader`."""
        problem, settings = experiment.problems[name].load(data), experiment.evaluation
        least = known_actions(problem)
        return lambda subject, seed, _: cls(problem, subject, settings, seed, least)

    @staticmethod
    def foreseen(given: Geodesics.Config, settings: EvaluationConfig) -> set[str]:
        """See `nlot.evaluation.cases.foreseen`."""
        return facts(least_actions=known_actions(given.load()))

    @property
    def facts(self) -> set[str]:
        """As those of `TransportCase`."""
        return facts(least_actions=self.least)

    @property
    def given(self) -> tuple[Geodesics]:
        """The arguments that make a control."""
        return (self.problem,)

    @property
    def converged(self) -> Bool[np.ndarray, " n"]:
        """Pairs whose search converged: no other path is measured."""
        return self.subject.converged

    @cached_property
    def best(self) -> Geodesic:
        """Polygons of least action between the pairs, searched from several starts."""
        p = self.problem
        place = p.lagrangian, p.horizon, p.extent, self.settings.least_action
        return optimal_paths(*place, p.starts, p.ends)
