"""From tidy rows to means and standard deviations over seeds."""

from collections.abc import Iterable
from itertools import product
from pathlib import Path

import pandas as pd

from nlot import papers
from nlot.config import Experiment, TableConfig
from nlot.evaluation import DERIVED
from nlot.evaluation.applicable import applicable
from nlot.evaluation.rows import COLUMNS, REFERENCE
from nlot.reporting.labels import decimals

MEASURED = "measured"
_KEY = ["problem", "method", "seed", "measure"]
_OVER_SEEDS = {"mean": "mean", "sd": "std", "runs": "count"}
# Percentages of the optimal cost.
_PERCENT = {"action_gap", "coupling_gap", "duality_gap"}
# Number of faults that an error message lists.
_NAMED = 8


class RowsError(ValueError):
    """Rows from which tables cannot be made; the message names those at fault."""


def read_rows(path: str | Path) -> pd.DataFrame:
    """The tidy rows in the file at `path`. Raises `RowsError` for other columns."""
    rows = pd.read_csv(path)
    missing = [name for name in COLUMNS if name not in rows]
    if missing:
        raise RowsError(f"{path}: no column {', '.join(missing)}")
    return rows


def check_rows(rows: pd.DataFrame, entry: TableConfig, experiment: Experiment) -> None:
    """Raise `RowsError` for duplicate or missing rows, and name them.

    Every row of a table needs all measures expected for it
    (`nlot.evaluation.applicable`), except percentages of an optimal cost that is zero.
    """
    doubled = rows[rows.duplicated(_KEY)]
    _refuse("rows are doubled", doubled[_KEY].itertuples(index=False, name=None))
    found = set(rows[_KEY].itertuples(index=False, name=None))
    shown = (*experiment.rows(entry.methods), *entry.controls)
    wanted = {
        (problem, row, seed, measure)
        for problem, row in product(entry.problems, shown)
        # The ground truth has one seed.
        for seed in ([] if row == REFERENCE else experiment.seeds_of(entry))
        for measure in applicable(experiment, row, problem)
    }
    optimum = rows[rows["measure"] == "optimal_cost"].set_index("problem")["value"]
    free = set(optimum.index[optimum <= 0])
    missing = {k for k in wanted - found if k[0] not in free or k[3] not in _PERCENT}
    _refuse("rows are missing", sorted(missing))


def _refuse(fault: str, faulty: Iterable[tuple]) -> None:
    keys = list(faulty)
    if keys:
        named = "; ".join(" ".join(map(str, key)) for key in keys[:_NAMED])
        more = f"; and {len(keys) - _NAMED} more" if len(keys) > _NAMED else ""
        raise RowsError(f"{fault} ({' '.join(_KEY[: len(keys[0])])}): {named}{more}")


def summarise(rows: pd.DataFrame) -> pd.DataFrame:
    """Mean and sample standard deviation over seeds of each measure.

    Derived measures (`nlot.evaluation.DERIVED`) are added. Columns: problem, method,
    measure, mean, sd (NaN for one seed), runs (number of seeds), n (sample size),
    decimals (digits to show) and source ("measured").
    """
    rows = pd.concat([rows, *(add(rows) for add in DERIVED)], ignore_index=True)
    # `std` divides by the number of seeds minus one.
    found = rows.groupby(["problem", "method", "measure"], sort=False, as_index=False)
    values = {name: ("value", how) for name, how in _OVER_SEEDS.items()}
    summary = found.agg(**values, n=("n", "first"))
    return summary.assign(decimals=summary["measure"].map(decimals), source=MEASURED)


def published_summary(entry: TableConfig) -> pd.DataFrame:
    """The numbers of an entry's published table, in the format of `summarise`.

    They keep the printed digits; their source is the paper. Numbers for a problem are
    repeated for each of ours that matches it by `papers.is_printed`.
    """
    assert entry.published is not None
    paper, number = entry.published.split("/")
    printed = papers.numbers(paper)
    printed = printed[printed["table"] == number]
    pairs = [
        (problem, name)
        for problem in entry.problems
        for name in printed["problem"].unique()
        if papers.is_printed(problem, name)
    ]
    names = {"ours": "problem", "value": "mean", "trials": "runs"}
    found = pd.DataFrame(pairs, columns=["ours", "problem"]).merge(printed)
    found = found.drop(columns=["problem", "table"]).rename(columns=names)
    return found.assign(source=paper)
