"""Controls of collections: dissimilarities of clouds by other rules.

Of other rules than `nlot.methods.path_costs`: all but the Fermat distance know nothing
of the Lagrangian.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
import scipy
from jaxtyping import Float

from nlot.discrete.couplings import exact_plan
from nlot.discrete.fermat import fermat_distances, power
from nlot.evaluation.collection_case import exponent
from nlot.evaluation.controls import control
from nlot.evaluation.registry import COLLECTION
from nlot.evaluation.wasserstein import exact_distance
from nlot.problems.collection import Collection

_DISSIMILARITY = {"capabilities": ["dissimilarity"]}


@dataclass
class Compared:
    """Dissimilarities of k clouds."""

    matrix: Float[np.ndarray, "k k"]


def compared(number: int, pair: Callable[[int, int], float]) -> Compared:
    """The symmetric matrix of `pair(i, j)` over all i < j below `number`."""
    matrix = np.zeros((number, number))
    for i, j in combinations(range(number), 2):
        matrix[i, j] = matrix[j, i] = pair(i, j)
    return Compared(matrix)


@control("w1", "W₁", COLLECTION, **_DISSIMILARITY)
def w1(problem: Collection) -> Compared:
    """Exact Euclidean W1."""
    return _wasserstein(problem, 1)


@control("w2", "W₂", COLLECTION, **_DISSIMILARITY)
def w2(problem: Collection) -> Compared:
    """Exact Euclidean W2."""
    return _wasserstein(problem, 2)


def _wasserstein(problem: Collection, order: Literal[1, 2]) -> Compared:
    x = problem.clouds
    return compared(len(x), lambda i, j: exact_distance(x[i], x[j], order))


@control(
    "energy",
    "Energy distance",
    COLLECTION,
    **_DISSIMILARITY,
    note="Energy distance: √(2 E|X - Y| - E|X - X'| - E|Y - Y'|).",
)
def energy(problem: Collection) -> Compared:
    """Energy distance between the empirical measures (Székely and Rizzo, 2013)."""
    x = problem.clouds
    within = [scipy.spatial.distance.cdist(a, a).mean() for a in x]

    def pair(i: int, j: int) -> float:
        squared = (
            2 * scipy.spatial.distance.cdist(x[i], x[j]).mean() - within[i] - within[j]
        )
        return float(np.sqrt(max(squared, 0.0)))

    return compared(len(x), pair)


@control(
    "fermat",
    "Fermat distance",
    COLLECTION,
    **_DISSIMILARITY,
    needs=["density"],
    note="Fermat distance: exact couplings of squared distances along the "
    "points of all clouds, which stand for the density; with the power of α.",
)
def fermat(problem: Collection) -> Compared:
    """Exact couplings of squared Fermat distances along the points of all clouds.

    The power is that which tends to the lengths of the density metric.
    """
    alpha = exponent(problem.lagrangian)
    assert alpha is not None
    p, x = power(alpha, problem.dimension), problem.clouds
    ends = np.cumsum([0, *map(len, x)])
    points = np.concatenate(x)
    lengths = fermat_distances(points, p)

    def pair(i: int, j: int) -> float:
        rows, columns = slice(*ends[i : i + 2]), slice(*ends[j : j + 2])
        return exact_plan(np.ascontiguousarray(lengths[rows, columns]) ** 2)[2]

    return compared(len(x), pair)
