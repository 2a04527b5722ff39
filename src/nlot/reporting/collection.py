"""The measured rows of a preset as one table, and their provenance."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from nlot.evaluation.measurement import read_measurement
from nlot.evaluation.rows import REFERENCE
from nlot.ground_truth.truth import load_truth
from nlot.provenance.files import write_csv
from nlot.provenance.records import Records, origins, write_records
from nlot.runs.store import read_header


def gather(files: Iterable[str | Path]) -> tuple[pd.DataFrame, Records]:
    """All rows among `files`, and their provenance.

    `files` are tables of rows (`.csv`) with the records of
    `nlot.evaluation.measurement` (`.json`), the models that they were measured on
    (`.eqx`) and ground truths (`.npz`). Raises what reading them raises.
    """
    paths = [Path(file) for file in files]
    tables = [pd.read_csv(path) for path in paths if path.suffix == ".csv"]
    # Empty columns have no type, and would take that of the others.
    tables = [table for table in tables if len(table)] or tables[:1]
    truths = [load_truth(path) for path in paths if path.suffix == ".npz"]
    known = origins({**truth.header, "method": REFERENCE} for truth in truths)
    models = [read_header(path.parent) for path in paths if path.suffix == ".eqx"]
    records = Records(origins(models), known).joined(measurements(paths))
    return pd.concat(tables, ignore_index=True), records


def collect(files: Iterable[str | Path], rows: str | Path, record: str | Path) -> None:
    """Write the rows of `gather` to `rows`, and their provenance to `record`."""
    table, records = gather(files)
    write_records(records, record)
    write_csv(table, rows)


def measurements(files: Iterable[str | Path]) -> Records:
    """Records of what was measured, from the `.json` files among `files`."""
    headers = [
        header
        for path in map(Path, files)
        if path.suffix == ".json"
        for header in read_measurement(path)
    ]
    return Records({}, origins(headers))
