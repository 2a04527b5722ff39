"""What is made of rows can be made of them again, in seconds."""

import shutil
import time
from pathlib import Path
from unittest.mock import Mock

import pandas as pd
import pytest

from nlot.config import load_config
from nlot.reporting import documents
from nlot.reporting.documents import reference_tables, updated
from nlot.reporting.rebuild import rebuild
from nlot.reporting.writer import FORMATS, render

ROOT = Path(__file__).parents[2]


@pytest.fixture
def root(tmp_path):
    """A copy of what the documents are made of."""
    for name in ("config", "docs", "results/reference"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "README.md", tmp_path / "README.md")
    return tmp_path


def test_changes_no_committed_document_and_takes_seconds(root):
    started = time.process_time()
    written = rebuild(root)
    # Two seconds; not by the clock, as the tests' machines are shared.
    assert time.process_time() - started < 20
    for name in updated(ROOT):
        assert root / name in written
        assert (root / name).read_bytes() == (ROOT / name).read_bytes()


def test_writes_every_table_in_every_format(root):
    written = rebuild(root)
    for name, table in reference_tables(root).items():
        for kind in FORMATS:
            path = root / "results" / "reference" / "tables" / f"{name}.{kind}"
            assert path in written
            assert path.read_text(encoding="utf-8") == render(table, kind)


def test_makes_every_table_and_the_claims_once(root, monkeypatch):
    makers = {
        name: Mock(wraps=getattr(documents, name)) for name in ("table", "claims")
    }
    for name, maker in makers.items():
        monkeypatch.setattr(documents, name, maker)
    rebuild(root)
    experiment = load_config(ROOT / "config" / "config.yaml")
    assert makers["table"].call_count == len(experiment.tables)
    assert makers["claims"].call_count == len(experiment.papers())


def test_follows_the_rows(root):
    path = root / "results" / "reference" / "rows.csv"
    rows = pd.read_csv(path)
    chosen = (rows["problem"] == "box") & (rows["method"] == "nlot")
    rows.loc[chosen & (rows["measure"] == "w2_paper"), "value"] = 77.0
    rows.to_csv(path, index=False)
    rebuild(root)
    assert "77.00 ± 0.00" in (root / "README.md").read_text(encoding="utf-8")
    claims = (root / "docs" / "claims" / "nlot2024.md").read_text(encoding="utf-8")
    line = next(x for x in claims.splitlines() if x.startswith("| NLOT, box"))
    assert "77.00 ± 0.00 (3)" in line
    assert "**not reproduced**" in line
