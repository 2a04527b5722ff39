"""How long the stages of a run of the workflow take, from Snakemake's benchmark files.

`python -m nlot.reporting.stages results/default` prints a table of them, and with
`--keep` writes them and their provenance to `results/reference/`: `stages_default.csv`
and `.json`, and so on for other presets.

A stage is all jobs of a kind, with separate stages for training and measuring each
method. A job without a benchmark, because its result existed, is not counted.
"""

import argparse
import os
import sys
from pathlib import Path

import pandas as pd

from nlot.config.kinds import KINDS
from nlot.methods import row_label
from nlot.provenance.files import write_csv
from nlot.provenance.records import read_records, write_records
from nlot.reporting.reference import suffix_of
from nlot.reporting.table import render
from nlot.reporting.timings import stages_table, total

COLUMNS = ("stage", "jobs", "minutes", "longest", "cpu_minutes", "peak_mb")
_TOGETHER = "Tables, figures and claims"
# Stages in the order of the workflow, by the folder of their benchmarks; `{}` is a
# method or the controls.
_STAGES = {
    "data": "Generating data",
    "ground_truth": "Ground truth",
    "train": "Training {}",
    "evaluate": "Measuring {}",
    **dict.fromkeys(("collect", "tables", "figures", "claims"), _TOGETHER),
}


class BenchmarkError(ValueError):
    """A file that is not a benchmark of a stage; the message names it."""


def read_stages(folder: Path) -> pd.DataFrame:
    """The stages of the jobs with benchmarks in `folder`, with the columns `COLUMNS`.

    Minutes are sums over jobs; `longest` is a single job's. Raises `BenchmarkError` for
    a file that belongs to no stage, or is not one of Snakemake's.
    """
    jobs = [_job(path, folder) for path in sorted(folder.rglob("*.tsv"))]
    table = pd.DataFrame(jobs, columns=["order", *COLUMNS])
    stages = table.groupby(["order", "stage"])
    found = [{"stage": stage, **total(jobs)} for (_, stage), jobs in stages]
    return pd.DataFrame(found, columns=list(COLUMNS))


def _job(path: Path, folder: Path) -> tuple[int, str, int, float, float, float, float]:
    """The position of a job's stage in their order, and the stage of this job alone."""
    kind, *names = path.relative_to(folder).with_suffix("").parts
    if kind not in _STAGES:
        raise BenchmarkError(f"{path}: no stage; known: {', '.join(_STAGES)}")
    times = pd.read_csv(path, sep="\t", na_values="-")
    try:
        # A job of less than a second may end before it is sampled.
        s, cpu, peak = times[["s", "cpu_time", "max_rss"]].fillna(0).mean()
    except KeyError as error:
        raise BenchmarkError(f"{path}: no benchmark of Snakemake's: {error}") from error
    title = _STAGES[kind]
    stage = title.format(_subject(*names[:2])) if "{}" in title else title
    order = list(_STAGES.values()).index(title)
    return order, stage, 1, s / 60, s / 60, cpu / 60, peak


def _subject(folder: str, name: str) -> str:
    """What is trained or measured: a method by its label, or the controls."""
    if folder == "controls":
        return "the controls"
    return row_label(name) if name in KINDS["method"] else name


def keep_stages(stages: pd.DataFrame, results: Path, reference: Path) -> None:
    """Write stages, and the records of the rows that they have made, to `reference`.

    Raises `FileNotFoundError` if a folder of results has no records of rows.
    """
    if not (results / "rows.json").is_file():
        raise FileNotFoundError(f"{results}: no rows.json")
    name = reference / f"stages{suffix_of(results)}.csv"
    write_records(read_records(results / "rows.json"), name.with_suffix(".json"))
    write_csv(stages, name)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m nlot.reporting.stages")
    parser.add_argument("results", type=Path, help="folder of a preset's results")
    add = parser.add_argument
    add("--cores", type=int, default=os.cpu_count(), help="jobs at a time")
    add("--keep", action="store_true", help="write to results/reference, too")
    given = parser.parse_args()
    stages = read_stages(given.results / "benchmarks")
    if given.keep:
        keep_stages(stages, given.results, Path("results/reference"))
    sys.stdout.write(render(stages_table(stages, given.cores), "md"))


if __name__ == "__main__":
    main()
