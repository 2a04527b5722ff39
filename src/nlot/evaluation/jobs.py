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
            run = load(Path(model).parent)
            rows = run_rows(run, experiment, known, data.get(run.seed))
            yield run.header["problem"], run.seed, rows

    settings = experiment.evaluation.model_dump(mode="json")
    write_measured(parts(), path, settings=settings)


def measure_control(
    experiment: Experiment,
    control: str,
    problems: Iterable[str],
    seeds: Iterable[int],
    truths: Iterable[str | Path],
    data: Mapping[str, Data],
    path: str | Path,
) -> None:
    """Measure a control on problems with seeds; otherwise as `measure_runs`."""
    names = list(problems)
    known = {truth.header["problem"]: truth for truth in map(load_truth, truths)}

    def parts() -> Parts:
        for seed in seeds:
            files = {name: data[name][seed] for name in names if name in data}
            made = control_rows(experiment, control, names, seed, known, files)
            yield from ((problem, seed, rows) for problem, rows in made)

    settings = experiment.evaluation.model_dump(mode="json")
    write_measured(parts(), path, settings=settings)
