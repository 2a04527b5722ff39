"""A map, or a learned cost, between samples of which some are pairs."""

from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float

from nlot.config import EvaluationConfig, Experiment
from nlot.costs.convex import AbstractConvex
from nlot.evaluation.registry import facts
from nlot.measures.pairs import Paired
from nlot.problems.pairs import Pairs


class PairsCase:
    """A map, or a learned cost, between samples of which some are pairs.

    **Arguments:** the samples and all pairs, a run or control
    (`nlot.methods.capabilities`), settings of the evaluation, the seed, and the cost
    for which the true map is optimal, if that is known.
    """

    def __init__(
        self,
        data: Paired,
        subject: Any,
        settings: EvaluationConfig,
        seed: int,
        cost: AbstractConvex | None,
    ):
        self.data, self.subject, self.settings = data, subject, settings
        self.seed, self.cost = seed, cost
        self.problem = Pairs.of(data.source, data.target, data.given)

    @classmethod
    def loader(cls, experiment: Experiment, name: str, data: Any) -> Any:
        """See `nlot.evaluation.cases.loader`."""
        config: Any = experiment.problems[name]
        found, settings = config.paired(data), experiment.evaluation
        return lambda subject, seed, _: cls(found, subject, settings, seed, config.cost)

    @staticmethod
    def foreseen(given: Pairs.Config, settings: EvaluationConfig) -> set[str]:
        """See `nlot.evaluation.cases.foreseen`."""
        data = given.data
        return _facts(data.pairs, data.known, data.held_out, given.cost)

    @property
    def facts(self) -> set[str]:
        """As those of `TransportCase`."""
        data = self.data
        return _facts(len(data.pairs), data.known, len(data.new_source), self.cost)

    @property
    def given(self) -> tuple[Pairs, AbstractConvex | None]:
        """The arguments that make a control."""
        return self.problem, self.cost

    @cached_property
    def images(self) -> Float[np.ndarray, "q d"]:
        """Images of the held-out points."""
        return np.asarray(self.subject.transport(self.data.new_source), np.float64)


def _facts(pairs: int, known: int | None, held_out: int, cost: Any) -> set[str]:
    return facts(
        pairs=pairs or None,
        known_pairs=(pairs if known is None else known) or None,
        new_pairs=held_out or None,
        true_cost=cost,
    )
