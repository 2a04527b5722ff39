"""Keeps the results in the documents equal to the committed rows.

A table stands between a pair of markers, `<!-- name -->` and `<!-- /name -->`, and is
made of the rows in results/reference/; `python -m nlot.reporting.documents` makes all
of them anew.
"""

from pathlib import Path

from nlot.config import load_config
from nlot.files import whole_file
from nlot.reporting.published import published_rows
from nlot.reporting.summary import read_rows
from nlot.reporting.table2 import table2
from nlot.reporting.tables import table1
from nlot.reporting.truth_tables import truth_table
from nlot.reporting.writer import render

# The tables of each document, in order.
DOCUMENTS = {
    "README.md": ("table1", "table2"),
    "docs/ground-truth.md": ("ground_truth",),
}


def updated(root: Path) -> dict[str, str]:
    """The documents of the repository at `root`, by path, with tables made anew.

    Raises `ValueError` when markers are missing.
    """
    tables = reference_tables(root)
    documents = {}
    for name, parts in DOCUMENTS.items():
        text = (root / name).read_text(encoding="utf-8")
        for part in parts:
            text = _replaced(name, text, part, tables[part])
        documents[name] = text
    return documents


def reference_tables(root: Path) -> dict[str, str]:
    """The tables of the committed rows of the default preset, in Markdown, by name."""
    config = load_config(root / "config" / "config.yaml")
    reference, published = root / "results" / "reference", published_rows()
    rows = read_rows(reference / "rows.csv")
    metric_rows = read_rows(reference / "metric_rows.csv")
    tables = {
        "table1": table1(rows, published, config),
        "ground_truth": truth_table(rows, config),
        "table2": table2(metric_rows, published, config),
    }
    return {name: render(table, "md") for name, table in tables.items()}


def _replaced(document: str, text: str, part: str, table: str) -> str:
    """`text` with `table` between the markers of `part`."""
    begin, end = f"<!-- {part} -->", f"<!-- /{part} -->"
    head, begun, rest = text.partition(begin)
    _, ended, tail = rest.partition(end)
    if not begun or not ended:
        raise ValueError(f"{document}: no {begin} ... {end}")
    return f"{head}{begin}\n{table}{end}{tail}"


if __name__ == "__main__":
    for name, text in updated(Path()).items():
        with whole_file(name) as path:
            path.write_text(text, encoding="utf-8")
