"""Optimal pairs of samples of both measures, at exact costs."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from nlot.config import LeastActionConfig
from nlot.discrete.couplings import assign
from nlot.discrete.exact_costs import exact_costs, in_order
from nlot.problems.transport import Transport
from nlot.training.streams import stream


class Matching(NamedTuple):
    """Samples, the exact cost of each pair, and the optimal partner of each `x[i]`.

    That is `y[order[i]]`. Where the target is a turned copy of the source, `y[i]` is
    the turned `x[i]`.
    """

    x: Float[np.ndarray, "n d"]
    y: Float[np.ndarray, "n d"]
    cost: Float[np.ndarray, "n n"]
    order: Int[np.ndarray, " n"]

    def mean_cost(self, order: Int[np.ndarray, " n"]) -> float:
        """Mean cost of the pairs `x[i]`, `y[order[i]]`."""
        return float(self.cost[np.arange(len(order)), order].mean())


def find_matching(
    problem: Transport,
    settings: LeastActionConfig,
    points: int,
    seed: int,
    report: Callable[[str], None],
) -> Matching:
    """Draw `points` samples of both measures, and pair them at the least total cost.

    **Arguments:** the problem, settings of its paths, the number of samples, a seed,
    and a function that is called with lines of progress. Raises `ValueError` if fewer
    samples are given.
    """
    # Methods without a map can pair only the samples that they are trained on.
    try:
        drawn = problem.sample(stream(seed, "training"), points)
    except ValueError as error:
        raise ValueError(f"evaluation.matching.points: {error}") from None
    x, y = (np.asarray(z, np.float64) for z in drawn)
    i, j = in_order(x), in_order(y)
    cost = np.empty((points, points))
    cost[np.ix_(i, j)] = exact_costs(problem, settings, x[i], y[j], report).cost
    return Matching(x, y, cost, assign(cost)[0])
