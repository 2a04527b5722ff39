"""The README's tables are made from the committed rows, and nothing else changes."""

import pytest
import yaml

from nlot.reporting.published import published_rows
from nlot.reporting.readme import updated
from nlot.reporting.summary import RowsError
from nlot.reporting.table2 import table2
from nlot.reporting.tables import table1
from nlot.reporting.writer import render

TEXT = """# Title

<!-- table1 -->
an old table
<!-- /table1 -->

Between.

<!-- table2 -->
<!-- /table2 -->

The end.
"""


@pytest.fixture
def root(config, all_rows, tmp_path):
    """A repository with a README, rows and a default preset."""
    (tmp_path / "config").mkdir()
    (tmp_path / "results" / "reference").mkdir(parents=True)
    (tmp_path / "README.md").write_text(TEXT)
    preset = yaml.safe_dump(config.model_dump(mode="json"))
    (tmp_path / "config" / "config.yaml").write_text(preset)
    for name in ("rows.csv", "metric_rows.csv"):
        all_rows.to_csv(tmp_path / "results" / "reference" / name, index=False)
    return tmp_path


def test_both_tables_stand_between_their_markers(root, config, all_rows):
    first, second = (
        render(make(all_rows, published_rows(), config), "md")
        for make in (table1, table2)
    )
    assert updated(root) == (
        f"# Title\n\n<!-- table1 -->\n{first}<!-- /table1 -->\n\nBetween.\n\n"
        f"<!-- table2 -->\n{second}<!-- /table2 -->\n\nThe end.\n"
    )


def test_an_updated_readme_stays(root):
    text = updated(root)
    (root / "README.md").write_text(text, encoding="utf-8")
    assert updated(root) == text


@pytest.mark.parametrize("name", ["table1", "table2"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_missing_markers_are_named(root, name, slash):
    text = TEXT.replace(f"<!-- {slash}{name} -->", "")
    (root / "README.md").write_text(text)
    with pytest.raises(ValueError, match=f"no <!-- {name} --> ... <!-- /{name} -->"):
        updated(root)


def test_rows_that_lack_a_table_are_refused(root, rows):
    rows.to_csv(root / "results" / "reference" / "metric_rows.csv", index=False)
    with pytest.raises(RowsError, match="x_paths nlot_plus 3 alignment"):
        updated(root)
