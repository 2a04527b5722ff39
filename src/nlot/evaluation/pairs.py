"""Measures of maps that should meet known pairs, and of the costs behind them."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy
from jaxtyping import Float

from nlot.discrete.entropic import divergence
from nlot.evaluation.pairs_case import PairsCase
from nlot.evaluation.registry import PAIRS, Value, measure

_PERCENT = 100.0
_divergence = jax.jit(divergence)


@measure(
    "pairs_rmse",
    "Error on the known pairs (rms)",
    3,
    needs=["map", "known_pairs"],
    problems=PAIRS,
)
def pairs_rmse(case: PairsCase) -> Value:
    """Root mean square distance of the images from the known partners."""
    rows, columns = case.data.given.T
    images = case.subject.transport(case.data.source[rows])
    return _rms(images, case.data.target[columns]), len(rows)


@measure(
    "new_rmse",
    "Error on held-out pairs (rms), n = {n}",
    3,
    needs=["map", "new_pairs"],
    problems=PAIRS,
)
def new_rmse(case: PairsCase) -> Value:
    """Root mean square distance of images of further points from their partners."""
    return _rms(case.images, case.data.new_target), len(case.images)


@measure(
    "relative_error",
    "Error on held-out pairs, percent of the target's spread",
    2,
    needs=["map", "new_pairs"],
    problems=PAIRS,
    note="Spread: root mean square distance of the target's points from their mean.",
)
def relative_error(case: PairsCase) -> Value:
    """The same in units of the spread of the partners."""
    target = case.data.new_target
    spread = np.sqrt(target.var(axis=0).sum())
    return _PERCENT * _rms(case.images, target) / float(spread), len(target)


@measure(
    "image_divergence",
    "Sinkhorn divergence of images from the target",
    3,
    needs=["map", "new_pairs"],
    problems=PAIRS,
    note="Sinkhorn divergence: of the images of held-out points from their partners, "
    "ε = 0.05 of the target's variance.",
)
def image_divergence(case: PairsCase) -> Value:
    """Sinkhorn divergence between the images and the partners of further points."""
    target = case.data.new_target
    epsilon = 0.05 * float(target.var(axis=0).sum())
    with jax.enable_x64(True):
        images, partners = (jnp.asarray(z, jnp.float64) for z in (case.images, target))
        # Of the squared distance, without the half.
        found = 2 * _divergence(images, partners, epsilon / 2)
    return float(found), len(target)


@measure(
    "pairs_found",
    "Share of pairs found by exact assignment",
    3,
    needs=["costs", "pairs"],
    problems=PAIRS,
    lower_is_better=False,
    note="Pairs found: of all pairs of samples, those that were not known too, by the "
    "cheapest matching under the learned cost.",
)
def pairs_found(case: PairsCase) -> Value:
    """Share of the pairs that are in the cheapest matching of the samples."""
    costs = np.asarray(case.subject.costs(case.data.source, case.data.target))
    # Of unequally many samples, some have no partner.
    partner = np.full(len(costs), -1)
    assigned, to = scipy.optimize.linear_sum_assignment(costs)
    partner[assigned] = to
    rows, columns = case.data.pairs.T
    return float((partner[rows] == columns).mean()), len(rows)


@measure(
    "wrong_mass",
    "Mass between partners of others, share of the excess",
    3,
    needs=["plan", "known_pairs"],
    problems=PAIRS,
    note="Mass between partners of others: what the entropic plan moves from or to the "
    "samples of known pairs, but not along them; 0 is the least that its sums allow, 1 "
    "that of independent samples.",
)
def wrong_mass(case: PairsCase) -> Value:
    """Incorrectly moved mass, from 0 at its floor to 1 for independent samples."""
    plan = np.asarray(case.subject.plan, np.float64)
    rows, columns = case.data.given.T
    n, m = plan.shape
    known = plan[np.ix_(rows, columns)]
    # Of a sample whose partner is known, all that goes elsewhere.
    wrong = plan[rows].sum() + plan[:, columns].sum() - known.sum() - np.trace(known)
    k = len(rows)
    floor = k * abs(1 / n - 1 / m)
    independent = k / n + k / m - (k**2 + k) / (n * m)
    return float((wrong - floor) / (independent - floor)), k


@measure(
    "gradient_cosine",
    "Cosine of ∇h with the true cost's",
    3,
    needs=["gradients", "true_cost", "new_pairs"],
    problems=PAIRS,
    lower_is_better=False,
    note="Cosine of ∇h: mean over the displacements of held-out pairs.",
)
def gradient_cosine(case: PairsCase) -> Value:
    """Mean cosine between learned and true gradients of h at observed displacements."""
    assert case.cost is not None
    z = case.data.new_source - case.data.new_target
    with jax.enable_x64(True):
        true = np.asarray(jax.vmap(jax.grad(case.cost))(jnp.asarray(z)))
    found = np.asarray(case.subject.gradients(z))
    return float((_unit(found) * _unit(true)).sum(axis=1).mean()), len(z)


@measure(
    "last_singular",
    "Last singular value of displacements, share of the squares",
    4,
    needs=["map", "new_pairs"],
    problems=PAIRS,
)
def last_singular(case: PairsCase) -> Value:
    """The square of the last singular value of displacements, over the sum of all.

    0 where nothing moves.
    """
    squares = np.linalg.svd(_displaced(case), compute_uv=False) ** 2
    share = squares[-1] / squares.sum() if squares.any() else 0.0
    return float(share), len(case.images)


@measure(
    "direction_distance",
    "Distance of displacements from the nearest of d - 1 directions",
    3,
    needs=["map", "new_pairs"],
    problems=PAIRS,
    note="Distance from a direction: one less the cosine; those directions are taken "
    "that suit the displacements best (k-means of unit vectors).",
)
def direction_distance(case: PairsCase) -> Value:
    """Mean over displacements of the cosine distance from the nearest direction.

    Points that stay have none; 0 where nothing moves.
    """
    moved = _displaced(case)
    units = _unit(moved[moved.any(axis=1)])
    number = units.shape[1] - 1
    if len(units) <= number:
        return 0.0, len(units)
    means, _ = scipy.cluster.vq.kmeans2(units, number, minit="++", rng=0)
    cosines = units @ _unit(means).T
    return float((1 - cosines).min(axis=1).mean()), len(units)


@measure(
    "failures",
    "Inner problems that did not converge, percent",
    2,
    needs=["failures"],
    problems=PAIRS,
    note="Inner problems: entropic transport and (∇h)⁻¹, in training and in the maps "
    "that are measured.",
)
def failures(case: PairsCase) -> Value:
    """Percentage of inner problems that did not converge."""
    return _PERCENT * case.subject.failures, 1


def _displaced(case: PairsCase) -> Float[np.ndarray, "q d"]:
    return case.images - case.data.new_source


def _unit(vectors: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _rms(x: Any, y: Float[np.ndarray, "n d"]) -> float:
    return float(np.sqrt(np.sum((np.asarray(x) - y) ** 2, axis=1).mean()))
