"""Keeps the rows of a full run: `python -m nlot.reporting.reference results/default`.

Copies the preset's rows.csv to results/reference/ (`rows.csv` for the default preset,
`rows_<preset>.csv` for another), and beside them the provenance of the runs.
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from nlot.files import whole_file
from nlot.storage import read_header

# Folders of runs: of tasks, and of sequences.
_KINDS = ("runs", "metrics")
# What all runs of a preset must agree in, to stand in one file.
_COMMON = ("commit", "versions", "device", "platform")


def keep(results: Path, reference: Path) -> None:
    """Copy rows and provenance from the folder of a preset to `reference`.

    Raises `ValueError` when the runs differ in commit, versions or device.
    """
    headers = [
        read_header(path.parent)["provenance"]
        for kind in _KINDS
        for path in sorted(results.glob(f"{kind}/*/*/*/model.eqx"))
    ]
    record: dict[str, Any] = {}
    for key in _COMMON:
        values = {json.dumps(header[key], sort_keys=True) for header in headers}
        if len(values) != 1:
            raise ValueError(f"{results}: runs differ in {key}: {sorted(values)}")
        record[key] = json.loads(values.pop())
    record["runs"] = len(headers)
    record["training_minutes"] = round(sum(h["minutes"] for h in headers), 1)
    record["finished"] = max(header["created"] for header in headers)

    suffix = "" if results.name == "default" else f"_{results.name}"
    with whole_file(reference / f"rows{suffix}.csv") as path:
        shutil.copyfile(results / "rows.csv", path)
    with whole_file(reference / f"provenance{suffix}.json") as path:
        path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    keep(Path(sys.argv[1]), Path("results/reference"))
