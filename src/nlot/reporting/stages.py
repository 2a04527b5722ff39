"""How long the stages of a run of the workflow take, from Snakemake's benchmark files.

`python -m nlot.reporting.stages results/default` prints a table of them, and with
`--keep` writes them and where they come from to `results/reference/`: `stages.csv` and
`.json` for the default preset, `stages_<preset>.csv` and so on for another.

A stage is all jobs of a kind, those that train or measure each method apart. A job of
which there is no benchmark, as its result was there, is in none.
"""

import argparse
import math
import os
import sys
from pathlib import Path

import pandas as pd

from nlot.config.kinds import KINDS
from nlot.methods.labels import row_label
from nlot.provenance.files import write_csv
from nlot.provenance.records import read_records, write_records
from nlot.reporting.layout import Block, Row, Table, cell, numbers
from nlot.reporting.reference import suffix_of
from nlot.reporting.writer import render

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
_SHOWN = {
    "share": ("minutes on {} cores", 1),
    "gpu": ("minutes of paper.yaml on a GPU", 1),
    "longest": ("longest job", 1),
    "cpu_minutes": ("CPU minutes in all", 1),
    "peak_mb": ("peak memory of a job, MB", 0),
}


class BenchmarkError(ValueError):
    """A file that is no benchmark of a stage; the message names it."""


def read_stages(folder: Path) -> pd.DataFrame:
    """The stages of the jobs whose benchmarks lie in `folder`, in `COLUMNS`.

    Minutes are those of single jobs, added up; `longest` is one job's. Raises
    `BenchmarkError` for a file that belongs to no stage, or is none of Snakemake's.
    """
    jobs = [_job(path, folder) for path in sorted(folder.rglob("*.tsv"))]
    table = pd.DataFrame(jobs, columns=["order", *COLUMNS])
    stages = [group for _, group in table.groupby(["order", "stage"])]
    return pd.DataFrame(map(_total, stages), columns=list(COLUMNS))


def _job(path: Path, folder: Path) -> tuple[int, str, int, float, float, float, float]:
    """Where its stage stands in their order, and the stage of this job alone."""
    kind, *names = path.relative_to(folder).with_suffix("").parts
    if kind not in _STAGES:
        raise BenchmarkError(f"{path}: no stage; known: {', '.join(_STAGES)}")
    times = pd.read_csv(path, sep="\t", na_values="-")
    try:
        # A job of less than a second may end before it is looked at.
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


def _total(stages: pd.DataFrame, name: str | None = None) -> dict[str, object]:
    """Of some stages, as one with that name, or that of the first."""
    return {
        "stage": name or stages["stage"].iloc[0],
        **{key: stages[key].sum() for key in ("jobs", "minutes", "cpu_minutes")},
        **{key: stages[key].max() for key in ("longest", "peak_mb")},
    }


def stages_table(
    stages: pd.DataFrame,
    cores: int,
    provenance: str = "",
    gpu: pd.DataFrame | None = None,
) -> Table:
    """A row a stage of what `read_stages` found, and their sum.

    As many jobs run at a time as there are `cores`, each on one of them. `gpu` holds
    the stages of the paper's preset on one GPU, on which its jobs run one at a time: a
    column has their minutes.
    """
    whole = _with_sum(stages)
    whole["share"] = whole["minutes"] / cores
    if gpu is not None:
        minutes = _with_sum(gpu).set_index("stage")["minutes"]
        whole["gpu"] = whole["stage"].map(minutes)
    shown = {key: about for key, about in _SHOWN.items() if key in whole}
    rows = tuple(
        Row(
            str(line["stage"]),
            str(line["jobs"]),
            tuple(
                cell(line[key], math.nan, digits) for key, (_, digits) in shown.items()
            ),
        )
        for line in whole.to_dict("records")
    )
    caption = (
        "Time and memory of the workflow's jobs, from Snakemake's benchmark files; "
        f"runs: number of jobs. As many jobs run at a time as there are cores: minutes "
        f"on {cores} cores are those of all jobs of a stage, divided by {cores}. CPU "
        "minutes of a job are as last looked at, some seconds before its end."
    )
    columns = tuple(title.format(cores) for title, _ in shown.values())
    data = numbers(whole, list(shown), stage="method", jobs="runs")
    return Table("stages", caption, columns, (Block("Stage", rows),), data, provenance)


def _with_sum(stages: pd.DataFrame) -> pd.DataFrame:
    total = pd.DataFrame([_total(stages, "All jobs")])
    return pd.concat([stages, total], ignore_index=True)


def keep_stages(stages: pd.DataFrame, results: Path, reference: Path) -> None:
    """Write stages, and the records of the rows that they have made, to `reference`.

    Raises `FileNotFoundError` where a folder of results has no records of rows.
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
