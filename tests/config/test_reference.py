"""Files that are made from the package say what it says now."""

import re
from pathlib import Path

from nlot.config.reference import markdown, reference_files

ROOT = Path(__file__).parents[2]


def test_is_up_to_date() -> None:
    for name, text in reference_files().items():
        found = (ROOT / name).read_text(encoding="utf-8")
        assert found == text, f"{name}: run `make docs`"


def test_every_key_is_explained() -> None:
    rows = [line for line in markdown().splitlines() if line.startswith("| `")]
    assert len(rows) > 80
    assert all(cell.strip() for row in rows for cell in row.split("|")[1:-1])


def test_rows_have_four_cells() -> None:
    rows = [line for line in markdown().splitlines() if line.startswith("| `")]
    assert {len(re.split(r"(?<!\\)\|", row)) - 2 for row in rows} == {4}
