"""Where single particles go: predictions against trajectories that training never saw.

Particles are known by their first position only. What a learned map, or a coupling of
samples, makes of it is compared with their true positions at all later times.
"""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Float

from nlot.costs.metrics import AbstractMetric
from nlot.discrete.sequence_couplings import couple_neighbours
from nlot.evaluation.wasserstein import exact_squared_w2
from nlot.problems.sequence import Sequence

Positions = Float[np.ndarray, "K n d"]
# Midpoint nodes of the straight paths that a control's couplings are priced on.
_NODES = 8


def trajectory_error(predicted: Positions, true: Positions) -> float:
    """Root mean square distance over all particles and all times but the first."""
    squared = np.sum((np.asarray(predicted) - np.asarray(true)) ** 2, axis=-1)
    return float(np.sqrt(squared[1:].mean()))


def population_error(
    predicted: Positions, true: Iterable[Float[np.ndarray, "m d"]]
) -> float:
    """Root mean square of W2 between two populations over all times but the first."""
    squared = [
        exact_squared_w2(np.asarray(a), np.asarray(b))
        for a, b in zip(predicted, true, strict=True)
    ]
    return float(np.sqrt(np.mean(squared[1:])))


def carried_by_couplings(
    sequence: Sequence, metric: AbstractMetric | None, x: Float[np.ndarray, "n d"]
) -> Positions:
    """Points that move as the nearest sample does under exact couplings.

    The couplings of neighbouring measures are optimal for the action of straight paths
    along `metric`, or for the squared Euclidean cost where it is None.
    """
    couplings = couple_neighbours(sequence, metric, _NODES)
    stops = [np.asarray(x, np.float64)]
    for a, b, mass in zip(couplings.x, couplings.y, couplings.mass, strict=True):
        used = np.asarray(mass) > 0
        start, end = np.asarray(a)[used], np.asarray(b)[used]
        gaps = np.sum((stops[-1][:, None] - start) ** 2, axis=-1)
        nearest = gaps.argmin(axis=1)
        stops.append(stops[-1] + end[nearest] - start[nearest])
    return np.stack(stops)


def nearest_particle(true: Positions) -> Positions:
    """Each particle predicted by the true way of the one that starts nearest to it.

    What knowing the way of every other particle would give: an error that is left where
    neighbours part at random.
    """
    start = np.asarray(true[0])
    gaps = np.sum((start[:, None] - start) ** 2, axis=-1)
    np.fill_diagonal(gaps, np.inf)
    nearest = gaps.argmin(axis=1)
    return true[:, nearest] + (start - start[nearest])
