"""What is made of rows can be made of them again, in seconds."""

import shutil
import time
from pathlib import Path
from unittest.mock import Mock

import pandas as pd
import pytest

from nlot.config import load_config
from nlot.provenance.records import read_records
from nlot.reporting import rebuild as module
from nlot.reporting.rebuild import REFERENCE, made, rebuild, reference_tables
from nlot.reporting.statement import statement
from nlot.reporting.summary import RowsError
from nlot.reporting.table import FORMATS, render

ROOT = Path(__file__).parents[2]


@pytest.fixture
def root(tmp_path):
    """A copy of what the documents are made of."""
    for name in ("config", "docs", "results/reference", "workflow/schemas"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


def test_documents_show_the_committed_rows_and_take_seconds(root):
    started = time.process_time()
    written = rebuild(root)
    # Seconds, where the least training of these studies takes minutes; not by the
    # clock, as the tests' machines are shared.
    assert time.process_time() - started < 60
    documents = [
        path for path in written if path.suffix == ".md" and "docs" in path.parts
    ]
    assert {path.name for path in documents} == {
        "results.md",
        "nlot2024.md",
        "density-study.md",
        "density2025.md",
        "costs-study.md",
        "paired-cells.md",
        "costs2024.md",
        "obstacles.md",
        "hota2026.md",
        "spheres.md",
        "lidar.md",
        "populations.md",
        "wfrfm2026.md",
        "views.md",
    }
    for path in documents:
        kept = ROOT / path.relative_to(root)
        again = f"{kept}: run `make docs`"
        assert path.read_text(encoding="utf-8") == kept.read_text("utf-8"), again


def test_every_table_is_in_every_format_and_on_the_page(root):
    texts = made(root)
    tables = reference_tables(root)
    assert {
        "table1",
        "table2",
        "stages",
        "benchmarks",
        "refinement",
        "rounding_table2",
    } <= set(tables)
    for name, table in tables.items():
        assert table.provenance
        for kind in FORMATS:
            path = REFERENCE / "tables" / f"{name}.{kind}"
            assert texts[path.as_posix()] == render(table, kind)
        if name not in ("supplement", "figure1"):
            assert render(table, "md") in texts["docs/results.md"]
    records = statement(read_records(root / REFERENCE / "rows.json"))
    assert records in texts["docs/claims/nlot2024.md"]


def test_makes_every_table_and_the_claims_once(root, monkeypatch):
    makers = {name: Mock(wraps=getattr(module, name)) for name in ("table", "claims")}
    for name, maker in makers.items():
        monkeypatch.setattr(module, name, maker)
    rebuild(root)
    studies = [load_config(ROOT / "config" / f"{name}.yaml") for name in module.PAGES]
    assert makers["table"].call_count == sum(len(s.tables) for s in studies)
    assert makers["claims"].call_count == sum(len(s.papers()) for s in studies)


def test_follows_the_rows(root):
    path = root / REFERENCE / "rows.csv"
    rows = pd.read_csv(path)
    chosen = (rows["problem"] == "box") & (rows["method"] == "nlot")
    rows.loc[chosen & (rows["measure"] == "w2_paper"), "value"] = 77.0
    rows.to_csv(path, index=False)
    texts = made(root)
    assert "77.00 ± 0.00" in texts["docs/results.md"]
    claims = texts["docs/claims/nlot2024.md"]
    line = next(x for x in claims.splitlines() if x.startswith("| NLOT, box"))
    assert "77.00 ± 0.00 (10)" in line
    assert "**not reproduced**" in line


def test_rows_that_lack_a_table_are_refused(root):
    path = root / REFERENCE / "rows.csv"
    rows = pd.read_csv(path)
    rows[rows["problem"] != "x_paths"].to_csv(path, index=False)
    with pytest.raises(RowsError, match=r"missing .*: x_paths euclidean_metric 0"):
        made(root)
