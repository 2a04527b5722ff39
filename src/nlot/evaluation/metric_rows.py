"""The tidy rows of learned metrics and of the controls beside them.

Every learner and control of a sequence and seed is measured on the same samples and the
same held-out particles. Measures:

- `alignment`: with the true metric, mean over the grid (eq. 28);
- `alignment_data`: the same, mean over the samples of all times;
- `trajectory_error`: of held-out particles (`nlot.evaluation.prediction`);
- `population_error`: of the same particles as populations; without any, of the first
  measure's samples.

Without a true metric, held-out particles, or maps, the rows that need them are left
out.
"""

import math
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
import pandas as pd
from jaxtyping import Float, PRNGKeyArray

from nlot.config import Config, MetricControl, SequenceConfig
from nlot.evaluation.alignment import alignment, grid_points, matrices
from nlot.evaluation.prediction import (
    carried_by_couplings,
    nearest_particle,
    population_error,
    trajectory_error,
)
from nlot.evaluation.tidy import rows_table
from nlot.measures.sequences import Sequence, load_sequence
from nlot.problems.transport import build_metric
from nlot.runs.metric import MetricRun, PlainMetricRun
from nlot.training.streams import stream

Matrices = Callable[[np.ndarray], np.ndarray]
Measured = Iterator[tuple[str, float, int]]


class SequenceData(NamedTuple):
    """A sequence, and the ways of held-out particles where they are known."""

    sequence: Sequence
    held_out: Float[np.ndarray, "K n 2"] | None


def load_data(config: SequenceConfig, path: str | Path) -> SequenceData:
    """The samples in a generated or given file.

    Raises `nlot.measures.files.SampleError` for unusable samples.
    """
    sequence = load_sequence(config.data, path)
    held_out = None
    if config.data.kind == "generated":
        with np.load(path, allow_pickle=False) as file:
            held_out = file["held_out"]
    # One particle has no neighbour to be compared with.
    known = held_out is not None and held_out.shape[1] > 1
    return SequenceData(sequence, held_out if known else None)


def metric_rows(
    run: MetricRun | PlainMetricRun, config: SequenceConfig, data: SequenceData
) -> pd.DataFrame:
    """Rows of a learned metric."""

    def measured() -> Measured:
        yield from _alignments(lambda x: np.asarray(run.metric(x)), config, data)
        if isinstance(run, MetricRun):
            yield from _errors(lambda x: np.asarray(run.carry(x)), data)

    provenance = run.header["provenance"]
    return rows_table(
        run.header["sequence"],
        run.header["method"],
        provenance["seed"],
        measured(),
        minutes=provenance["minutes"],
        device=provenance["device"],
    )


def metric_control_rows(
    config: Config, name: str, control: MetricControl, seed: int, data: SequenceData
) -> pd.DataFrame:
    """Rows of a control: of a metric that is not learned, or of an oracle.

    The true and the Euclidean metric predict particles through exact couplings of the
    samples. `nearest_particle` has no metric, `random_metric` an angle drawn at each
    point, uniformly and independently.
    """
    settings = config.sequences[name]

    def measured() -> Measured:
        if control == "nearest_particle":
            if data.held_out is not None:
                ways = nearest_particle(data.held_out)
                yield from _errors(lambda _: ways, data)
            return
        if control == "random_metric":
            key = stream(seed, "evaluation/random_metric")
            yield from _alignments(
                lambda x: _random_matrices(key, len(x)), settings, data
            )
            return
        if control == "euclidean_metric":
            metric = None
            yield from _alignments(
                lambda x: np.tile(np.eye(2), (len(x), 1, 1)), settings, data
            )
        elif settings.truth is not None:
            metric = build_metric(settings.truth)
            yield from _alignments(partial(matrices, metric), settings, data)
        else:
            return
        yield from _errors(
            lambda x: carried_by_couplings(data.sequence, metric, x), data
        )

    return rows_table(
        name,
        control,
        seed,
        measured(),
        minutes=math.nan,
        device=jax.devices()[0].device_kind,
    )


def _errors(carry: Callable[[np.ndarray], np.ndarray], data: SequenceData) -> Measured:
    true = data.sequence.measures if data.held_out is None else data.held_out
    predicted = carry(true[0])
    yield "population_error", population_error(predicted, true), len(true[0])
    if data.held_out is not None:
        error = trajectory_error(predicted, data.held_out)
        yield "trajectory_error", error, len(true[0])


def _alignments(
    metric: Matrices, config: SequenceConfig, data: SequenceData
) -> Measured:
    if config.truth is None:
        return
    truth = build_metric(config.truth)
    samples = np.concatenate(data.sequence.measures)
    for name, points in (
        ("alignment", grid_points(config.grid)),
        ("alignment_data", samples),
    ):
        score = alignment(metric(points), matrices(truth, points)).mean()
        yield name, float(score), len(points)


def _random_matrices(key: PRNGKeyArray, n: int) -> np.ndarray:
    angle = np.asarray(jax.random.uniform(key, (n,), maxval=np.pi))
    v = np.stack([np.cos(angle), np.sin(angle)], -1)
    return np.eye(2) - 0.9 * v[:, :, None] * v[:, None, :]
