"""Dissimilarities of the clouds of a collection."""

from typing import Any

from nlot.config import EvaluationConfig, Experiment
from nlot.costs.lagrangians import AbstractLagrangian
from nlot.costs.metrics import DensityMetric
from nlot.evaluation.registry import facts
from nlot.problems.collection import Collection


class CollectionCase:
    """Dissimilarities of the clouds of a collection.

    **Arguments:** the problem's settings, the problem, a run or control, and the seed.
    """

    def __init__(
        self, config: Collection.Config, problem: Collection, subject: Any, seed: int
    ):
        self.config, self.problem = config, problem
        self.subject, self.seed = subject, seed

    @classmethod
    def loader(cls, experiment: Experiment, name: str, data: Any) -> Any:
        """See `nlot.evaluation.cases.loader`."""
        given: Any = experiment.problems[name]
        problem = given.load(data)
        return lambda subject, seed, _: cls(given, problem, subject, seed)

    @staticmethod
    def foreseen(given: Collection.Config, settings: EvaluationConfig) -> set[str]:
        """See `nlot.evaluation.cases.foreseen`."""
        return facts(labels=given.labels, density=exponent(given.lagrangian.build()))

    @property
    def facts(self) -> set[str]:
        """As those of `TransportCase`."""
        return facts(
            labels=self.problem.labels, density=exponent(self.problem.lagrangian)
        )

    @property
    def given(self) -> tuple[Collection]:
        """The arguments that make a control."""
        return (self.problem,)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the clouds, for measures that need them."""
        assert self.problem.labels is not None
        return self.problem.labels


def exponent(lagrangian: AbstractLagrangian) -> float | None:
    """The α of a Lagrangian along a density; None for any other."""
    metric = getattr(lagrangian, "metric", None)
    return float(metric.alpha) if isinstance(metric, DensityMetric) else None
