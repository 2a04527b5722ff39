import pandas as pd
import pytest

from nlot.reporting.published import published_rows


@pytest.fixture(scope="module")
def published() -> pd.DataFrame:
    return published_rows()


def test_every_row_is_complete_and_named_as_published(published):
    assert not published.drop(columns="sd").isna().to_numpy().any()
    # A deviation takes more than one trial.
    assert (published["sd"].isna() == (published["trials"] == 1)).all()
    assert published["method"].str.startswith("published_").all()
    assert not published.duplicated(["table", "task", "method", "measure"]).any()


def test_source_names_the_table(published):
    for table, source in zip(published["table"], published["source"], strict=True):
        assert source.endswith(f"Table {table}")


def test_numbers_have_no_more_digits_than_are_shown(published):
    for column in ("value", "sd"):
        given = published.dropna(subset=column)
        for value, digits in zip(given[column], given["decimals"], strict=True):
            assert value == round(value, digits)


def test_every_method_has_every_task(published):
    for _, rows in published.groupby("table"):
        pairs = rows["task"].nunique() * rows["method"].nunique()
        assert len(rows) == pairs
