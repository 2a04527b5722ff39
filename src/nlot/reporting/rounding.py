"""What another rounding of the same operations changes."""

import pandas as pd

from nlot.config import Experiment
from nlot.reporting.labels import measure_title, row_label
from nlot.reporting.summary import summarise
from nlot.reporting.table import ABSENT, Table, cell, in_print

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
    there["cell"] = [
        f"{cell(mean, sd, digits)} ({change:+.{int(digits)}f})"
        for mean, sd, digits, change in there[
            ["mean", "sd", "decimals", "change"]
        ].to_numpy(float)
    ]
    data, lines = there.reset_index(), []
    data = data[data["measure"].isin(_SHOWN) & data["method"].isin(methods)]
    groups = dict(list(data.groupby(["measure", "method"])))
    for measure in _SHOWN:
        for method in methods:
            if (measure, method) in groups:
                found = groups[measure, method].set_index("problem")
                cells = found["cell"].reindex(problems, fill_value=ABSENT)
                label, runs = row_label(experiment, method), str(found["runs"].max())
                lines.append((measure_title(measure), label, runs, *cells))
    return Table("rounding", _CAPTION, in_print(lines, problems), data)
