import pandas as pd
import pytest

from nlot.evaluation.tidy import COLUMNS
from nlot.reporting.bounds_table import bounds_table

TRUTH = {"optimal_cost": 2.0, "optimal_low": 1.98, "optimal_high": 2.02}


def tidy(found):
    rows = pd.DataFrame(found, columns=list(COLUMNS[:5]))
    return rows.assign(n=16, minutes=1.0, device="cpu")


@pytest.fixture
def truth(config):
    task = config.table1.tasks[0]
    return [(task, "reference", 0, name, value) for name, value in TRUTH.items()]


def runs(config, gap, action):
    """The first method's runs of all seeds, with that gap (percent) and action."""
    task, method = config.table1.tasks[0], config.rows(config.table1.methods)[0]
    return [
        (task, method, seed, measure, value)
        for seed in config.seeds
        for measure, value in (("coupling_gap", gap), ("action", action))
    ]


@pytest.mark.parametrize(
    "gap, cost, cell",
    [
        (0.0, 2.0, "2.0000 (inside)"),
        (1.0, 2.02, "2.0200 (inside)"),
        (3.0, 2.06, "2.0600 (+1.980 %)"),
    ],
)
def test_the_cost_of_a_coupling_is_the_optimum_and_its_gap(
    truth, config, gap, cost, cell
):
    table = bounds_table(tidy(truth + runs(config, gap, 2.0)), config)
    coupling, action = table.blocks
    assert [row.cells[0] for row in coupling.rows] == [cell] * len(config.seeds)
    assert [row.cells[0] for row in action.rows] == ["2.0000 (inside)"] * len(
        config.seeds
    )
    costs = table.data[table.data["measure"] == "coupling_cost"]
    assert costs["mean"].tolist() == pytest.approx([cost] * len(config.seeds))


@pytest.mark.parametrize(
    "action, over",
    [(1.98, 0.0), (2.02, 0.0), (1.782, -10.0), (2.222, 10.0)],
)
def test_an_action_is_below_inside_or_above(truth, config, action, over):
    table = bounds_table(tidy(truth + runs(config, 0.0, action)), config)
    data = table.data[table.data["measure"] == "action"]
    assert data["over"].tolist() == pytest.approx([over] * len(config.seeds))


def test_a_run_that_was_not_measured_has_no_row(truth, config):
    rows = tidy(truth + runs(config, 1.0, 2.0))
    table = bounds_table(rows[rows["seed"].isin([0, config.seeds[0]])], config)
    assert [row.label[-6:] for row in table.blocks[0].rows] == [
        f"seed {config.seeds[0]}"
    ]


def test_rows_without_ground_truth_make_an_empty_table(config):
    rows = tidy(runs(config, 1.0, 2.0))
    table = bounds_table(rows[rows["measure"] == "action"], config)
    assert table.data.empty
    assert table.blocks[0].rows == ()
