"""Rebuilds what is made from the committed rows and from the package: `make docs`.

Nothing is trained or measured. Tables and pages of claims go to
results/reference/tables/; the studies' pages and docs/claims/ are documentation, and so
is the reference of all keys.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd

from nlot.config import Experiment, load_config
from nlot.config.reference import reference_files
from nlot.provenance.files import whole_file
from nlot.provenance.records import Records, origins, read_records
from nlot.reporting.claims import claims
from nlot.reporting.claims_page import render_claims
from nlot.reporting.reference import RECORD, suffix_of
from nlot.reporting.rounding import rounding_table
from nlot.reporting.statement import stated, statement
from nlot.reporting.summary import read_rows
from nlot.reporting.table import FORMATS, Table, render, templates
from nlot.reporting.tables import table
from nlot.reporting.timings import benchmarks_table, stages_table
from nlot.reporting.truth_tables import refinement_table

REFERENCE = Path("results", "reference")
# The page of each study, by its preset.
PAGES = {
    RECORD: "results.md",
    "density": "density-study.md",
    "costs": "costs-study.md",
    "paired_cells": "paired-cells.md",
    "obstacles": "obstacles.md",
    "spheres": "spheres.md",
    "lidar": "lidar.md",
    "populations": "populations.md",
    "views": "views.md",
}
# Cores of the machine on which results/reference/ was made.
_CORES = 2


def rebuild(root: Path) -> list[Path]:
    """Write all files in the repository at `root`; returns their paths."""
    texts = made(root)
    for name, text in texts.items():
        with whole_file(root / name) as path:
            path.write_text(text, encoding="utf-8")
    return [root / name for name in texts]


def made(root: Path) -> dict[str, str]:
    """Texts of the files to write, by their paths in the repository at `root`."""
    texts = reference_files()
    for preset in PAGES:
        texts |= _study(root, preset)
    return texts


def _study(root: Path, preset: str) -> dict[str, str]:
    """Tables, page and claims of a study."""
    experiment = load_config(root / "config" / f"{preset}.yaml")
    suffix, kept = _suffix(experiment), (REFERENCE / "tables").as_posix()
    tables, texts = reference_tables(root, preset), dict[str, str]()
    for name, found in tables.items():
        for kind in FORMATS:
            texts[f"{kept}/{name}{suffix}.{kind}"] = render(found, kind)
    shown = {name: render(found, "md") for name, found in tables.items()}
    page = PAGES[preset]
    texts[f"docs/{page}"] = templates().get_template(page).render(shown)
    path = root / REFERENCE / f"rows{suffix}.csv"
    rows, provenance = read_rows(path), _provenance(path.with_suffix(".json"))
    for paper in experiment.papers():
        judged = claims(rows, paper, experiment)
        for name, kind in (
            (f"{kept}/claims_{paper}", "html"),
            (f"docs/claims/{paper}", "md"),
        ):
            # The figures are not kept with the rows.
            texts[f"{name}.{kind}"] = render_claims(judged, kind, {}, provenance)
    return texts


def reference_tables(root: Path, preset: str = RECORD) -> dict[str, Table]:
    """The tables of a study's committed rows, by name.

    Those of benchmarks and of refined truths are the first study's.

    **Arguments:** the repository, and a key of `PAGES`.
    """
    experiment = load_config(root / "config" / f"{preset}.yaml")
    path = root / REFERENCE / f"rows{_suffix(experiment)}.csv"
    rows, records = read_rows(path), read_records(path.with_suffix(".json"))
    tables = {
        name: stated(table(rows, name, experiment), records, experiment)
        for name in experiment.tables
    }
    more = _more(root, rows, experiment) if preset == RECORD else {}
    return tables | more


def _more(root: Path, rows: pd.DataFrame, experiment: Experiment) -> dict[str, Table]:
    """Tables that are not of measured rows alone."""
    folder = root / REFERENCE
    frames = {path.stem: pd.read_csv(path) for path in folder.glob("*.csv")}
    tables = {
        "refinement": refinement_table(frames["refinement"], experiment),
        "stages": stages_table(
            frames["stages_default"], _CORES, frames.get("stages_paper")
        ),
        "benchmarks": benchmarks_table(frames["benchmarks"]),
    }
    files = {name: name for name in tables} | {"stages": "stages_default"}
    rounded = frames["rows_rounding"]
    for name in load_config(root / "config" / "rounding.yaml").tables:
        found = rounding_table(rows, rounded, name, experiment)
        tables[found.name] = found
        files[found.name] = "rows_rounding"
    return {
        name: replace(found, provenance=_provenance(folder / f"{files[name]}.json"))
        for name, found in tables.items()
    }


def _suffix(experiment: Experiment) -> str:
    return suffix_of(Path(experiment.preset))


def _provenance(path: Path) -> str:
    """Provenance from the records in a file, or from the one header of benchmarks."""
    data = json.loads(path.read_text(encoding="utf-8"))
    if "versions" in data:
        header = {"problem": "", "method": "", "provenance": data}
        return statement(Records({}, origins([header])))
    return statement(read_records(path))


if __name__ == "__main__":
    for written in rebuild(Path()):
        sys.stdout.write(f"{written}\n")
