"""Measures of learned metrics, and of the particles that they predict."""

import numpy as np
import pandas as pd
from jaxtyping import Float

from nlot.discrete.couplings import exact_squared_w2
from nlot.evaluation.alignment import alignment, grid_points, matrices
from nlot.evaluation.registry import (
    COLLECTION,
    PAIRS,
    SEQUENCE,
    TRANSPORT,
    Value,
    derived,
    measure,
)
from nlot.evaluation.sequence_case import SequenceCase


@measure(
    "alignment",
    "Alignment (eq. 28) on a grid, n = {n}",
    4,
    needs=["metric", "true_metric", "grid"],
    problems=SEQUENCE,
    lower_is_better=False,
    note="Alignment: eq. 28 between the learned and the true metric; the eigenvectors "
    "are those of metrics on velocities, in ascending order of their eigenvalues.",
)
def alignment_grid(case: SequenceCase) -> Value:
    """Mean alignment with the true metric over a grid."""
    assert case.config.grid is not None
    return _aligned(case, grid_points(case.config.grid))


@measure(
    "alignment_data",
    "Alignment at the data",
    4,
    needs=["metric", "true_metric"],
    problems=SEQUENCE,
    lower_is_better=False,
)
def alignment_data(case: SequenceCase) -> Value:
    """Mean alignment with the true metric over the samples of all times."""
    return _aligned(case, np.concatenate(case.data.sequence.measures))


def _aligned(case: SequenceCase, points: Float[np.ndarray, "n d"]) -> Value:
    assert case.config.truth is not None
    truth = matrices(case.config.truth.build(), points)
    score = alignment(np.asarray(case.subject.metric(points)), truth).mean()
    return float(score), len(points)


@derived("misalignment", "One less the alignment", 4, problems=SEQUENCE)
def misalignment(rows: pd.DataFrame) -> pd.DataFrame:
    """One minus each alignment."""
    aligned = rows[rows["measure"] == "alignment"]
    return aligned.assign(value=1 - aligned["value"])


@measure(
    "trajectory_error",
    "Error of predicted particles, held out",
    3,
    needs=["carry", "held_out"],
    problems=SEQUENCE,
    note="Error of predicted particles: root mean square distance over held-out "
    "particles and all later times; a prediction only knows the first position.",
)
def trajectories(case: SequenceCase) -> Value:
    """Root mean square distance over all particles and all times but the first."""
    predicted, true = case.carried
    squared = np.sum((predicted - true) ** 2, axis=-1)
    return float(np.sqrt(squared[1:].mean())), len(true[0])


@measure(
    "population_error",
    "Error of predicted populations",
    3,
    needs=["carry"],
    problems=SEQUENCE,
    note="Error of predicted populations: root mean square over all later times of the "
    "exact W₂ between predicted and true particles; without held-out ones, between the "
    "carried samples of the first measure and the samples at that time.",
)
def populations(case: SequenceCase) -> Value:
    """Root mean square of W2 between populations over all times but the first."""
    predicted, true = case.carried
    squared = list(map(exact_squared_w2, predicted, true))
    return float(np.sqrt(np.mean(squared[1:]))), len(true[0])


@measure(
    "velocity_cosine",
    "Cosine of displacements with given velocities",
    3,
    needs=["at", "velocities"],
    problems=SEQUENCE,
    lower_is_better=False,
    note="Cosine: mean over the samples of all times but the last, of their "
    "displacements until the next time.",
)
def velocity_cosine(case: SequenceCase) -> Value:
    """Mean cosine of displacements and known velocities; neither of length zero."""
    sequence, found = case.data.sequence, []
    assert case.data.velocities is not None
    for k, end in enumerate(sequence.times[1:]):
        x, known = sequence.measures[k], case.data.velocities[k]
        moved = np.asarray(case.subject.at(x, [end], k)[0]) - x
        lengths = np.linalg.norm(moved, axis=1) * np.linalg.norm(known, axis=1)
        some = lengths > 0
        found.append(np.sum(moved * known, axis=1)[some] / lengths[some])
    cosines = np.concatenate(found)
    return float(cosines.mean()), len(cosines)


@derived(
    "minutes",
    "Training time in minutes",
    2,
    problems=(*TRANSPORT, *SEQUENCE, *COLLECTION, *PAIRS),
)
def minutes(rows: pd.DataFrame) -> pd.DataFrame:
    """Training time as a measure of its own; controls have none."""
    runs = rows.dropna(subset="minutes").drop_duplicates(["problem", "method", "seed"])
    return runs.assign(value=runs["minutes"])
