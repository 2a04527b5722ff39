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
from nlot.reporting.layout import Block, Row, Table, cell
from nlot.reporting.reference import suffix_of
from nlot.reporting.summary import MEASURED
from nlot.reporting.writer import render

COLUMNS = ("stage", "jobs", "minutes", "longest", "cpu_minutes", "peak_mb")
# Stages in the order of the workflow, by where their benchmarks lie; `{}` is a method,
# the name of the folder that many levels down.
_STAGES = {
    "data": ("Generating data", None),
    "ground_truth": ("Ground truth", None),
    "train": ("Training {}", 1),
    "evaluate": ("Measuring {}", 1),
    "collect": ("Tables, figures and claims", None),
    "tables": ("Tables, figures and claims", None),
    "figures": ("Tables, figures and claims", None),
    "claims": ("Tables, figures and claims", None),
}
_CONTROLS = "controls"
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
    table = pd.DataFrame(jobs, columns=["order", "stage", "s", "cpu_time", "max_rss"])
    grouped = table.groupby(["order", "stage"])
    found = pd.DataFrame(
        {
            "jobs": grouped.size(),
            "minutes": grouped["s"].sum() / 60,
            "longest": grouped["s"].max() / 60,
            "cpu_minutes": grouped["cpu_time"].sum() / 60,
            "peak_mb": grouped["max_rss"].max(),
        }
    )
    return found.reset_index()[list(COLUMNS)]


def _job(path: Path, folder: Path) -> tuple[int, str, float, float, float]:
    kind, *names = path.relative_to(folder).with_suffix("").parts
    if kind not in _STAGES:
        raise BenchmarkError(f"{path}: no stage; known: {', '.join(_STAGES)}")
    title, level = _STAGES[kind]
    if level is not None:
        title = title.format(_subject(names[0], names[level]))
    times = pd.read_csv(path, sep="\t", na_values="-")
    try:
        # A job of less than a second may end before it is looked at.
        values = times[["s", "cpu_time", "max_rss"]].fillna(0).mean()
    except KeyError as error:
        raise BenchmarkError(f"{path}: no benchmark of Snakemake's: {error}") from error
    order = [name for name, _ in _STAGES.values()].index(_STAGES[kind][0])
    return (order, title, *values)


def _subject(folder: str, name: str) -> str:
    """What is trained or measured: a method by its label, or the controls."""
    if folder == _CONTROLS:
        return "the controls"
    return row_label(name) if name in KINDS["method"] else name


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
    shown = dict(_SHOWN)
    if gpu is None:
        del shown["gpu"]
    else:
        minutes = _with_sum(gpu).set_index("stage")["minutes"]
        whole["gpu"] = whole["stage"].map(minutes)
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
    numbers = whole.melt(
        ["stage", "jobs"], list(shown), var_name="measure", value_name="mean"
    )
    data = numbers.rename(columns={"stage": "method", "jobs": "runs"}).assign(
        sd=math.nan, source=MEASURED
    )
    caption = (
        "Time and memory of the workflow's jobs, from Snakemake's benchmark files; "
        f"runs: number of jobs. As many jobs run at a time as there are cores: minutes "
        f"on {cores} cores are those of all jobs of a stage, divided by {cores}. CPU "
        "minutes of a job are as last looked at, some seconds before its end."
    )
    columns = tuple(title.format(cores) for title, _ in shown.values())
    return Table("stages", caption, columns, (Block("Stage", rows),), data, provenance)


def _with_sum(stages: pd.DataFrame) -> pd.DataFrame:
    total = pd.DataFrame(
        {
            "stage": ["All jobs"],
            "jobs": [stages["jobs"].sum()],
            "minutes": [stages["minutes"].sum()],
            "longest": [stages["longest"].max()],
            "cpu_minutes": [stages["cpu_minutes"].sum()],
            "peak_mb": [stages["peak_mb"].max()],
        }
    )
    return pd.concat([stages, total], ignore_index=True)


def keep_stages(stages: pd.DataFrame, results: Path, reference: Path) -> None:
    """Write stages, and the records of the rows that they have made, to `reference`.

    Raises `FileNotFoundError` where a folder of results has no records of rows.
    """
    if not (results / "rows.json").is_file():
        raise FileNotFoundError(f"{results}: no rows.json")
    records = read_records(results / "rows.json")
    name = f"stages{suffix_of(results)}"
    write_csv(stages, reference / f"{name}.csv")
    write_records(records, reference / f"{name}.json")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m nlot.reporting.stages")
    parser.add_argument("results", type=Path, help="folder of a preset's results")
    parser.add_argument(
        "--cores", type=int, default=os.cpu_count(), help="jobs at a time"
    )
    parser.add_argument(
        "--keep", action="store_true", help="write to results/reference, too"
    )
    given = parser.parse_args()
    stages = read_stages(given.results / "benchmarks")
    if given.keep:
        keep_stages(stages, given.results, Path("results/reference"))
    sys.stdout.write(render(stages_table(stages, given.cores), "md"))


if __name__ == "__main__":
    main()
