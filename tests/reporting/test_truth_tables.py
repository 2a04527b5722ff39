import pandas as pd
import pytest

from nlot.evaluation.rows import COLUMNS
from nlot.ground_truth.refinement import COLUMNS as REFINED
from nlot.reporting.table import FORMATS, render
from nlot.reporting.truth_tables import bounds_table, refinement_table

TRUTH = {"optimal_cost": 2.0, "optimal_low": 1.98, "optimal_high": 2.02}


def tidy(found):
    rows = pd.DataFrame(found, columns=list(COLUMNS[:5]))
    return rows.assign(n=16, minutes=1.0, device="cpu")


@pytest.fixture
def truth():
    return [("well", "reference", 0, name, value) for name, value in TRUTH.items()]


def runs(preset, gap, action):
    """The first method's runs of all seeds, with that gap (percent) and action."""
    return [
        ("well", "nlot_plus", seed, measure, value)
        for seed in preset.seeds
        for measure, value in (("coupling_gap", gap), ("action", action))
    ]


def made(rows, preset):
    return bounds_table(rows, "bounds", preset)


@pytest.mark.parametrize(
    "gap, cost, cell",
    [
        (0.0, 2.0, "2.0000 (inside)"),
        (1.0, 2.02, "2.0200 (inside)"),
        (3.0, 2.06, "2.0600 (+1.980 %)"),
    ],
)
def test_the_cost_of_a_coupling_is_the_optimum_and_its_gap(
    truth, preset, gap, cost, cell
):
    table = made(tidy(truth + runs(preset, gap, 2.0)), preset)
    (_, coupling), (_, action) = table.blocks
    n = len(preset.seeds)
    assert coupling["well"].tolist() == [cell] * n
    assert action["well"].tolist() == ["2.0000 (inside)"] * n
    costs = table.data[table.data["measure"] == "coupling_cost"]
    assert costs["mean"].tolist() == pytest.approx([cost] * n)


@pytest.mark.parametrize(
    "action, over",
    [(1.98, 0.0), (2.02, 0.0), (1.782, -10.0), (2.222, 10.0)],
)
def test_an_action_is_below_inside_or_above(truth, preset, action, over):
    table = made(tidy(truth + runs(preset, 0.0, action)), preset)
    data = table.data[table.data["measure"] == "action"]
    assert data["over"].tolist() == pytest.approx([over] * len(preset.seeds))


def test_a_run_that_was_not_measured_has_no_row(truth, preset):
    rows = tidy(truth + runs(preset, 1.0, 2.0))
    table = made(rows[rows["seed"].isin([0, preset.seeds[0]])], preset)
    assert [x[-6:] for x in table.blocks[0][1].index] == [f"seed {preset.seeds[0]}"]


def test_rows_without_ground_truth_make_an_empty_table(preset):
    rows = tidy(runs(preset, 1.0, 2.0))
    table = made(rows[rows["measure"] == "action"], preset)
    assert table.data.empty
    assert table.shown.empty
    assert all("bounds on the optimal cost" in render(table, kind) for kind in FORMATS)


def test_refinements_are_written_in_every_format(preset):
    rows = pd.DataFrame(
        [
            ("well", "base", 4.69, 0.0),
            ("well", "64 segments", 4.68, -0.2132),
            ("box", "base", 2.7, 0.0),
            ("box", "64 segments", 2.7003, 0.0111),
        ],
        columns=list(REFINED),
    )
    table = refinement_table(rows, preset)
    lines = table.blocks[0][1][[*table.columns]].to_dict("index")
    assert lines["64 segments"] == {
        "well": "4.6800 (-0.213 %)",
        "box": "2.7003 (+0.011 %)",
    }
    for kind in FORMATS:
        assert "64 segments" in render(table, kind)
    assert "-0.2132" in render(table, "csv")
