"""From tidy rows to means and standard deviations over seeds."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from nlot.evaluation.tidy import COLUMNS
from nlot.reporting.labels import EXCESS, decimals, split_measure

DISTANCES = ("w2_paper", "w2_exact", "sinkhorn_divergence")
FLOOR = "floor"
MEASURED = "measured"
# The samples that a paper's authors released are the task of the same name.
_RELEASED = "_released"
# Task or sequence, method, seed, measure.
RowKey = tuple[str, str, int, str]
_KEY = ["task", "method", "seed", "measure"]
_GROUP = ["task", "method", "measure"]
# How many faults an error message spells out.
_NAMED = 8


class RowsError(ValueError):
    """Rows that do not make the tables; the message names those at fault."""


def read_rows(path: str | Path) -> pd.DataFrame:
    """The tidy rows in the file at `path`."""
    rows = pd.read_csv(path)
    missing = [name for name in COLUMNS if name not in rows]
    if missing:
        raise RowsError(f"{path}: no column {', '.join(missing)}")
    return rows


def check_rows(rows: pd.DataFrame, wanted: Mapping[RowKey, int | None]) -> None:
    """Whether `rows` hold, once, what is `wanted`, measured with the `n` given there.

    None stands for any `n`. Raises `RowsError` naming rows that are missing, doubled or
    measured with another sample size.
    """
    doubled = rows[rows.duplicated(_KEY)]
    _refuse("rows are doubled", doubled[_KEY].itertuples(index=False, name=None))

    found = rows.set_index(_KEY)["n"]
    _refuse("rows are missing", (key for key in wanted if key not in found.index))
    _refuse(
        "rows were measured with another n than the configuration's",
        (key for key, n in wanted.items() if n is not None and found[key] != n),
    )


def _refuse(fault: str, faulty: Iterable[tuple]) -> None:
    keys = list(faulty)
    if keys:
        named = "; ".join(" ".join(map(str, key)) for key in keys[:_NAMED])
        more = f"; and {len(keys) - _NAMED} more" if len(keys) > _NAMED else ""
        raise RowsError(f"{fault} ({' '.join(_KEY)}): {named}{more}")


def summarise(rows: pd.DataFrame) -> pd.DataFrame:
    """Mean and sample standard deviation over seeds of each measure.

    Adds to the measures in `rows` the excess of each distance over the floor and the
    minutes of training. Columns: task, method, measure, mean, sd (NaN for one seed),
    runs (number of seeds), decimals (digits to show) and source ("measured").
    """
    rows = pd.concat([rows, _excess(rows), training_minutes(rows)], ignore_index=True)
    # `std` divides by the number of seeds less one.
    summary = (
        rows.groupby(_GROUP, sort=False)["value"]
        .agg(mean="mean", sd="std", runs="count")
        .reset_index()
    )
    bases = [split_measure(name)[0] for name in summary["measure"]]
    return summary.assign(decimals=[*map(decimals, bases)], source=MEASURED)


def published_summary(
    published: pd.DataFrame, number: int, tasks: Sequence[str]
) -> pd.DataFrame:
    """The rows of table `number` among published ones, in the columns of `summarise`.

    They keep the digits that were printed. What was printed for a task is that of each
    of `tasks` with its name, or with its name followed by "_released".
    """
    columns = [*_GROUP, "mean", "sd", "runs", "decimals", "source"]
    rows = published[published["table"] == number]
    rows = rows.rename(columns={"value": "mean", "trials": "runs"})[columns]
    parts = [
        rows[rows["task"] == printed].assign(task=task)
        for task in tasks
        for printed in rows["task"].unique()
        if is_printed(task, printed)
    ]
    return pd.concat(parts) if parts else rows[:0]


def is_printed(task: str, printed: str) -> bool:
    """Whether a task or sequence is the one that is printed under a name."""
    return task == printed or task.startswith(printed + _RELEASED)


def published_sources(summary: pd.DataFrame) -> list[str]:
    """Where the published rows in `summary` were printed."""
    found = dict.fromkeys(summary["source"])
    return [source for source in found if source != MEASURED]


def _excess(rows: pd.DataFrame) -> pd.DataFrame:
    """Each distance less the floor's of the same task and seed: of the same draws."""
    split = [split_measure(name) for name in rows["measure"]]
    rows = rows[_KEY].assign(
        value=rows["value"],
        base=[base for base, _ in split],
        suffix=[suffix for _, suffix in split],
    )
    rows = rows[rows["base"].isin(DISTANCES)]
    floor = rows[rows["method"] == FLOOR]
    paired = rows[rows["method"] != FLOOR].merge(
        floor[["task", "seed", "base", "value"]],
        on=["task", "seed", "base"],
        suffixes=("", "_floor"),
        validate="many_to_one",
    )
    paired["value"] -= paired["value_floor"]
    paired["measure"] = paired["base"] + EXCESS + paired["suffix"]
    return paired[[*_KEY, "value"]]


def training_minutes(rows: pd.DataFrame) -> pd.DataFrame:
    """Training time as a measure of its own; controls have none."""
    runs = rows.dropna(subset="minutes").drop_duplicates(["task", "method", "seed"])
    return runs.assign(measure="minutes", value=runs["minutes"])[[*_KEY, "value"]]
