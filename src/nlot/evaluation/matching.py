"""Measures of pairs of samples, against the optimal ones and a turn.

Where the target is a turned copy of the source, a natural pairing is the turn itself.
"""

import numpy as np
import scipy
from jaxtyping import Float

from nlot.discrete.couplings import exact_squared_w2
from nlot.evaluation.registry import Value, measure
from nlot.evaluation.transport_case import TransportCase

_PERCENT = 100.0
_TURNED = ["match", "matching", "turned"]


@measure(
    "matching_gap",
    "Pairs of n = {n} samples over the optimal ones, percent",
    3,
    needs=["match", "matching"],
    note="Pairs of samples: by exact costs, against their optimal coupling.",
)
def matching_gap(case: TransportCase) -> Value | None:
    """By how much the cost of the pairs exceeds that of the optimal ones."""
    found = case.matching
    assert found is not None
    optimum = found.mean_cost(found.order)
    if not optimum > 0:
        return None
    return _PERCENT * (found.mean_cost(case.pairs) / optimum - 1), len(found.x)


@measure(
    "costs_error",
    "Error of the costs of all pairs, percent",
    2,
    needs=["costs", "matching"],
    note="Error of costs: of the matrix, in the Frobenius norm, after the best common "
    "factor.",
)
def costs_error(case: TransportCase) -> Value:
    """Relative distance between estimated and exact costs, up to a factor."""
    exact = case.matching
    assert exact is not None
    found = np.asarray(case.subject.costs(exact.x, exact.y), np.float64)
    factor = (found * exact.cost).sum() / (found**2).sum()
    apart = np.linalg.norm(factor * found - exact.cost) / np.linalg.norm(exact.cost)
    return _PERCENT * float(apart), len(exact.x)


@measure(
    "ends_distance",
    "Distance of moved ends from the samples (W2)",
    3,
    needs=["pairs"],
    note="Moved ends: of paths whose ends are penalised where they do not agree with "
    "the samples.",
)
def ends_distance(case: TransportCase) -> Value:
    """Distance between the ends of paths and samples, the larger of both sides."""
    sides = zip(case.subject.ends, case.subject.samples, strict=True)
    squared = [exact_squared_w2(ends, samples) for ends, samples in sides]
    return float(np.sqrt(max(squared))), len(case.subject.actions)


@measure("ends_action", "Mean action between moved ends", 3, needs=["pairs"])
def ends_action(case: TransportCase) -> Value:
    """Mean action of the paths between moved ends."""
    return float(case.subject.actions.mean()), len(case.subject.actions)


@measure(
    "kendall_tau",
    "Kendall's τ of the angles",
    2,
    needs=_TURNED,
    lower_is_better=False,
    note="τ: of angles round the origin, of samples and of their partners turned back.",
)
def kendall_tau(case: TransportCase) -> Value:
    """Rank correlation of the angles of samples and their partners."""
    x, partner = _turned_back(case)
    return float(scipy.stats.kendalltau(_angles(x), _angles(partner)).statistic), len(x)


@measure("turn_distance", "Distance from the turn (rms)", 3, needs=_TURNED)
def turn_distance(case: TransportCase) -> Value:
    """Root mean square distance of partners from the turned samples."""
    x, partner = _turned_back(case)
    return float(np.sqrt(((partner - x) ** 2).sum(axis=1).mean())), len(x)


@measure("turn_degrees", "Angle from the turn (rms), degrees", 2, needs=_TURNED)
def turn_degrees(case: TransportCase) -> Value:
    """Root mean square angle between partners and the turned samples."""
    x, partner = _turned_back(case)
    apart = np.angle(np.exp(1j * (_angles(partner) - _angles(x))), deg=True)
    return float(np.sqrt((apart**2).mean())), len(x)


@measure(
    "same_pairs",
    "Share of the turn's pairs",
    3,
    needs=_TURNED,
    lower_is_better=False,
)
def same_pairs(case: TransportCase) -> Value:
    """Share of samples that are paired with their own turned copy."""
    return float((case.pairs == np.arange(len(case.pairs))).mean()), len(case.pairs)


def _turned_back(
    case: TransportCase,
) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "n d"]]:
    """Samples, and the samples whose turned copies are their partners."""
    assert case.matching is not None
    return case.matching.x, case.matching.x[case.pairs]


def _angles(x: Float[np.ndarray, "n d"]) -> Float[np.ndarray, " n"]:
    return np.arctan2(x[:, 1], x[:, 0])
