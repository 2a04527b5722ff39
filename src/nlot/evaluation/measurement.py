"""The output of an evaluation job: a table of rows, and their provenance."""

import json
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from nlot.provenance.files import whole_file, write_csv
from nlot.provenance.record import provenance


def write_measured(
    parts: Iterable[tuple[str, int, pd.DataFrame]],
    path: str | Path,
    *,
    settings: Any,
    method: str | None = None,
) -> None:
    """Write rows to `path`, a `.csv` file, and their provenance to the `.json` file.

    **Arguments:** `parts` yields a problem, a seed and their rows, measured lazily;
    `settings` are common to all parts. The methods are those of the rows, or `method`.

    Provenance is that of the measurement: for each method, problem and seed a hash of
    `settings`, and the time that it took.
    """
    tables, headers, since = [], [], time.monotonic()
    for problem, seed, rows in parts:
        now = time.monotonic()
        made = provenance(settings, seed, now - since)
        methods = [method] if method else list(dict.fromkeys(rows["method"]))
        headers.append({"problem": problem, "provenance": made, "methods": methods})
        tables.append(rows)
        since = now
    write_provenance(headers, path)
    write_csv(pd.concat(tables, ignore_index=True), path)


def write_provenance(headers: Iterable[Mapping[str, Any]], path: str | Path) -> None:
    """Write the headers of the rows in `path` to a `.json` file of the same name.

    A header applies to all its `methods`, none if nothing was measured.
    """
    text = json.dumps(list(headers), indent=2)
    with whole_file(Path(path).with_suffix(".json")) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def read_measurement(path: str | Path) -> list[dict[str, Any]]:
    """The headers that `write_provenance` wrote, one for each method and seed."""
    headers = json.loads(Path(path).read_text(encoding="utf-8"))
    return [
        {**header, "method": method}
        for header in headers
        for method in header.pop("methods")
    ]
