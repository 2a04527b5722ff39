"""Table 1 and its supplement: which rows and columns they have."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from nlot.config import Config
from nlot.reporting.captions import supplement_caption, table1_caption
from nlot.reporting.labels import (
    MAP,
    MEASURES,
    measure_title,
    method_label,
    split_measure,
)
from nlot.reporting.summary import (
    MEASURED,
    check_rows,
    published_summary,
    summarise,
)

# What Table 1 shows of each method, in order.
_TABLE1 = ("w2_paper", "w2_exact", "w2_exact_excess", "sinkhorn_divergence", "action")
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
    """A table ready to be written; `data` holds its numbers, unrounded, one a row."""

    name: str
    caption: str
    columns: tuple[str, ...]
    blocks: tuple[Block, ...]
    data: pd.DataFrame


def table1(rows: pd.DataFrame, published: pd.DataFrame, config: Config) -> Table:
    """Table 1: a block a measure, in each the methods, controls and published rows.

    `rows` are the tidy rows of a preset, `published` those of `published_rows`. Cells
    are mean ± sample standard deviation over `config.seeds`.

    Raises `nlot.reporting.summary.RowsError` where `rows` lack what `config` asks for.
    """
    summary = _summary(rows, published, config)
    section = config.table1
    asked = (*section.methods, *section.controls, *published["method"])
    summary = summary[
        summary["measure"].isin(_TABLE1)
        & summary["task"].isin(section.tasks)
        & summary["method"].isin(asked)
    ]
    caption = table1_caption(config, _sources(summary))
    return _table("table1", caption, summary, asked, config)


def supplementary_table(
    rows: pd.DataFrame, published: pd.DataFrame, config: Config
) -> Table:
    """Every measure of every task and method in `rows`, network maps as rows apart.

    Arguments and errors are those of `table1`.
    """
    summary = _summary(rows, published, config)
    section = config.table1
    asked = (*section.methods, *section.controls, *rows["method"], *summary["method"])
    caption = supplement_caption(config, _sources(summary))
    return _table("supplement", caption, summary, asked, config)


def _summary(
    rows: pd.DataFrame, published: pd.DataFrame, config: Config
) -> pd.DataFrame:
    check_rows(rows, config)
    # A figure may be drawn from a seed that is none of the tables'.
    measured = summarise(rows[rows["seed"].isin(config.seeds)])
    printed = published_summary(published, number=1)
    printed = printed[printed["task"].isin(config.table1.tasks)]
    return pd.concat([measured, printed], ignore_index=True)


def _sources(summary: pd.DataFrame) -> list[str]:
    found = dict.fromkeys(summary["source"])
    return [source for source in found if source != MEASURED]


def _table(
    name: str,
    caption: str,
    summary: pd.DataFrame,
    methods: Iterable[str],
    config: Config,
) -> Table:
    """All of `summary`: a column a task, a block a measure, a row a method."""
    tasks = tuple(dict.fromkeys((*config.table1.tasks, *summary["task"])))
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
