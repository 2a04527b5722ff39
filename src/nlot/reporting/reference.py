"""Keeps the rows of a full run: `python -m nlot.reporting.reference results/default`.

Copies the preset's rows to results/reference/ (`rows.csv` and `metric_rows.csv` for the
default preset, `rows_<preset>.csv` and so on for another), and beside each the
provenance of the runs behind it. The rows of learned metrics stand in a file of their
own, as they can be made without the other runs.
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from nlot.files import whole_file
from nlot.storage import read_header

# Rows, and the folder of the runs that they are measured on.
_PARTS = {"rows": "runs", "metric_rows": "metrics"}
# What all runs of a preset must agree in, to stand in one file.
_COMMON = ("commit", "versions", "device", "platform")


def keep(results: Path, reference: Path) -> None:
    """Copy rows and provenance from the folder of a preset to `reference`.

    Keeps what the preset has made of its two files of rows. Raises `ValueError` where
    it has made none, or when the runs behind one differ in commit, versions or device.
    """
    suffix = "" if results.name == "default" else f"_{results.name}"
    made = [name for name in _PARTS if (results / f"{name}.csv").is_file()]
    if not made:
        raise ValueError(f"{results}: no rows.csv and no metric_rows.csv")
    for name in made:
        record = _record(results, _PARTS[name])
        with whole_file(reference / f"{name}{suffix}.csv") as path:
            shutil.copyfile(results / f"{name}.csv", path)
        with whole_file(reference / f"{name}{suffix}.json") as path:
            path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def _record(results: Path, folder: str) -> dict[str, Any]:
    """What the runs in a folder have in common, their number and total time."""
    headers = [
        read_header(path.parent)["provenance"]
        for path in sorted(results.glob(f"{folder}/*/*/*/model.eqx"))
    ]
    record: dict[str, Any] = {}
    for key in _COMMON:
        values = {json.dumps(header[key], sort_keys=True) for header in headers}
        if len(values) != 1:
            raise ValueError(
                f"{results}/{folder}: runs differ in {key}: {sorted(values)}"
            )
        record[key] = json.loads(values.pop())
    record["runs"] = len(headers)
    record["training_minutes"] = round(sum(h["minutes"] for h in headers), 1)
    record["finished"] = max(header["created"] for header in headers)
    return record


if __name__ == "__main__":
    keep(Path(sys.argv[1]), Path("results/reference"))
