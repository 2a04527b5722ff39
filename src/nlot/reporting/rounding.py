"""What another rounding of the same operations changes."""

import pandas as pd

from nlot.config import Experiment
from nlot.reporting.labels import measure_title, row_label
from nlot.reporting.summary import summarise
from nlot.reporting.table import Table, by_problem, cell

_KEY = ["problem", "method", "measure"]
# What rounding does not decide.
_TIME = "minutes"
_CAPTION = (
    "Runs with the instructions of AVX2 alone (preset rounding), which round "
    "differently: mean ± sample standard deviation over seeds, and in brackets the "
    "change of the mean from the runs above, seed by seed the same. Where paths part, "
    "rounding decides as much as a seed does."
)


def rounding_table(
    rows: pd.DataFrame, others: pd.DataFrame, name: str, experiment: Experiment
) -> Table:
    """The methods of a table by `others`, the rows of another rounding.

    **Arguments:** `rows` are those that the table shows, `name` is its own. In the
    data of what is returned `mean` and `sd` are those of `others`, and `change` is
    that of the mean.
    """
    entry = experiment.tables[name]
    methods = experiment.rows(entry.methods)
    measures = [name for name in entry.measures if name != _TIME]
    seeds = rows["seed"].isin(others["seed"])
    here, there = (summarise(part).set_index(_KEY) for part in (rows[seeds], others))
    there["change"] = there["mean"] - here["mean"]
    data = there.reset_index()
    data = data[
        data["problem"].isin(entry.problems)
        & data["method"].isin(methods)
        & data["measure"].isin(measures)
    ]
    order = [*measures, *methods].index
    data = data.sort_values(["measure", "method"], key=lambda names: names.map(order))
    lines = data.groupby(["measure", "method"])
    cells = data.assign(
        block=data["measure"].map(measure_title),
        label=[row_label(experiment, row) for row in data["method"]],
        runs=lines["runs"].transform("max").astype(str),
        cell=[
            f"{cell(mean, sd, digits)} ({change:+.{int(digits)}f})"
            for mean, sd, digits, change in data[
                ["mean", "sd", "decimals", "change"]
            ].to_numpy(float)
        ],
    )
    table = f"rounding_{name}"
    return Table(table, _CAPTION, by_problem(cells, entry.problems), data)
