"""Tables of optimal costs: every run against their bounds, and refinements."""

import pandas as pd

from nlot.config import Experiment
from nlot.evaluation.rows import REFERENCE
from nlot.reporting.labels import row_label
from nlot.reporting.summary import MEASURED
from nlot.reporting.table import Table, by_problem

_KEY = ["problem", "method", "seed"]
_BOUNDS = ["optimal_cost", "optimal_low", "optimal_high"]
_TITLES = {
    "coupling_cost": "Cost of the nearest coupling",
    "action": "Mean action of the map",
}
_CAPTION = (
    "Every run (preset {}) against the bounds on the optimal cost of the measures, the "
    "outer ends of 95 % bootstrap intervals: the cost, and how far it is above (+) or "
    "below (-) the interval. The nearest coupling cannot cost less than the optimal "
    "one of the same points; the mean action can, where the map falls short of the "
    "target."
)


def bounds_table(rows: pd.DataFrame, name: str, experiment: Experiment) -> Table:
    """Where the coupling and the action of each run lie: below, inside or above.

    **Arguments:** tidy rows, of which those of the entry's methods are used for the
    entry's problems with a ground truth among the rows, and the entry's name.

    The cost of the nearest coupling is the optimal cost and its `coupling_gap`. In the
    table's data `mean` is the cost, and `over` its distance from the interval in
    percent: negative below, 0 inside.
    """
    entry = experiment.tables[name]
    methods = experiment.rows(entry.methods)
    wide = rows.pivot(index=_KEY, columns="measure", values="value").reset_index()
    wide = wide.reindex(columns=[*_KEY, *_BOUNDS, "coupling_gap", "action"])
    truth = wide.loc[wide["method"] == REFERENCE, ["problem", *_BOUNDS]]
    runs = wide[wide["method"].isin(methods)].drop(columns=_BOUNDS)
    found = runs.merge(truth, on="problem").dropna()
    found["coupling_cost"] = found["optimal_cost"] * (1 + found["coupling_gap"] / 100)
    data = found.melt([*_KEY, *_BOUNDS], [*_TITLES], "measure", "mean")
    below = (data["mean"] / data["optimal_low"] - 1).clip(upper=0)
    above = (data["mean"] / data["optimal_high"] - 1).clip(lower=0)
    data = data.assign(over=100 * (below + above), source=MEASURED)
    order = [*_TITLES, *methods, *experiment.seeds_of(entry)].index
    data = data.sort_values(
        ["measure", "method", "seed"], key=lambda names: names.map(order)
    )
    cells = data.assign(
        block=data["measure"].map(_TITLES),
        label=[
            f"{row_label(experiment, method)}, seed {seed}"
            for method, seed in zip(data["method"], data["seed"], strict=True)
        ],
        runs="1",
        cell=[*map(_cell, data["mean"], data["over"])],
    )
    caption = _CAPTION.format(experiment.preset)
    return Table(name, caption, by_problem(cells, entry.problems), data)


def _cell(cost: float, over: float) -> str:
    return f"{cost:.4f} ({'inside' if over == 0 else f'{over:+.3f} %'})"


def refinement_table(rows: pd.DataFrame, experiment: Experiment) -> Table:
    """The optimal costs that `nlot.ground_truth.refinement` found, one row per setting.

    `rows` have the columns of `nlot.ground_truth.refinement.COLUMNS`; columns of the
    table are their problems, in the order of the preset.
    """
    found = set(rows["problem"])
    problems = [name for name in experiment.problems if name in found]
    costs, changes = rows["optimal_cost"], rows["change"]
    cells = rows.assign(
        block="Optimal cost, and its change from the first row",
        label=rows["setting"],
        runs="1",
        cell=[f"{c:.4f} ({d:+.3f} %)" for c, d in zip(costs, changes, strict=True)],
    )
    caption = (
        "Optimal cost between points of source and target (preset "
        f"{experiment.preset}), one setting changed at a time. Costs are least actions "
        "along polygons, the best found from several starts and from the paths of "
        "neighbouring pairs."
    )
    data = rows.rename(columns={"setting": "method"})
    data = data.melt(
        ["problem", "method"], ["optimal_cost", "change"], "measure", "mean"
    )
    return Table("refinement", caption, by_problem(cells, problems), data)
