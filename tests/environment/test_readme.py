"""The numbers in the README are those of the committed rows."""

from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
PLANAR = ("box", "slit", "hill", "well")
OBSTACLES = ("stunnel", "vneck", "gmm", "babymaze", "slit", "box")
EMT, CELLS = ("emt_1", "emt_2"), ("eb_5_1", "eb_5_2", "eb_5_3")
SEQUENCES = ("circle", "mass_splitting", "x_paths")
FILES = {
    OBSTACLES: "rows_obstacles",
    EMT: "rows_populations",
    CELLS: "rows_populations",
}


@pytest.mark.parametrize(
    ("measure", "row", "problems", "digits"),
    [
        ("coupling_gap", "nlot", PLANAR, ".2f"),
        ("coupling_gap", "translation", PLANAR, ".2f"),
        ("coupling_gap", "nlot_plus", PLANAR, ".2f"),
        ("alignment", "metric_nlot", SEQUENCES, ".3f"),
        ("alignment", "metric_nlot_plus", SEQUENCES, ".3f"),
        ("trajectory_error", "metric_nlot", ("x_paths",), ".3f"),
        ("trajectory_error", "nearest_particle", ("x_paths",), ".3f"),
        ("sinkhorn_divergence", "nlot_plus", OBSTACLES, ".2g"),
        ("held_out_w1", "sinkhorn_bridges", EMT, ".3f"),
        ("held_out_w1", "sinkhorn_bridges", CELLS, ".3f"),
        ("held_out_w1", "ot_midpoint", EMT, ".3f"),
        ("held_out_w1", "ot_midpoint", CELLS, ".3f"),
    ],
)
def test_numbers_are_means_of_the_committed_rows(measure, row, problems, digits):
    file = FILES.get(problems, "rows")
    rows = pd.read_csv(ROOT / "results" / "reference" / f"{file}.csv")
    means = rows.groupby(["measure", "method", "problem"])["value"].mean()
    shown = ", ".join(f"{means[measure, row, name]:{digits}}" for name in problems)
    assert shown in (ROOT / "README.md").read_text(encoding="utf-8")
