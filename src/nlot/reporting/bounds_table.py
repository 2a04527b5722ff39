"""Every single run against the bounds on the optimal cost."""

import math

import pandas as pd

from nlot.config import Config
from nlot.ground_truth.truth import REFERENCE
from nlot.reporting.captions import bounds_caption
from nlot.reporting.labels import method_label
from nlot.reporting.layout import ABSENT, Block, Row, Table
from nlot.reporting.summary import MEASURED

_KEY = ["task", "method", "seed"]
_TITLES = {
    "coupling_cost": "Cost of the nearest coupling",
    "action": "Mean action of the map",
}


def bounds_table(rows: pd.DataFrame, config: Config) -> Table:
    """Where the coupling and the action of each run lie: below, inside or above.

    `rows` are the tidy rows of a preset; those of its tasks and trained methods count,
    where their ground truth stands among them. The cost of the nearest coupling is the
    optimal cost and its `coupling_gap`. In the table's data `mean` is the cost, and
    `over` its distance from the interval in percent: negative below, 0 inside.
    """
    tasks = config.table1.tasks
    truth = _wide(rows[rows["method"] == REFERENCE]).droplevel(["method", "seed"])
    runs = _wide(rows[rows["method"].isin(config.rows(config.table1.methods))])
    measured = {"optimal_cost", "optimal_low", "optimal_high"} <= set(truth)
    if not measured or not {"coupling_gap", "action"} <= set(runs):
        runs = runs[:0].reindex(columns=["coupling_gap", "action"])
        truth = truth.reindex(columns=["optimal_cost", "optimal_low", "optimal_high"])
    found = runs.reset_index().merge(truth, on="task", suffixes=("", "_truth"))
    found = found.dropna(subset=["coupling_gap", "action"])
    found["coupling_cost"] = found["optimal_cost"] * (1 + found["coupling_gap"] / 100)
    parts = [
        found[[*_KEY]].assign(
            measure=measure,
            mean=found[measure],
            over=_over(found[measure], found["optimal_low"], found["optimal_high"]),
        )
        for measure in _TITLES
    ]
    data = pd.concat(parts, ignore_index=True).assign(
        sd=math.nan, runs=1, source=MEASURED
    )
    blocks = tuple(
        Block(title, _lines(data[data["measure"] == measure], tasks, config))
        for measure, title in _TITLES.items()
    )
    return Table("bounds", bounds_caption(config), tasks, blocks, data)


def _wide(rows: pd.DataFrame) -> pd.DataFrame:
    """A row for each task, method and seed, a column for each measure."""
    return rows.pivot(index=_KEY, columns="measure", values="value")


def _over(cost: pd.Series, low: pd.Series, high: pd.Series) -> pd.Series:
    """Distance of the cost from the interval, in percent of its nearer end."""
    below, above = (cost / low - 1).clip(upper=0), (cost / high - 1).clip(lower=0)
    return 100 * (below + above)


def _lines(
    data: pd.DataFrame, tasks: tuple[str, ...], config: Config
) -> tuple[Row, ...]:
    cells = {
        (task, method, seed): _cell(mean, over)
        for task, method, seed, mean, over in data[[*_KEY, "mean", "over"]].itertuples(
            index=False, name=None
        )
    }
    return tuple(
        Row(
            f"{method_label(method)}, seed {seed}",
            "1",
            tuple(cells.get((task, method, seed), ABSENT) for task in tasks),
        )
        for method in config.rows(config.table1.methods)
        for seed in config.seeds
        if any((task, method, seed) in cells for task in tasks)
    )


def _cell(cost: float, over: float) -> str:
    where = "inside" if over == 0 else f"{over:+.3f} %"
    return f"{cost:.4f} ({where})"
