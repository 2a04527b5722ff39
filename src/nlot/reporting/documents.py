"""Keeps the results in the documents equal to the committed rows.

A table stands between a pair of markers, `<!-- name -->` and `<!-- /name -->`, and each
paper's page of claims is a document of its own. All are made of the rows in
results/reference/.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from nlot.config import Experiment, load_config
from nlot.provenance.records import Records, origins, read_records
from nlot.reporting.benchmarks_table import benchmarks_table
from nlot.reporting.claims import Claims, claims
from nlot.reporting.claims_page import markdown
from nlot.reporting.layout import Table
from nlot.reporting.refinement_table import refinement_table
from nlot.reporting.stages import stages_table
from nlot.reporting.statement import stated, statement
from nlot.reporting.summary import read_rows
from nlot.reporting.tables import table
from nlot.reporting.writer import render

# Each paper's claims, and where the rows come from that they are judged by.
Pages = Mapping[str, tuple[Claims, str]]
REFERENCE = Path("results", "reference")
# The tables that stand in a document, in order.
_TABLES = {
    "README.md": ("table1", "table2", "stages"),
    "docs/ground-truth.md": ("ground_truth", "bounds", "refinement"),
    "docs/performance.md": ("benchmarks",),
}
# Of the machine on which results/reference/ was made.
_CORES = 2


def updated(root: Path) -> dict[str, str]:
    """The documents of the repository at `root`, by path, with results made anew.

    Raises `ValueError` when markers are missing.
    """
    return filled(root, reference_tables(root), reference_claims(root))


def filled(root: Path, tables: Mapping[str, Table], pages: Pages) -> dict[str, str]:
    """As `updated`, with `reference_tables` and `reference_claims` that are at hand."""
    documents = {}
    for name, parts in _TABLES.items():
        text = (root / name).read_text(encoding="utf-8")
        for part in parts:
            text = _replaced(name, text, part, render(tables[part], "md"))
        documents[name] = text
    for paper, (found, made) in pages.items():
        # The figures are not kept with the rows.
        documents[f"docs/claims/{paper}.md"] = markdown(found, {}, made)
    return documents


def _replaced(document: str, text: str, part: str, table: str) -> str:
    """`text` with `table` between the markers of `part`."""
    begin, end = f"<!-- {part} -->", f"<!-- /{part} -->"
    made = f"{begin}\n{table}{end}"
    found = re.compile(f"{begin}.*?{end}", re.DOTALL)
    text, replaced = found.subn(lambda _: made, text, count=1)
    if not replaced:
        raise ValueError(f"{document}: no {begin} ... {end}")
    return text


def reference_tables(root: Path) -> dict[str, Table]:
    """The tables of the committed rows of the default preset, by name."""
    experiment, folder = _experiment(root), root / REFERENCE
    rows, records = read_rows(folder / "rows.csv"), read_records(folder / "rows.json")
    refined = refinement_table(pd.read_csv(folder / "refinement.csv"), experiment)
    header = json.loads((folder / "benchmarks.json").read_text(encoding="utf-8"))
    measured = {"problem": "", "method": "benchmarks", "provenance": header}
    return {
        **{
            name: stated(table(rows, name, experiment), records, experiment)
            for name in experiment.tables
        },
        "refinement": replace(refined, provenance=_made(folder / "refinement.json")),
        "benchmarks": benchmarks_table(
            pd.read_csv(folder / "benchmarks.csv"),
            statement(Records({}, origins([measured]))),
        ),
        "stages": _stages(folder),
    }


def _stages(folder: Path) -> Table:
    """Of the default preset, with the paper's beside it where a run of it was kept."""
    names = (folder / "stages.csv", folder / "stages_paper.csv")
    kept = [path for path in names if path.is_file()]
    made = " ".join(_made(path.with_suffix(".json")) for path in kept)
    stages, *gpu = map(pd.read_csv, kept)
    return stages_table(stages, _CORES, made, *gpu)


def reference_claims(root: Path) -> Pages:
    """The claims of each paper, judged by the committed rows."""
    experiment, folder = _experiment(root), root / REFERENCE
    rows, made = read_rows(folder / "rows.csv"), _made(folder / "rows.json")
    return {
        paper: (claims(rows, paper, experiment), made) for paper in experiment.papers()
    }


def _made(records: Path) -> str:
    return statement(read_records(records))


def _experiment(root: Path) -> Experiment:
    return load_config(root / "config" / "config.yaml")
