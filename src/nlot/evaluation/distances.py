"""Measures of the distance between a map's images and the target.

Squared W2 distances, times 100 as in Table 1 of the paper.
"""

import jax.numpy as jnp
import numpy as np
import pandas as pd

from nlot.discrete.couplings import exact_squared_w2
from nlot.evaluation.registry import Value, derived, less, measure
from nlot.evaluation.transport_case import TransportCase
from nlot.evaluation.wasserstein import (
    debiased_divergences,
    entropic_costs,
)

FLOOR = "floor"
_HUNDREDFOLD = 100
_FLOOR_NOTE = (
    "Noise floor: the target against itself; an excess is over the floor of the same "
    "draws."
)


@measure(
    "w2_paper",
    "W₂² × 100, paper's protocol, n = {n}",
    2,
    needs=["images"],
    note="Paper's protocol: entropic, ε = {e.paper.epsilon:g}, at most "
    "{e.paper.max_iterations} Sinkhorn iterations, mean over {e.paper.draws} "
    "independent draws.",
)
def w2_paper(case: TransportCase) -> Value:
    """The number behind Table 1: entropic, and biased."""
    paper = case.settings.paper
    pushed, target = case.draws("paper", paper.draws, paper.points, "independent")
    costs = entropic_costs(pushed, target, paper.epsilon, paper.max_iterations)
    return _HUNDREDFOLD * float(jnp.mean(costs)), paper.points


@derived(
    "w2_paper_excess", "Paper's protocol, excess over the floor", 2, note=_FLOOR_NOTE
)
def w2_paper_excess(rows: pd.DataFrame) -> pd.DataFrame:
    """Excess of `w2_paper` over the floor's."""
    return less(rows, "w2_paper", FLOOR)


@measure(
    "w2_exact",
    "W₂² × 100, exact, n = {n}",
    3,
    needs=["images"],
    note="Exact: by network simplex, mean over {e.exact.draws} draws of evenly spread "
    "points.",
)
def w2_exact(case: TransportCase) -> Value:
    """Exact W₂² between evenly spread points, by network simplex."""
    exact = case.settings.exact
    pushed, target = case.draws("exact", exact.draws, exact.points)
    distances = list(map(exact_squared_w2, pushed, target))
    return _HUNDREDFOLD * float(np.mean(distances)), exact.points


@derived(
    "w2_exact_excess", "Exact W₂² × 100, excess over the floor", 3, note=_FLOOR_NOTE
)
def w2_exact_excess(rows: pd.DataFrame) -> pd.DataFrame:
    """Excess of `w2_exact` over the floor's."""
    return less(rows, "w2_exact", FLOOR)


@measure(
    "sinkhorn_divergence",
    "Sinkhorn divergence × 100, n = {n}",
    3,
    needs=["images"],
    note="Sinkhorn divergence: debiased, ε = {e.divergence.epsilon:g} in "
    "{e.divergence.unit} coordinates, at most {e.divergence.max_iterations} "
    "iterations, mean over {e.divergence.draws} draws of evenly spread points.",
)
def sinkhorn_divergence(case: TransportCase) -> Value:
    """Sinkhorn divergence; its ε is in standard coordinates or in those of the data."""
    settings = case.settings.divergence
    unit = case.problem.frame.scale**2 if settings.unit == "standard" else 1.0
    pushed, target = case.draws("divergence", settings.draws, settings.points)
    divergences = debiased_divergences(
        pushed, target, settings.epsilon * unit, settings.max_iterations
    )
    return _HUNDREDFOLD * float(jnp.mean(divergences)), settings.points


@derived(
    "sinkhorn_divergence_excess", "Sinkhorn divergence × 100, excess over the floor", 3
)
def sinkhorn_divergence_excess(rows: pd.DataFrame) -> pd.DataFrame:
    """Excess of `sinkhorn_divergence` over the floor's."""
    return less(rows, "sinkhorn_divergence", FLOOR)
