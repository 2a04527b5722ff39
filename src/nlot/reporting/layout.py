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
    printed = summary[summary["source"] != MEASURED]
    order = dict.fromkeys(
        [
            *((MEASURED, row) for row in rows),
            *printed[["source", "method"]].itertuples(index=False, name=None),
        ]
    )
    groups = dict(list(summary.groupby(["measure", "source", "method"])))
    blocks: list[Block] = []
    data: list[pd.DataFrame] = []
    for measure in measures:
        found = {
            key: groups[measure, *key] for key in order if (measure, *key) in groups
        }
        if not found:
            continue
        data += found.values()
        sizes = pd.concat(found.values())["n"].dropna().astype(int)
        lines = (
            _row(
                _label(experiment, *key), group.set_index("problem").reindex([*columns])
            )
            for key, group in found.items()
        )
        blocks.append(Block(measure_title(measure, sizes), tuple(lines)))
    shown = pd.concat(data, ignore_index=True) if data else summary[:0]
    return Table(name, caption, tuple(columns), tuple(blocks), shown)


def _label(experiment: Experiment, source: str, row: str) -> str:
    label = row_label(experiment, row)
    if source == MEASURED:
        return label
    return f"{label}, {papers.about(source).citation}"


def numbers(frame: pd.DataFrame, measures: Sequence[str], **names: str) -> pd.DataFrame:
    """The data of a table of single numbers: a row for each of `measures`.

    `frame` has a column for each; its columns among `names` are kept, renamed.
    """
    data = frame.melt(list(names), measures, var_name="measure", value_name="mean")
    data = data.rename(columns=names)
    return data.assign(sd=math.nan, runs=data.get("runs", 1), source=MEASURED)


def ordered(measures: Iterable[str]) -> list[str]:
    """Measures in the order of tables, unknown ones last."""
    found = dict.fromkeys(measures)
    known = [name for name in MEASURES if name in found]
    return [*known, *(name for name in found if name not in MEASURES)]


def _row(label: str, group: pd.DataFrame) -> Row:
    counts = [int(n) for n in group["runs"].dropna()]
    numbers = group[["mean", "sd", "decimals"]].to_numpy(float)
    return Row(
        label,
        "–".join(str(n) for n in dict.fromkeys((min(counts), max(counts)))),
        tuple(cell(mean, sd, digits) for mean, sd, digits in numbers),
    )


def cell(mean: float, sd: float, digits: int | float) -> str:
    """Mean ± sd with `digits` after the point; the mean alone where sd is NaN."""
    if math.isnan(mean):
        return ABSENT
    numbers = [mean] if math.isnan(sd) else [mean, sd]
    # Adding zero turns a rounded -0.0 into 0.0.
    return " ± ".join(f"{round(x, int(digits)) + 0.0:.{int(digits)}f}" for x in numbers)
