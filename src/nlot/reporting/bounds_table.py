"""Every single run against the bounds on the optimal cost."""

from itertools import product

import pandas as pd

from nlot.config import Experiment
from nlot.evaluation.rows import REFERENCE
from nlot.reporting.labels import row_label
from nlot.reporting.layout import ABSENT, Block, Row, Table, numbers

_KEY = ["problem", "method", "seed"]
_BOUNDS = ["optimal_cost", "optimal_low", "optimal_high"]
_RUNS = ["coupling_gap", "action"]
_TITLES = {
    "coupling_cost": "Cost of the nearest coupling",
    "action": "Mean action of the map",
}


def bounds_table(rows: pd.DataFrame, name: str, experiment: Experiment) -> Table:
    """Where the coupling and the action of each run lie: below, inside or above.

    **Arguments:** tidy rows, of which those of the entry's problems and methods count
    where their ground truth stands among them, and the entry's name.

    The cost of the nearest coupling is the optimal cost and its `coupling_gap`. In the
    table's data `mean` is the cost, and `over` its distance from the interval in
    percent: negative below, 0 inside.
    """
    entry = experiment.tables[name]
    methods = experiment.rows(entry.methods)
    truth = _wide(rows[rows["method"] == REFERENCE], _BOUNDS)
    runs = _wide(rows[rows["method"].isin(methods)], _RUNS)
    found = runs.merge(truth.drop(columns=["method", "seed"]), on="problem").dropna()
    found["coupling_cost"] = found["optimal_cost"] * (1 + found["coupling_gap"] / 100)
    kept = {key: key for key in (*_KEY, *_BOUNDS[1:])}
    data = numbers(found, list(_TITLES), **kept)
    data["over"] = _over(data["mean"], data["optimal_low"], data["optimal_high"])
    cells = {
        (measure, *key): _cell(cost, over)
        for *key, measure, cost, over in data[[*_KEY, "measure", "mean", "over"]].values
    }
    blocks = []
    for measure, title in _TITLES.items():
        lines = []
        for method, seed in product(methods, experiment.seeds_of(entry)):
            keys = [(measure, problem, method, seed) for problem in entry.problems]
            if cells.keys() & set(keys):
                label = f"{row_label(experiment, method)}, seed {seed}"
                shown = tuple(cells.get(key, ABSENT) for key in keys)
                lines.append(Row(label, "1", shown))
        blocks.append(Block(title, tuple(lines)))
    caption = (
        f"Every run (preset {experiment.preset}) against the bounds on the optimal "
        "cost of the measures, the outer ends of 95 % bootstrap intervals: the cost, "
        "and how far it is above (+) or below (-) the interval. The nearest coupling "
        "cannot cost less than the optimal one of the same points; the mean action "
        "can, where the map falls short of the target."
    )
    return Table(name, caption, entry.problems, tuple(blocks), data)


def _wide(rows: pd.DataFrame, measures: list[str]) -> pd.DataFrame:
    """A row for each problem, method and seed, a column for each of `measures`."""
    wide = rows.pivot(index=_KEY, columns="measure", values="value")
    return wide.reindex(columns=measures).reset_index()


def _over(cost: pd.Series, low: pd.Series, high: pd.Series) -> pd.Series:
    """Distance of the cost from the interval, in percent of its nearer end."""
    below, above = (cost / low - 1).clip(upper=0), (cost / high - 1).clip(lower=0)
    return 100 * (below + above)


def _cell(cost: float, over: float) -> str:
    where = "inside" if over == 0 else f"{over:+.3f} %"
    return f"{cost:.4f} ({where})"
