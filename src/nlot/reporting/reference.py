"""Keeps the rows of a run of the workflow: `python -m nlot.reporting.reference FOLDER`.

Copies the rows of a preset, such as results/default, to results/reference/: `rows.csv`
and `metric_rows.csv` for the default preset, `rows_<preset>.csv` and so on for another.
The provenance of the runs behind them stands beside each, by method. Methods and
controls without rows in the folder keep those that they have: after a new one, only
that needs to be run. What the optimal costs depend on is kept likewise, by task, in
`refinement.csv`.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pandas as pd

from nlot.files import whole_file, write_csv
from nlot.storage import read_header

# Rows, and the folder of the runs that they are measured on.
_PARTS = {"rows": "runs", "metric_rows": "metrics"}
# What all runs of a method must agree in, to stand in one file.
_COMMON = ("commit", "versions", "device", "platform")


def keep(results: Path, reference: Path) -> None:
    """Take rows and provenance from the folder of a preset over to `reference`.

    Keeps what the preset has made of its two files of rows. Raises `ValueError` where
    it has made none, or when the runs of a method differ in commit, versions or device.
    """
    suffix = _suffix(results)
    made = [name for name in _PARTS if (results / f"{name}.csv").is_file()]
    if not made:
        raise ValueError(f"{results}: no rows.csv and no metric_rows.csv")
    records = {name: _records(results, _PARTS[name]) for name in made}
    for name in made:
        rows = pd.read_csv(results / f"{name}.csv")
        table = reference / f"{name}{suffix}.csv"
        notes = table.with_suffix(".json")
        record = records[name]
        if table.is_file():
            old = pd.read_csv(table)
            old = old[~old["method"].isin(rows["method"])]
            rows = pd.concat([old, rows], ignore_index=True)
            record = {**json.loads(notes.read_text(encoding="utf-8")), **record}
        write_csv(rows, table)
        with whole_file(notes) as path:
            path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    keep_refinement(results, reference)


def keep_refinement(results: Path, reference: Path) -> None:
    """Take over what the optimal costs depend on, of the tasks that `results` has."""
    suffix = _suffix(results)
    parts = [pd.read_csv(path) for path in sorted(results.glob("refinement/*.csv"))]
    if not parts:
        return
    rows, table = pd.concat(parts), reference / f"refinement{suffix}.csv"
    if table.is_file():
        old = pd.read_csv(table)
        rows = pd.concat([old[~old["task"].isin(rows["task"])], rows])
    write_csv(rows, table)


def _suffix(results: Path) -> str:
    return "" if results.name == "default" else f"_{results.name}"


def _records(results: Path, folder: str) -> dict[str, dict[str, Any]]:
    """By method: what its runs have in common, their number and total time."""
    found = defaultdict(list)
    for path in sorted(results.glob(f"{folder}/*/*/*/model.eqx")):
        header = read_header(path.parent)
        found[header["method"]].append(header["provenance"])
    return {
        method: _record(f"{results}/{folder}: runs of {method}", headers)
        for method, headers in found.items()
    }


def _record(name: str, headers: list[dict[str, Any]]) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for key in _COMMON:
        values = {json.dumps(header[key], sort_keys=True) for header in headers}
        if len(values) != 1:
            raise ValueError(f"{name} differ in {key}: {sorted(values)}")
        record[key] = json.loads(values.pop())
    record["runs"] = len(headers)
    record["training_minutes"] = round(sum(h["minutes"] for h in headers), 1)
    record["finished"] = max(header["created"] for header in headers)
    return record


if __name__ == "__main__":
    keep(Path(sys.argv[1]), Path("results/reference"))
