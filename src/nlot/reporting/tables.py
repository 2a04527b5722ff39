"""Table 1 and its supplement: which rows and columns they have."""

import pandas as pd

from nlot.config import Config
from nlot.reporting.captions import supplement_caption, table1_caption
from nlot.reporting.layout import Table, lay_out
from nlot.reporting.summary import (
    DISTANCES,
    FLOOR,
    RowKey,
    check_rows,
    published_sources,
    published_summary,
    summarise,
)

# What Table 1 shows of each method, in order.
_TABLE1 = ("w2_paper", "w2_exact", "w2_exact_excess", "sinkhorn_divergence", "action")


def table1(rows: pd.DataFrame, published: pd.DataFrame, config: Config) -> Table:
    """Table 1: a block a measure, in each the methods, controls and published rows.

    `rows` are the tidy rows of a preset, of which those of tasks count, `published`
    those of `published_rows`. Cells are mean ± sample standard deviation over
    `config.seeds`.

    Raises `nlot.reporting.summary.RowsError` where `rows` lack what `config` asks for.
    """
    summary = _summary(rows, published, config)
    section = config.table1
    methods = config.rows(section.methods)
    asked = (*methods, *section.controls, *published["method"])
    summary = summary[
        summary["measure"].isin(_TABLE1)
        & summary["task"].isin(section.tasks)
        & summary["method"].isin(asked)
    ]
    caption = table1_caption(config, published_sources(summary))
    return lay_out("table1", caption, summary, section.tasks, asked, config)


def supplementary_table(
    rows: pd.DataFrame, published: pd.DataFrame, config: Config
) -> Table:
    """Every measure of every task and method in `rows`, network maps as rows apart.

    Arguments and errors are those of `table1`.
    """
    summary = _summary(rows, published, config)
    section = config.table1
    methods = config.rows(section.methods)
    asked = (*methods, *section.controls, *summary["method"])
    caption = supplement_caption(
        config, published_sources(summary), set(summary["measure"])
    )
    return lay_out("supplement", caption, summary, section.tasks, asked, config)


def _summary(
    rows: pd.DataFrame, published: pd.DataFrame, config: Config
) -> pd.DataFrame:
    # Rows of sequences, which make Table 2, stand in the same file.
    rows = rows[rows["task"].isin(list(config.tasks))]
    check_rows(rows, _wanted(config))
    # A figure may be drawn from a seed that is none of the tables'.
    measured = summarise(rows[rows["seed"].isin(config.seeds)])
    printed = published_summary(published, 1, config.table1.tasks)
    return pd.concat([measured, printed], ignore_index=True)


def _wanted(config: Config) -> dict[RowKey, int]:
    """The rows that Table 1 needs, with the sample sizes asked for."""
    e, table = config.evaluation, config.table1
    sizes = {
        "w2_paper": e.paper.points,
        "w2_exact": e.exact.points,
        "sinkhorn_divergence": e.divergence.points,
        "action": e.action.points,
    }
    return {
        (task, method, seed, measure): sizes[measure]
        for task in table.tasks
        for method in (*config.rows(table.methods), *table.controls)
        for seed in config.seeds
        for measure in (DISTANCES if method == FLOOR else sizes)
    }
