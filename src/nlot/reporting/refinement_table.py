"""What the optimal costs of a ground truth depend on."""

import pandas as pd

from nlot.config import Experiment
from nlot.reporting.layout import ABSENT, Block, Row, Table, numbers


def refinement_table(rows: pd.DataFrame, experiment: Experiment) -> Table:
    """The optimal costs that `nlot.ground_truth.refinement` found, a row a setting.

    `rows` have the columns of `nlot.ground_truth.refinement.COLUMNS`; columns of the
    table are their problems, in the order of the preset.
    """
    found = set(rows["problem"])
    problems = tuple(name for name in experiment.problems if name in found)
    lines = []
    for setting, group in rows.groupby("setting", sort=False):
        of = group.set_index("problem")
        cells = tuple(
            f"{of['optimal_cost'][name]:.4f} ({of['change'][name]:+.3f} %)"
            if name in of.index
            else ABSENT
            for name in problems
        )
        lines.append(Row(str(setting), "1", cells))
    block = Block("Optimal cost, and its change from the first row", tuple(lines))
    costs = ["optimal_cost", "change"]
    data = numbers(rows, costs, problem="problem", setting="method")
    caption = (
        "Optimal cost between points of source and target (preset "
        f"{experiment.preset}), one setting changed at a time. Costs are least actions "
        "along polygons, the best found from several starts and from the paths of "
        "neighbouring pairs."
    )
    return Table("refinement", caption, problems, (block,), data)
