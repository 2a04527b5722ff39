"""What papers print: numbers and statements, and the tasks that they are of."""

from importlib.resources import files

import pandas as pd
import yaml
from pydantic import TypeAdapter

from nlot.config import SequenceConfig, TaskConfig

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


def published_statements() -> pd.DataFrame:
    """What the paper says of its tables and figures, and what must hold if it is so.

    Columns: `section` of the configuration that the runs belong to, `where` in the
    paper, `says` (its words), `holds` (the criterion in words, with `{factor}`),
    `tasks` (names apart by spaces), `measure` of `method`, `rule` ("mean" or "every",
    see `nlot.reporting.verdicts`), and what it is to be better than: `factor` times
    `against_measure` of `against_method` of the same task and seed, or `factor` itself.
    """
    with (files("nlot.reporting") / "statements.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, keep_default_na=False)


def published_tasks() -> dict[str, TaskConfig | SequenceConfig]:
    """The tasks and sequences that published results are of, by the names there."""
    text = (files("nlot.reporting") / "published_tasks.yaml").read_text("utf-8")
    given = yaml.safe_load(text)
    tasks = TypeAdapter(dict[str, TaskConfig]).validate_python(given["tasks"])
    sequences = TypeAdapter(dict[str, SequenceConfig]).validate_python(
        given["sequences"]
    )
    return {**tasks, **sequences}
