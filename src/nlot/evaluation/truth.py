"""Measures of a map against the ground truth of its problem, and closed forms.

Percentages are of the optimal cost of the truth's points, or of the least action
between the same ends; they are omitted if that is zero.
"""

from collections.abc import Callable

import jax
import numpy as np
from jaxtyping import Float

from nlot.evaluation.registry import Value, describe, measure
from nlot.evaluation.transport_case import TransportCase
from nlot.paths.polygons import polygon_actions

_PERCENT = 100.0
_TRUTH = (
    "Ground truth: exact costs between points that stand for cells of equal mass, and "
    "their optimal coupling; bounds are the outer ends of 95 % bootstrap intervals."
)

describe("optimal_cost", "Optimal cost of n = {n} points", 4, note=_TRUTH)
describe("optimal_low", "Optimal cost of the measures, lower bound", 4)
describe("optimal_high", "Optimal cost of the measures, upper bound", 4)


@measure(
    "action_gap",
    "Mean action over the optimal cost, percent",
    3,
    needs=["map", "ground_truth"],
)
def action_gap(case: TransportCase) -> Value | None:
    """By how much the map's mean least action exceeds the optimal cost."""
    return _over(case, case.truth_action, case.known.optimum)


@measure(
    "coupling_gap",
    "Nearest coupling over the optimal cost, percent",
    3,
    needs=["map", "ground_truth"],
    note="Nearest coupling: images are moved onto the target by the least mean squared "
    "distance; it cannot cost less than the optimal one.",
)
def coupling_gap(case: TransportCase) -> Value | None:
    """By how much the coupling nearest to the map exceeds the optimal cost."""
    if not case.known.optimum > 0:
        return None
    loss = float(case.known.losses(case.truth_images).mean())
    return _PERCENT * loss / case.known.optimum, len(case.known.x)


@measure(
    "path_loss",
    "Own paths over paths of least action, percent",
    3,
    needs=["map", "geodesics", "ground_truth"],
)
def path_loss(case: TransportCase) -> Value | None:
    """By how much the run's own paths exceed those of least action."""
    return _loss(case, case.subject.polygons)


@measure(
    "straight_loss",
    "Straight paths over paths of least action, percent",
    2,
    needs=["map", "ground_truth"],
)
def straight_loss(case: TransportCase) -> Value | None:
    """By how much straight paths exceed those of least action."""
    return _loss(case, lambda x, y, s: x[:, None] + s[:, None] * (y - x)[:, None])


def _loss(case: TransportCase, paths: Callable) -> Value | None:
    """Excess of polygons over the best ones, by the same rule between the same ends."""
    s = np.linspace(0, 1, case.settings.least_action.segments + 1)
    corners, best = paths(case.known.x, case.truth_images, s), case.truth_paths
    points = int(best.points.max())
    place = case.problem.lagrangian, case.problem.horizon
    with jax.enable_x64(True):
        found = polygon_actions(*place, corners, points)
    return _over(case, float(found.mean()), case.truth_action)


def _over(case: TransportCase, action: float, least: float) -> Value | None:
    """By how many percent an action exceeds the least one; None if that is zero."""
    if not least > 0:
        return None
    return _PERCENT * (action / least - 1), len(case.known.x)


@measure(
    "duality_gap",
    "Duality gap of the potential, percent",
    3,
    needs=["potential", "ground_truth"],
    note="Duality gap: of the learned potential, after an exact c-transform on the "
    "truth's points.",
)
def duality_gap(case: TransportCase) -> Value | None:
    """By how much the learned potential's dual value falls short of the optimum."""
    truth = case.known
    if not truth.optimum > 0:
        return None
    g: Float[np.ndarray, " n"] = np.asarray(
        case.subject.potential(truth.y.astype(np.float32)), np.float64
    )
    dual = float((truth.cost - g).min(axis=1).mean() + g.mean())
    return _PERCENT * (1 - dual / truth.optimum), len(truth.x)


@measure(
    "optimal_distance",
    "Distance from the optimal coupling",
    3,
    needs=["map", "ground_truth"],
    note="Distance: root mean square.",
)
def optimal_distance(case: TransportCase) -> Value:
    """Root mean square distance of images from optimally coupled points."""
    truth = case.known
    apart = case.truth_images - truth.y[truth.order]
    return float(np.sqrt((apart**2).sum(axis=1).mean())), len(truth.x)


@measure(
    "map_error",
    "Error of the map in percent, n = {n}",
    2,
    needs=["map", "closed_form"],
    note="Error of the map: root mean square distance from the optimal one, in percent "
    "of the target's total standard deviation, where it has a closed form.",
)
def map_error(case: TransportCase) -> Value:
    """Distance from the optimal map, if it is known in closed form."""
    form = case.closed_form
    assert form is not None
    x, y = case.ends
    covariance = np.asarray(case.problem.target.covariance)
    return error(np.asarray(y), form.map(x), covariance), case.settings.action.points


def error(
    found: Float[np.ndarray, "n d"],
    truth: Float[np.ndarray, "n d"],
    covariance: Float[np.ndarray, "d d"],
) -> float:
    r"""Relative L² error of a map in percent, from images of the same points.

    $100 \sqrt{E|T(x) - T^*(x)|^2 / \mathrm{tr}\, Σ}$, Σ being the covariance of the
    target: as a ratio of squares, the unexplained variance of Korotin et al. (Do neural
    optimal transport solvers work?, 2021). Sending all to the target's mean scores 100.
    """
    squared = np.mean(np.sum((found.astype(np.float64) - truth) ** 2, axis=1))
    return 100 * float(np.sqrt(squared / np.trace(covariance)))
