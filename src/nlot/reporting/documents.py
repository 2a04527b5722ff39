"""Keeps the results in the documents equal to the committed rows.

A table stands between a pair of markers, `<!-- name -->` and `<!-- /name -->`, and the
page of claims is a document of its own. All are made of the rows in results/reference/.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from nlot.config import Config, load_config
from nlot.provenance.records import Records, origins, read_records
from nlot.reporting.benchmarks_table import benchmarks_table
from nlot.reporting.bounds_table import bounds_table
from nlot.reporting.claims import Group, claims, joined
from nlot.reporting.claims_page import markdown
from nlot.reporting.layout import Table
from nlot.reporting.published import (
    published_rows,
    published_statements,
    published_tasks,
)
from nlot.reporting.stages import stages_table
from nlot.reporting.statement import stated, statement
from nlot.reporting.summary import read_rows
from nlot.reporting.table2 import table2
from nlot.reporting.tables import supplementary_table, table1
from nlot.reporting.truth_tables import refinement_table, truth_table
from nlot.reporting.writer import render

REFERENCE = Path("results", "reference")
# The tables that stand in a document, in order.
_TABLES = {
    "README.md": ("table1", "table2", "stages"),
    "docs/ground-truth.md": ("ground_truth", "bounds", "refinement"),
    "docs/performance.md": ("benchmarks",),
}
_CLAIMS = "docs/claims.md"
# Of the machine on which results/reference/ was made.
_CORES = 2
DOCUMENTS = (*_TABLES, _CLAIMS)


def updated(root: Path) -> dict[str, str]:
    """The documents of the repository at `root`, by path, with results made anew.

    Raises `ValueError` when markers are missing.
    """
    return filled(root, reference_tables(root), reference_claims(root))


def filled(
    root: Path, tables: Mapping[str, Table], groups: Sequence[Group]
) -> dict[str, str]:
    """As `updated`, with `reference_tables` and `reference_claims` that are at hand."""
    documents = {}
    for name, parts in _TABLES.items():
        text = (root / name).read_text(encoding="utf-8")
        for part in parts:
            text = _replaced(name, text, part, render(tables[part], "md"))
        documents[name] = text
    # The figures are not kept with the rows.
    provenance = reference_provenance(root)
    documents[_CLAIMS] = markdown(groups, _config(root), {}, provenance)
    return documents


def reference_tables(root: Path) -> dict[str, Table]:
    """The tables of the committed rows of the default preset, by name."""
    config, published = _config(root), published_rows()
    rows = read_rows(root / REFERENCE / "rows.csv")
    metric_rows = read_rows(root / REFERENCE / "metric_rows.csv")
    refined = pd.read_csv(root / REFERENCE / "refinement.csv")
    records, metric_records = _records(root)
    tables = {
        "table1": table1(rows, published, config),
        "supplement": supplementary_table(rows, published, config),
        "ground_truth": truth_table(rows, config),
        "bounds": bounds_table(rows, config),
    }
    return {
        **{name: stated(table, records, config) for name, table in tables.items()},
        "refinement": replace(
            refinement_table(refined, config),
            provenance=statement(read_records(root / REFERENCE / "refinement.json")),
        ),
        "table2": stated(
            table2(metric_rows, published, config), metric_records, config
        ),
        "benchmarks": benchmarks_table(
            pd.read_csv(root / REFERENCE / "benchmarks.csv"),
            _measured(root / REFERENCE / "benchmarks.json"),
        ),
        "stages": _stages(root / REFERENCE),
    }


def _stages(folder: Path) -> Table:
    """Of the default preset, with the paper's beside it where a run of it was kept."""
    stages, gpu = folder / "stages.csv", folder / "stages_paper.csv"
    kept = [path for path in (stages, gpu) if path.is_file()]
    return stages_table(
        pd.read_csv(stages),
        _CORES,
        " ".join(statement(read_records(path.with_suffix(".json"))) for path in kept),
        gpu=pd.read_csv(gpu) if gpu in kept else None,
    )


def reference_provenance(root: Path) -> str:
    """Where the committed rows of the default preset come from."""
    records, metric_records = _records(root)
    return statement(records.joined(metric_records))


def _measured(path: Path) -> str:
    """Where benchmarks come from, by what `python -m benchmarks` wrote beside them."""
    header = json.loads(path.read_text(encoding="utf-8"))
    named = {"task": "benchmarks", "method": "benchmarks", "provenance": header}
    return statement(Records({}, origins([named])))


def _records(root: Path) -> tuple[Records, Records]:
    """Of the committed rows of tasks, and of those of sequences."""
    folder = root / REFERENCE
    return read_records(folder / "rows.json"), read_records(folder / "metric_rows.json")


def reference_claims(root: Path) -> list[Group]:
    """The claims, judged by the committed rows of the default preset."""
    rows = joined(
        read_rows(root / REFERENCE / "rows.csv"),
        read_rows(root / REFERENCE / "metric_rows.csv"),
    )
    printed = published_rows(), published_statements(), published_tasks()
    return claims(rows, *printed, _config(root))


def _config(root: Path) -> Config:
    return load_config(root / "config" / "config.yaml")


def _replaced(document: str, text: str, part: str, table: str) -> str:
    """`text` with `table` between the markers of `part`."""
    begin, end = f"<!-- {part} -->", f"<!-- /{part} -->"
    head, begun, rest = text.partition(begin)
    _, ended, tail = rest.partition(end)
    if not begun or not ended:
        raise ValueError(f"{document}: no {begin} ... {end}")
    return f"{head}{begin}\n{table}{end}{tail}"
