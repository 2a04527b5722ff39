"""Tidy rows, looked up."""

from collections.abc import Sequence

import pandas as pd

from nlot.evaluation import DERIVED
from nlot.reporting.papers import is_printed
from nlot.reporting.table import ABSENT


class Measured:
    """Values of tidy rows by problem, method and measure.

    Measures that follow from others (`nlot.evaluation.DERIVED`) are among them.
    """

    def __init__(self, rows: pd.DataFrame):
        every = pd.concat([rows, *(add(rows) for add in DERIVED)])
        self._values = {
            key: group.set_index("seed")["value"]
            for key, group in every.groupby(["problem", "method", "measure"])
        }
        devices = rows.dropna(subset="device").groupby(["problem", "method"])["device"]
        self._devices = {
            key: ", ".join(sorted(set(group.astype(str)))) for key, group in devices
        }
        self._problems = list(rows["problem"].unique())
        self._sizes = {
            key: set(map(int, n))
            for key, n in rows.groupby(["problem", "measure"])["n"]
        }

    def values(self, problem: str, method: str, measure: str) -> pd.Series:
        """By seed; empty where there are none."""
        return self._values.get((problem, method, measure), pd.Series(dtype=float))

    def sizes(self, problem: str, measure: str) -> set[int]:
        """The sample sizes that a measure was taken with."""
        return self._sizes.get((problem, measure), set())

    def device(self, problem: str, method: str) -> str:
        """What the runs were made on."""
        return self._devices.get((problem, method), ABSENT)

    def problems(self, printed: str) -> Sequence[str]:
        """The problems that a printed name stands for; itself where none was run."""
        return [name for name in self._problems if is_printed(name, printed)] or [
            printed
        ]
