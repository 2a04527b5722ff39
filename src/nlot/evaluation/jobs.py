"""Jobs of measuring: rows in a file, with where they come from beside it."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from nlot.config import Experiment
from nlot.evaluation.measurement import measuring
from nlot.evaluation.rows import control_rows, run_rows
from nlot.ground_truth.truth import GroundTruth, load_truth
from nlot.runs.store import load

# The files of a problem's generated data, by seed.
Data = Mapping[int, str | Path]


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
    with measuring(path, settings=_settings(experiment)) as measurement:
        for model in models:
            run = load(Path(model).parent)
            rows = run_rows(run, experiment, known, data.get(run.seed))
            measurement.add(run.header["problem"], run.seed, rows)


def measure_control(
    experiment: Experiment,
    control: str,
    problems: Iterable[str],
    seeds: Iterable[int],
    truths: Iterable[str | Path],
    data: Mapping[str, Data],
    path: str | Path,
) -> None:
    """Measure a control on problems with seeds; else as `measure_runs`."""
    names, known = list(problems), _by_problem(truths)
    with measuring(path, settings=_settings(experiment)) as measurement:
        for seed in seeds:
            files = {name: data[name][seed] for name in names if name in data}
            for problem, rows in control_rows(
                experiment, control, names, seed, known, files
            ):
                measurement.add(problem, seed, rows)


def _settings(experiment: Experiment) -> dict:
    return experiment.evaluation.model_dump(mode="json")


def _by_problem(paths: Iterable[str | Path]) -> dict[str, GroundTruth]:
    return {truth.header["problem"]: truth for truth in map(load_truth, paths)}
