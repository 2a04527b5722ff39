"""Keeps the README's results equal to the committed rows.

`python -m nlot.reporting.readme` rewrites the part of README.md between its two
markers from results/reference/rows.csv.
"""

from pathlib import Path

from nlot.config import load_config
from nlot.files import whole_file
from nlot.reporting.writer import readme_table

_BEGIN, _END = "<!-- table1 -->", "<!-- /table1 -->"


def updated(root: Path) -> str:
    """The README of the repository at `root`, with its table made anew.

    Raises `ValueError` when the markers are missing.
    """
    text = (root / "README.md").read_text(encoding="utf-8")
    head, begin, rest = text.partition(_BEGIN)
    _, end, tail = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"README.md: no {_BEGIN} ... {_END}")
    table = readme_table(
        root / "results" / "reference" / "rows.csv",
        load_config(root / "config" / "config.yaml"),
    )
    return f"{head}{_BEGIN}\n{table}{_END}{tail}"


if __name__ == "__main__":
    text = updated(Path())
    with whole_file("README.md") as path:
        path.write_text(text, encoding="utf-8")
