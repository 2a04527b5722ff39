"""Files that are made from the package say what it says now."""

from pathlib import Path

from nlot.config.reference import markdown, schema

ROOT = Path(__file__).parents[2]
AGAIN = "make it anew with `python -m nlot.config.reference"


def test_schema_is_up_to_date() -> None:
    path = ROOT / "workflow" / "schemas" / "config.schema.json"
    assert path.read_text(encoding="utf-8") == schema(), f"{AGAIN} schema`"


def test_reference_is_up_to_date() -> None:
    path = ROOT / "config" / "README.md"
    assert path.read_text(encoding="utf-8") == markdown(), f"{AGAIN} markdown`"


def test_every_key_is_explained() -> None:
    rows = [line for line in markdown().splitlines() if line.startswith("| `")]
    assert len(rows) > 80
    assert all(cell.strip() for row in rows for cell in row.split("|")[1:-1])
