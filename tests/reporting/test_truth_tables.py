import numpy as np
import pandas as pd
import pytest

from nlot.evaluation.tidy import COLUMNS
from nlot.ground_truth.refinement import COLUMNS as REFINED
from nlot.reporting.labels import TRUTH
from nlot.reporting.truth_tables import refinement_table, truth_table
from nlot.reporting.writer import render


@pytest.fixture
def measured(config):
    """Gaps of two methods and a control on the tasks of Table 1, and optimal costs."""
    rng = np.random.default_rng(0)
    found = []
    for task in (*config.table1.tasks, "free"):
        for measure in ("optimal_cost", "optimal_low", "optimal_high"):
            found.append((task, "reference", config.seeds[0], measure, 2.5))
        for method in ("nlot", "nlot_plus", "translation"):
            for seed in config.seeds:
                for measure in ("coupling_gap", "coupling_gap_map", "action"):
                    if not (method == "translation" and measure.endswith("_map")):
                        found.append((task, method, seed, measure, rng.uniform()))
    rows = pd.DataFrame(found, columns=list(COLUMNS[:5]))
    return rows.assign(n=16, minutes=1.0, device="cpu")


def test_only_the_ground_truth_of_the_tasks_of_table_1(measured, config):
    table = truth_table(measured, config)
    assert table.columns == config.table1.tasks
    bases = set(table.data["measure"].str.removesuffix("_map"))
    optimal = {"optimal_cost", "optimal_low", "optimal_high"}
    assert bases == {*optimal, "action", "coupling_gap"}
    assert bases <= set(TRUTH)
    labels = [row.label for row in table.blocks[-1].rows]
    assert labels == [
        "NLOT+",
        "NLOT+, network map",
        "NLOT",
        "NLOT, network map",
        "Translation",
    ]


def test_cells_are_means_over_seeds(measured, config):
    table = truth_table(measured, config)
    task = config.table1.tasks[0]
    chosen = measured[
        (measured["task"] == task)
        & (measured["method"] == "nlot")
        & (measured["measure"] == "coupling_gap")
    ]["value"]
    data = table.data
    row = data[
        (data["task"] == task)
        & (data["method"] == "nlot")
        & (data["measure"] == "coupling_gap")
    ]
    assert row["mean"].item() == pytest.approx(chosen.mean())
    assert row["sd"].item() == pytest.approx(chosen.std())


def test_the_caption_states_the_points(measured, config):
    table = truth_table(measured, config)
    assert f"{config.evaluation.ground_truth.points} points a side" in table.caption
    actions = truth_table(measured[measured["measure"] == "action"], config)
    assert "Ground truth" not in actions.caption


def test_refinements_are_written_in_every_format(config):
    rows = pd.DataFrame(
        [
            ("well", "base", 4.69, 0.0),
            ("well", "64 segments", 4.68, -0.2132),
            ("box", "base", 2.7, 0.0),
            ("box", "64 segments", 2.7003, 0.0111),
        ],
        columns=list(REFINED),
    )
    table = refinement_table(rows, config)
    lines = {row.label: row.cells for row in table.blocks[0].rows}
    assert lines["64 segments"] == ("4.6800 (-0.213 %)", "2.7003 (+0.011 %)")
    for kind in ("csv", "md", "tex", "html"):
        assert "64 segments" in render(table, kind)
    assert "-0.2132" in render(table, "csv")
