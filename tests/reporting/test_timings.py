"""Growth is told from linear growth, and every case has a row."""

import pandas as pd
import pytest

from nlot.reporting.table import FORMATS, render
from nlot.reporting.timings import benchmarks_table


@pytest.fixture
def found() -> pd.DataFrame:
    """A case without size, one of linear growth, and one that grows by the square."""
    rows = [("step", "whole", None, 2.0)]
    rows += [("batch", "linear", size, 0.1 * size) for size in (4, 1, 2)]
    rows += [("pairs", "square", size, 0.1 * size**2) for size in (1, 2, 4)]
    table = pd.DataFrame(rows, columns=["group", "case", "size", "seconds"])
    return table.assign(
        low=table["seconds"] / 2,
        high=table["seconds"] * 2,
        compile_seconds=10.0,
        peak_mb=800.0,
    ).astype({"size": "Int64"})


def test_growth_is_that_over_linear_growth(found) -> None:
    table = benchmarks_table(found)
    growth = table.shown.droplevel("block")["growth over linear"]
    assert growth.to_dict() == {
        "whole": "–",
        "linear, 4": "1.00",
        "linear, 1": "1.00",
        "linear, 2": "1.00",
        "square, 1": "1.00",
        "square, 2": "2.00",
        "square, 4": "4.00",
    }


def test_every_case_is_in_every_format(found) -> None:
    table = benchmarks_table(found)
    assert len(table.shown) == len(found)
    for kind in FORMATS:
        text = render(table, kind)
        assert all(label in text for _, label in table.shown.index)
