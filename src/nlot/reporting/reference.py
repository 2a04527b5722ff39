"""Keeps the rows of a run of the workflow: `python -m nlot.reporting.reference FOLDER`.

Copies the rows of a preset, such as results/record, to results/reference/: `rows.csv`
for the preset `record`, `rows_<preset>.csv` for another. The records of their
provenance go to a `.json` file of the same name. Methods and controls without rows in
the folder keep their old rows: only new ones need to be run. Refinements of optimal
costs are kept in the same way, by problem, in `refinement.csv`.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from nlot.provenance.files import write_csv
from nlot.provenance.records import COMMON, Records, chosen, read_records, write_records
from nlot.reporting.collection import measurements

# The preset of the first study's committed rows.
RECORD = "record"


def keep(results: Path, reference: Path) -> None:
    """Copy rows and their records from the folder of a preset to `reference`.

    Raises `ValueError` if it has no rows, or if the runs of a method differ in commit,
    versions, device or platform.
    """
    if not (results / "rows.csv").is_file():
        raise ValueError(f"{results}: no rows.csv")
    records = read_records(results / "rows.json")
    _check(f"{results / 'rows.json'}", records)
    table = reference / f"rows{suffix_of(results)}.csv"
    rows = pd.read_csv(results / "rows.csv")
    _update(table, rows, "method", lambda old: old.updated(records), records)
    keep_refinement(results, reference)


def keep_refinement(results: Path, reference: Path) -> None:
    """Copy the refinements of optimal costs, for the problems in `results`."""
    parts = [pd.read_csv(path) for path in sorted(results.glob("refinement/*.csv"))]
    if not parts:
        return
    rows, table = pd.concat(parts), reference / f"refinement{suffix_of(results)}.csv"
    records = measurements(sorted(results.glob("refinement/*.json")))
    done = set(rows["problem"])

    def joined(old: Records) -> Records:
        others = chosen(old.evaluation, lambda _, job: job.problem not in done)
        return Records({}, others).joined(records)

    _update(table, rows, "problem", joined, records)


def _update(
    table: Path,
    rows: pd.DataFrame,
    by: str,
    joined: Callable[[Records], Records],
    records: Records,
) -> None:
    """Write rows and records, replacing those with the same `by`."""
    notes = table.with_suffix(".json")
    if table.is_file():
        old = pd.read_csv(table)
        rows = pd.concat([old[~old[by].isin(rows[by])], rows], ignore_index=True)
        records = joined(read_records(notes))
    write_csv(rows, table)
    write_records(records, notes)


def suffix_of(results: Path) -> str:
    """The suffix of the names of a preset's kept files; empty for `RECORD`."""
    return "" if results.name == RECORD else f"_{results.name}"


def _check(name: str, records: Records) -> None:
    """Check that the runs of each method have the same provenance."""
    for method, origins in records.training.items():
        for key in COMMON:
            values = {json.dumps(getattr(o, key), sort_keys=True) for o in origins}
            if len(values) > 1:
                found = ", ".join(sorted(values))
                raise ValueError(f"{name}: runs of {method} differ in {key}: {found}")


if __name__ == "__main__":
    keep(Path(sys.argv[1]), Path("results/reference"))
