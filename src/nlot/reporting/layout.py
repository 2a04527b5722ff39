"""How means and deviations are laid out as a table: blocks, rows and cells."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from nlot.config import Experiment
from nlot.evaluation import MEASURES
from nlot.reporting import papers
from nlot.reporting.labels import measure_title, row_label
from nlot.reporting.summary import MEASURED

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
    columns: Sequence[str],
    rows: Iterable[str],
    measures: Iterable[str],
    experiment: Experiment,
) -> Table:
    """A block a measure, a row a method or control, and below them the printed ones.

    **Arguments:** `summary` has the columns of `nlot.reporting.summary.summarise`, and
    may hold printed numbers, too; `columns` are problems, `rows` methods and controls,
    `measures` the blocks, all in order. What `summary` lacks is left out.
    """
    groups = dict(list(summary.groupby(["measure", "method", "source"])))
    sources = dict.fromkeys([MEASURED, *summary["source"]])
    names = list(dict.fromkeys(rows))
    printed = dict.fromkeys(summary[summary["source"] != MEASURED]["method"])
    blocks, data = [], []
    for measure in measures:
        lines = []
        for source in sources:
            for row in names if source == MEASURED else printed:
                group = groups.get((measure, row, source))
                if group is None:
                    continue
                label = row_label(experiment, row)
                if source != MEASURED:
                    label = f"{label}, {papers.about(source).citation}"
                lines.append(
                    _row(label, group.set_index("problem").reindex(list(columns)))
                )
                data.append(group)
        if lines:
            sizes = summary[summary["measure"] == measure].get("n", pd.Series())
            title = measure_title(measure, sizes.dropna().astype(int))
            blocks.append(Block(title, tuple(lines)))
    found = pd.concat(data, ignore_index=True) if data else summary[:0]
    return Table(name, caption, tuple(columns), tuple(blocks), found)


def ordered(measures: Iterable[str]) -> list[str]:
    """Measures in the order of tables, unknown ones last."""
    found = dict.fromkeys(measures)
    known = [name for name in MEASURES if name in found]
    return [*known, *(name for name in found if name not in MEASURES)]


def _row(label: str, group: pd.DataFrame) -> Row:
    counts = sorted({int(n) for n in group["runs"].dropna()})
    return Row(
        label,
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
