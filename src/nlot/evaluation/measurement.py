"""Rows as a job of measuring leaves them: in a table, with their provenance beside."""

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from nlot.files import whole_file, write_csv
from nlot.provenance import provenance


@contextmanager
def measuring(
    path: str | Path, *, task: str, seed: int, settings: Any, method: str | None = None
) -> Iterator[list[pd.DataFrame]]:
    """Take the tables that a job appends, and write them to `path`, a `.csv` file.

    The `.json` file beside it holds the provenance of having measured them: `task` (or
    sequence), `seed`, a hash of `settings`, and the time that the block took. The
    methods are those of the rows, or `method`.
    """
    started = time.monotonic()
    parts: list[pd.DataFrame] = []
    yield parts
    rows = pd.concat(parts, ignore_index=True)
    methods = dict.fromkeys(rows["method"]) if method is None else [method]
    made = provenance(settings, seed, time.monotonic() - started)
    write_provenance({"task": task, "provenance": made}, methods, path)
    write_csv(rows, path)


def write_provenance(
    header: Mapping[str, Any], methods: Iterable[str], path: str | Path
) -> None:
    """Write a header of `methods`, which have what it says in common, beside `path`."""
    text = json.dumps({**header, "methods": list(methods)}, indent=2)
    with whole_file(Path(path).with_suffix(".json")) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def read_measurement(path: str | Path) -> list[Mapping[str, Any]]:
    """A header for each method whose rows were measured, of the `.json` file."""
    header = json.loads(Path(path).read_text(encoding="utf-8"))
    methods = header.pop("methods")
    return [{**header, "method": method} for method in methods]
