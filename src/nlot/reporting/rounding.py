"""What another rounding of the same operations changes."""

import pandas as pd

from nlot.config import Experiment
from nlot.reporting.labels import measure_title, row_label
from nlot.reporting.summary import summarise
from nlot.reporting.table import Table, by_problem, cell

_KEY = ["problem", "method", "measure"]
_SHOWN = ("alignment", "population_error")
_CAPTION = (
    "Runs with the instructions of AVX2 alone (preset rounding), which round "
    "differently: mean ± sample standard deviation over seeds, and in brackets the "
    "change of the mean from the runs above, seed by seed the same. Where paths part, "
    "rounding decides as much as a seed does."
)


def rounding_table(
    rows: pd.DataFrame, others: pd.DataFrame, experiment: Experiment
) -> Table:
    """The methods of `others`, the rows of another rounding, next to those of `rows`.

    In the table's data `mean` and `sd` are those of `others`, and `change` is that
    of the mean.
    """
    methods = [name for name in experiment.methods if name in set(others["method"])]
    problems = [name for name in experiment.problems if name in set(others["problem"])]
    seeds = rows["seed"].isin(others["seed"])
    here, there = (summarise(part).set_index(_KEY) for part in (rows[seeds], others))
    there["change"] = there["mean"] - here["mean"]
    data = there.reset_index()
    data = data[data["measure"].isin(_SHOWN) & data["method"].isin(methods)]
    order = [*_SHOWN, *methods].index
    data = data.sort_values(["measure", "method"], key=lambda names: names.map(order))
    lines = data.groupby(["measure", "method"])
    cells = data.assign(
        block=data["measure"].map(measure_title),
        label=[row_label(experiment, name) for name in data["method"]],
        runs=lines["runs"].transform("max").astype(str),
        cell=[
            f"{cell(mean, sd, digits)} ({change:+.{int(digits)}f})"
            for mean, sd, digits, change in data[
                ["mean", "sd", "decimals", "change"]
            ].to_numpy(float)
        ],
    )
    return Table("rounding", _CAPTION, by_problem(cells, problems), data)
