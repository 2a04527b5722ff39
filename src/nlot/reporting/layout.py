"""How means and deviations are laid out as a table: blocks, rows and cells."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from nlot.config import Config
from nlot.reporting.labels import (
    MAP,
    MEASURES,
    measure_title,
    method_label,
    split_measure,
)

ABSENT = "–"


@dataclass(frozen=True)
class Row:
    """A method: its label, the number of runs or trials, a cell a column."""

    label: str
    runs: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Block:
    """The rows of one measure."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Table:
    """A table ready to be written; `data` holds its numbers, unrounded, one a row.

    `provenance` says where the numbers come from (`nlot.reporting.statement`).
    """

    name: str
    caption: str
    columns: tuple[str, ...]
    blocks: tuple[Block, ...]
    data: pd.DataFrame
    provenance: str = ""

    @property
    def notes(self) -> tuple[str, ...]:
        """What stands under the table: the caption, and the provenance if stated."""
        return tuple(filter(None, (self.caption, self.provenance)))


def lay_out(
    name: str,
    caption: str,
    summary: pd.DataFrame,
    columns: Iterable[str],
    methods: Iterable[str],
    config: Config,
) -> Table:
    """All of `summary`: a column a task, a block a measure, a row a method.

    `summary` has the columns of `nlot.reporting.summary.summarise`. The tasks of
    `columns` and the methods of `methods` come in their order, which names may repeat;
    a task of `summary` that is not among `columns` follows.
    """
    tasks = tuple(dict.fromkeys((*columns, *summary["task"])))
    keys = [
        (base, method, base + suffix)
        for base in _measures(summary)
        for method in dict.fromkeys(methods)
        for suffix in ("", MAP)
    ]
    groups = dict(list(summary.groupby(["measure", "method"])))
    blocks: dict[str, list[Row]] = {}
    data = []
    for base, method, measure in keys:
        if (measure, method) in groups:
            group = groups[measure, method].set_index("task").reindex(tasks)
            blocks.setdefault(base, []).append(_row(method, measure, group))
            data.append(groups[measure, method])
    return Table(
        name,
        caption,
        tasks,
        tuple(
            Block(measure_title(base, config), tuple(lines))
            for base, lines in blocks.items()
        ),
        pd.concat(data, ignore_index=True),
    )


def _measures(summary: pd.DataFrame) -> Sequence[str]:
    """The measures in `summary`, without suffix, known ones first."""
    found = dict.fromkeys(split_measure(name)[0] for name in summary["measure"])
    return [*MEASURES, *(name for name in found if name not in MEASURES)]


def _row(method: str, measure: str, group: pd.DataFrame) -> Row:
    counts = sorted({int(n) for n in group["runs"].dropna()})
    label = method_label(method)
    return Row(
        f"{label}, network map" if split_measure(measure)[1] else label,
        # A task that is drawn but not tabulated may have fewer runs.
        "–".join(str(n) for n in dict.fromkeys((counts[0], counts[-1]))),
        tuple(
            cell(mean, sd, digits)
            for mean, sd, digits in group[["mean", "sd", "decimals"]].to_numpy(float)
        ),
    )


def cell(mean: float, sd: float, digits: int | float) -> str:
    """Mean ± sd with `digits` after the point; the mean alone where sd is NaN."""
    if math.isnan(mean):
        return ABSENT
    numbers = [mean] if math.isnan(sd) else [mean, sd]
    # Adding zero turns a rounded -0.0 into 0.0.
    return " ± ".join(f"{round(x, int(digits)) + 0.0:.{int(digits)}f}" for x in numbers)
