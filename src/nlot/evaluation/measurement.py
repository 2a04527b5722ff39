"""Rows as a job of measuring leaves them: in a table, with their provenance beside."""

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from nlot.provenance.files import whole_file, write_csv
from nlot.provenance.record import provenance


class Measurement:
    """Takes rows as they are measured, and notes where they come from.

    `settings` are what all of them have in common. The methods are those of the rows,
    or `method`.
    """

    def __init__(self, settings: Any, method: str | None = None):
        self.tables: list[pd.DataFrame] = []
        self.headers: list[Mapping[str, Any]] = []
        self._settings, self._method = settings, method
        self._since = time.monotonic()

    def add(self, problem: str, seed: int, rows: pd.DataFrame) -> None:
        """Take rows of a problem and seed.

        They took the time since the last ones.
        """
        now = time.monotonic()
        made = provenance(self._settings, seed, now - self._since)
        methods = [self._method] if self._method else dict.fromkeys(rows["method"])
        self.headers.append(
            {"problem": problem, "provenance": made, "methods": list(methods)}
        )
        self.tables.append(rows)
        self._since = now


@contextmanager
def measuring(
    path: str | Path, *, settings: Any, method: str | None = None
) -> Iterator[Measurement]:
    """Write what the block adds to a `Measurement` to `path`, a `.csv` file.

    The `.json` file beside it holds the provenance of having measured it: for each
    method, problem and seed a hash of `settings`, and the time that it took.
    """
    measurement = Measurement(settings, method)
    yield measurement
    write_provenance(measurement.headers, path)
    write_csv(pd.concat(measurement.tables, ignore_index=True), path)


def write_provenance(headers: Iterable[Mapping[str, Any]], path: str | Path) -> None:
    """Write the headers of what stands in `path` beside it.

    A header is that of all its `methods`; of none where nothing was measured.
    """
    text = json.dumps(list(headers), indent=2)
    with whole_file(Path(path).with_suffix(".json")) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def read_measurement(path: str | Path) -> list[dict[str, Any]]:
    """A header for each method and seed, of those that `write_provenance` wrote."""
    headers = json.loads(Path(path).read_text(encoding="utf-8"))
    return [
        {**header, "method": method}
        for header in headers
        for method in header.pop("methods")
    ]
