"""Tables of timings: stages of a run of the workflow, training steps and solves."""

import math
from typing import Any

import pandas as pd

from nlot.reporting.table import ABSENT, Table, cell, in_print

_SHOWN = {
    "share": ("minutes on {} cores", 1),
    "gpu": ("minutes of paper.yaml on a GPU", 1),
    "longest": ("longest job", 1),
    "cpu_minutes": ("CPU minutes in all", 1),
    "peak_mb": ("peak memory of a job, MB", 0),
}
# What the seconds of each group of benchmarks measure.
_GROUPS = {
    "step": "A whole training step",
    "solve": "A single solve, in a batch",
    "batch": "A step, by samples of the batch",
    "dimension": "A step, by dimension",
    "pairs": "A step, by pairs of measures",
    "seeds": "A step, by seeds in one program",
    "samples": "A hundredth of a training, by samples of a measure or pairs of points",
    "coordinates": "A hundredth of a training, by dimension",
    "measures": "A hundredth of a training, by measures",
}
_COLUMNS = ("seconds", "from – to", "growth over linear", "compilation, s", "peak, MB")
_CAPTION = (
    "Median, minimum and maximum seconds, on one core where the device is cpu. Each "
    "case runs in its own process, for its own compilation time and peak memory. "
    "Growth over linear: seconds per unit of size, relative to the smallest size in "
    "the group; 1 is linear growth, less is slower growth. Circle: 25 clouds of 100 "
    "points, 24 pairs."
)


def stages_table(
    stages: pd.DataFrame, cores: int, gpu: pd.DataFrame | None = None
) -> Table:
    """One row per stage that `nlot.reporting.stages` found, and their sum.

    Each of the `cores` runs one job at a time. `gpu` holds the stages of the paper's
    preset on one GPU, which also runs one job at a time; a column has their minutes.
    """
    whole = _with_sum(stages)
    whole["share"] = whole["minutes"] / cores
    if gpu is not None:
        minutes = _with_sum(gpu).set_index("stage")["minutes"]
        whole["gpu"] = whole["stage"].map(minutes)
    shown = {key: about for key, about in _SHOWN.items() if key in whole}
    lines = []
    for line in whole.to_dict("records"):
        cells = (cell(line[k], math.nan, digits) for k, (_, digits) in shown.items())
        lines.append(("Stage", line["stage"], str(line["jobs"]), *cells))
    caption = (
        "Time and memory of the workflow's jobs, from Snakemake's benchmark files; "
        f"runs: number of jobs. Each core runs one job at a time: minutes on {cores} "
        f"cores are the sum over all jobs of a stage, divided by {cores}. A job's CPU "
        "minutes are last sampled some seconds before its end."
    )
    columns = [title.format(cores) for title, _ in shown.values()]
    whole = whole.rename(columns={"stage": "method", "jobs": "runs"})
    data = whole.melt(["method", "runs"], list(shown), "measure", "mean")
    return Table("stages", caption, in_print(lines, columns), data)


def total(stages: pd.DataFrame) -> dict[str, Any]:
    """Totals of some stages: sums of jobs and minutes, the largest of the others."""
    return {
        **{key: stages[key].sum() for key in ("jobs", "minutes", "cpu_minutes")},
        **{key: stages[key].max() for key in ("longest", "peak_mb")},
    }


def _with_sum(stages: pd.DataFrame) -> pd.DataFrame:
    last = pd.DataFrame([{"stage": "All jobs", **total(stages)}])
    return pd.concat([stages, last], ignore_index=True)


def benchmarks_table(found: pd.DataFrame) -> Table:
    """One row per case; `found` is the table that `python -m benchmarks` writes."""
    sizes = found["size"].astype(float)
    each = found["seconds"] / sizes
    line = [found["group"], found["case"]]
    smallest = sizes.groupby(line).transform("min")
    first = each.where(sizes == smallest).groupby(line).transform("first")
    sized = found["case"] + sizes.map(", {:.0f}".format)
    found = found.assign(
        growth=each / first, method=sized.where(sizes.notna(), found["case"])
    )
    lines = [
        (
            _GROUPS.get(case["group"], case["group"]),
            case["method"],
            "1",
            f"{case['seconds']:.3g}",
            f"{case['low']:.3g} – {case['high']:.3g}",
            ABSENT if pd.isna(case["growth"]) else f"{case['growth']:.2f}",
            f"{case['compile_seconds']:.1f}",
            f"{case['peak_mb']:.0f}",
        )
        for case in found.to_dict("records")
    ]
    measures = ["seconds", "growth", "compile_seconds", "peak_mb"]
    data = found.melt("method", measures, "measure", "mean")
    return Table("benchmarks", _CAPTION, in_print(lines, _COLUMNS), data)
