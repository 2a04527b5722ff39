"""Rows as a job of measuring leaves them: in a table, with their provenance beside."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from nlot.files import whole_file, write_csv
from nlot.provenance import provenance


def write_measurement(
    rows: pd.DataFrame,
    path: str | Path,
    *,
    task: str,
    seed: int,
    settings: Any,
    seconds: float,
) -> None:
    """Write the tidy rows of a task or sequence to `path`, a `.csv` file.

    The `.json` file beside it holds the provenance of having measured them, with
    `settings`, in so many seconds.
    """
    header = {"task": task, "provenance": provenance(settings, seed, seconds)}
    write_provenance(header, dict.fromkeys(rows["method"]), path)
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
