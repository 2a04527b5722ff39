import pytest

from nlot.ground_truth.refinement import COLUMNS, refinement


@pytest.fixture(scope="module")
def found(truth_experiment):
    lines = []
    table = refinement(
        "well",
        truth_experiment.problems["well"].load(),
        truth_experiment.evaluation,
        0,
        lines.append,
    )
    return table, lines


def test_one_setting_changes_at_a_time(found, truth_experiment):
    table, lines = found
    assert tuple(table.columns) == COLUMNS
    assert table["setting"].is_unique
    assert table["setting"].tolist()[0].startswith("16 points a side, 24 segments")
    assert set(table["setting"]) <= set(lines)
    assert table["change"][0] == 0


def test_changes_are_in_percent_of_the_first_row(found):
    table, _ = found
    cost = table["optimal_cost"]
    expected = 100 * (cost / cost[0] - 1)
    assert table["change"].tolist() == pytest.approx(expected.tolist())


def test_the_error_of_polygons_falls_with_the_square_of_their_segments(found):
    """Half as many: three quarters of the error are seen from the base, and 4 times it.

    Twice as many show 3/4 of the base's own error: the ratio of the changes is -4.
    """
    table, _ = found
    change = dict(zip(table["setting"], table["change"], strict=True))
    assert change["12 segments"] / change["48 segments"] == pytest.approx(-4, rel=0.1)
    # The well has one minimum: starts change nothing.
    assert change["straight starts alone"] == pytest.approx(0, abs=1e-6)
