"""Evaluation jobs, which write rows and their provenance to files."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pandas as pd

from nlot.config import Experiment
from nlot.evaluation.measurement import write_measured
from nlot.evaluation.rows import control_rows, run_rows
from nlot.ground_truth.truth import load_truth
from nlot.runs.store import load

# The files of a problem's generated data, by seed.
Data = Mapping[int, str | Path]
Parts = Iterator[tuple[str, int, pd.DataFrame]]


def measure_runs(
    experiment: Experiment,
    models: Iterable[str | Path],
    truth: str | Path | None,
    data: Data,
    path: str | Path,
) -> None:
    """Measure runs of a method on a problem, and write their rows to `path` (`.csv`).

    **Arguments:** `models` are the files of the runs, `truth` that of the problem's
    ground truth if it has one.
    """
    known = None if truth is None else load_truth(truth)

    def parts() -> Parts:
        for model in models:
            run = load(Path(model).parent, trust_code=True)
            rows = run_rows(run, experiment, known, data.get(run.seed))
            yield run.header["problem"], run.seed, rows

    settings = experiment.evaluation.model_dump(mode="json")
    write_measured(parts(), path, settings=settings)


def measure_controls(
    experiment: Experiment,
    problem: str,
    seeds: Mapping[str, Iterable[int]],
    truth: str | Path | None,
    data: Data,
    path: str | Path,
) -> None:
    """Measure controls on a problem, with `seeds` of each; else as `measure_runs`."""
    known = None if truth is None else load_truth(truth)

    def parts() -> Parts:
        for control, chosen in seeds.items():
            for seed in chosen:
                rows = control_rows(
                    experiment, control, problem, seed, known, data.get(seed)
                )
                yield problem, seed, rows

    settings = experiment.evaluation.model_dump(mode="json")
    write_measured(parts(), path, settings=settings)
