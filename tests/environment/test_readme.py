"""The numbers in the README are those of the committed rows."""

from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
PLANAR = ("box", "slit", "hill", "well")
SEQUENCES = ("circle", "mass_splitting", "x_paths")


@pytest.mark.parametrize(
    ("measure", "row", "problems", "digits"),
    [
        ("coupling_gap", "nlot", PLANAR, 2),
        ("coupling_gap", "translation", PLANAR, 2),
        ("coupling_gap", "nlot_plus", PLANAR, 2),
        ("alignment", "metric_nlot", SEQUENCES, 3),
        ("alignment", "metric_nlot_plus", SEQUENCES, 3),
        ("trajectory_error", "metric_nlot", ["x_paths"], 3),
        ("trajectory_error", "nearest_particle", ["x_paths"], 3),
    ],
)
def test_numbers_are_means_of_the_committed_rows(measure, row, problems, digits):
    rows = pd.read_csv(ROOT / "results" / "reference" / "rows.csv")
    means = rows.groupby(["measure", "method", "problem"])["value"].mean()
    shown = ", ".join(f"{means[measure, row, name]:.{digits}f}" for name in problems)
    assert shown in (ROOT / "README.md").read_text(encoding="utf-8")
