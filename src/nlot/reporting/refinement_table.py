"""Tables of the ground truth: maps compared with it, and what it depends on."""

import math

import pandas as pd

from nlot.config import Config
from nlot.ground_truth.truth import REFERENCE
from nlot.reporting.captions import refinement_caption, truth_caption
from nlot.reporting.labels import MAP, TRUTH
from nlot.reporting.layout import ABSENT, Block, Row, Table, lay_out
from nlot.reporting.summary import MEASURED, summarise


def truth_table(rows: pd.DataFrame, config: Config) -> Table:
    """Optimal costs, and how far from them methods and controls are.

    `rows` are the tidy rows of a preset, of which those of its tasks count.
    """
    section = config.table1
    wanted = rows["measure"].str.removesuffix(MAP).isin(TRUTH)
    rows = rows[wanted & rows["task"].isin(section.tasks)]
    summary = summarise(rows[rows["seed"].isin(config.seeds)])
    summary = summary[summary["measure"] != "minutes"]
    methods = (REFERENCE, *config.rows(section.methods), *section.controls)
    caption = truth_caption(config, set(summary["measure"]))
    return lay_out("ground_truth", caption, summary, section.tasks, methods, config)


def refinement_table(rows: pd.DataFrame, config: Config) -> Table:
    """The optimal costs that `nlot.ground_truth.refinement` found, a row a setting."""
    tasks = tuple(config.table1.tasks)
    lines = []
    for setting, group in rows.groupby("setting", sort=False):
        found = group.set_index("task")
        cells = tuple(
            f"{found['optimal_cost'][task]:.4f} ({found['change'][task]:+.3f} %)"
            if task in found.index
            else ABSENT
            for task in tasks
        )
        lines.append(Row(str(setting), "1", cells))
    block = Block("Optimal cost, and its change from the first row", tuple(lines))
    numbers = rows.melt(
        ["task", "setting"],
        ["optimal_cost", "change"],
        var_name="measure",
        value_name="mean",
    )
    data = numbers.rename(columns={"setting": "method"}).assign(
        sd=math.nan, runs=1, source=MEASURED
    )
    return Table("refinement", refinement_caption(config), tasks, (block,), data)
