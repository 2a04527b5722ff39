"""Tables in documents are made from the committed rows, and nothing else changes."""

import json
from dataclasses import replace
from importlib.metadata import version

import pandas as pd
import pytest
import yaml

from nlot.config import parse_config
from nlot.ground_truth.refinement import COLUMNS as REFINED
from nlot.provenance.record import provenance
from nlot.provenance.records import Records, write_records
from nlot.reporting.benchmarks_table import benchmarks_table
from nlot.reporting.documents import updated
from nlot.reporting.refinement_table import refinement_table
from nlot.reporting.stages import COLUMNS as TIMED
from nlot.reporting.stages import stages_table
from nlot.reporting.statement import stated, statement
from nlot.reporting.summary import RowsError
from nlot.reporting.tables import table
from nlot.reporting.writer import render

README = """# Title

<!-- table1 -->
an old table
<!-- /table1 -->

Between.

<!-- table2 -->
<!-- /table2 -->

<!-- stages -->
<!-- /stages -->

The end.
"""


TRUTH = """Before.
<!-- ground_truth -->
<!-- /ground_truth -->
<!-- bounds -->
<!-- /bounds -->
<!-- refinement -->
<!-- /refinement -->
"""
PERFORMANCE = "<!-- benchmarks -->\n<!-- /benchmarks -->\n"
TEXTS = {
    "README.md": README,
    "docs/ground-truth.md": TRUTH,
    "docs/performance.md": PERFORMANCE,
}
BENCHMARKS = pd.DataFrame(
    [("step", "Algorithm 1, box", None, 0.5, 0.4, 0.6, 20.0, 900.0)],
    columns=[
        "group",
        "case",
        "size",
        "seconds",
        "low",
        "high",
        "compile_seconds",
        "peak_mb",
    ],
)
STAGES = pd.DataFrame([("Ground truth", 4, 8.0, 3.0, 7.0, 900.0)], columns=list(TIMED))


@pytest.fixture
def documented(preset):
    """With the tables that documents have."""
    raw = preset.model_dump(mode="json")
    tables = raw["tables"]
    tables["ground_truth"] = {
        **tables["supplement"],
        "measures": ["action"],
        "controls": ["translation"],
    }
    return parse_config(raw)


@pytest.fixture
def refined():
    return pd.DataFrame([("well", "as it is", 2.5, 0.0)], columns=list(REFINED))


@pytest.fixture
def root(documented, rows, records, refined, tmp_path):
    """A repository with documents, rows and a default preset."""
    for folder in ("config", "docs", "results/reference"):
        (tmp_path / folder).mkdir(parents=True)
    for name, text in TEXTS.items():
        (tmp_path / name).write_text(text)
    raw = yaml.safe_dump(documented.model_dump(mode="json"))
    (tmp_path / "config" / "config.yaml").write_text(raw)
    folder = tmp_path / "results" / "reference"
    rows.to_csv(folder / "rows.csv", index=False)
    write_records(records, folder / "rows.json")
    refined.to_csv(folder / "refinement.csv", index=False)
    write_records(Records({}, records.evaluation), folder / "refinement.json")
    BENCHMARKS.to_csv(folder / "benchmarks.csv", index=False)
    header = json.dumps(provenance({}, 0, 0.0))
    (folder / "benchmarks.json").write_text(header)
    STAGES.to_csv(folder / "stages.csv", index=False)
    write_records(records, folder / "stages.json")
    return tmp_path


def test_every_table_stands_between_its_markers(
    root, documented, rows, records, refined
):
    first, second, truth, bounds = (
        render(stated(table(rows, name, documented), records, documented), "md")
        for name in ("table1", "table2", "ground_truth", "bounds")
    )
    made = statement(Records({}, records.evaluation))
    refinement = render(
        replace(refinement_table(refined, documented), provenance=made), "md"
    )
    times = render(stages_table(STAGES, 2, statement(records)), "md")
    documents = updated(root)
    performance = documents.pop("docs/performance.md")
    assert render(benchmarks_table(BENCHMARKS), "md").strip() in performance
    assert "Measured at " in performance
    assert f"jax {version('jax')}" in performance
    page = " ".join(documents.pop("docs/claims/nlot2024.md").split())
    assert statement(records) in page
    assert documents == {
        "README.md": f"# Title\n\n<!-- table1 -->\n{first}<!-- /table1 -->\n\n"
        f"Between.\n\n<!-- table2 -->\n{second}<!-- /table2 -->\n\n"
        f"<!-- stages -->\n{times}<!-- /stages -->\n\nThe end.\n",
        "docs/ground-truth.md": f"Before.\n<!-- ground_truth -->\n{truth}"
        f"<!-- /ground_truth -->\n<!-- bounds -->\n{bounds}<!-- /bounds -->\n"
        f"<!-- refinement -->\n{refinement}<!-- /refinement -->\n",
    }


def test_updated_documents_stay(root):
    texts = updated(root)
    for name, text in texts.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    assert updated(root) == texts


@pytest.mark.parametrize(
    ("document", "name"),
    [
        ("README.md", "table1"),
        ("README.md", "table2"),
        ("README.md", "stages"),
        ("docs/ground-truth.md", "ground_truth"),
        ("docs/ground-truth.md", "bounds"),
        ("docs/ground-truth.md", "refinement"),
        ("docs/performance.md", "benchmarks"),
    ],
)
@pytest.mark.parametrize("slash", ["", "/"])
def test_missing_markers_are_named(root, document, name, slash):
    text = TEXTS[document].replace(f"<!-- {slash}{name} -->", "")
    (root / document).write_text(text)
    named = f"{document}: no <!-- {name} --> ... <!-- /{name} -->"
    with pytest.raises(ValueError, match=named):
        updated(root)


def test_rows_that_lack_a_table_are_refused(root, rows):
    kept = rows[rows["problem"] != "x_paths"]
    kept.to_csv(root / "results" / "reference" / "rows.csv", index=False)
    with pytest.raises(RowsError, match="x_paths metric_nlot 1"):
        updated(root)
