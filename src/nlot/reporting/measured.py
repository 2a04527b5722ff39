"""Tidy rows, looked up."""

from collections.abc import Sequence

import pandas as pd

from nlot.reporting.layout import ABSENT
from nlot.reporting.summary import is_printed, training_minutes


class Measured:
    """Values of tidy rows by task, method and measure.

    Minutes of training and misalignments, one less the alignments, are measures, too.
    """

    def __init__(self, rows: pd.DataFrame):
        aligned = rows[rows["measure"] == "alignment"]
        missed = aligned.assign(measure="misalignment", value=1 - aligned["value"])
        every = pd.concat([rows, missed, training_minutes(rows)])
        self._values = {
            key: group.set_index("seed")["value"]
            for key, group in every.groupby(["task", "method", "measure"])
        }
        devices = rows.dropna(subset="device").groupby(["task", "method"])["device"]
        self._devices = {
            key: ", ".join(sorted(set(group.astype(str)))) for key, group in devices
        }
        self._tasks = list(rows["task"].unique())

    def values(self, task: str, method: str, measure: str) -> pd.Series:
        """By seed; empty where there are none."""
        return self._values.get((task, method, measure), pd.Series(dtype=float))

    def device(self, task: str, method: str) -> str:
        """What the runs were made on."""
        return self._devices.get((task, method), ABSENT)

    def tasks(self, printed: str) -> Sequence[str]:
        """The tasks that a printed name stands for; itself where none was run."""
        return [name for name in self._tasks if is_printed(name, printed)] or [printed]
