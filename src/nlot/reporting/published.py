"""The numbers that papers print, kept in one data file with their source."""

from importlib.resources import files

import pandas as pd

PUBLISHED = "published_"


def published_rows() -> pd.DataFrame:
    """Published results, one row a (table, task, method, measure).

    Columns: `table` (its number in `source`), `task`, `method` (starts with
    "published_"), `measure`, `value` and `sd` in the unit of the measure (`sd` is NaN
    where one value is printed), `trials`, `decimals` (digits printed after the point)
    and `source`.
    """
    with (files("nlot.reporting") / "published.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)
