"""The optimum between points, its dual variables, and the file that keeps them."""

import numpy as np
import pytest

from nlot.costs.closed_forms import closed_form
from nlot.ground_truth.truth import KIND, TruthError, load_truth


@pytest.fixture(scope="module")
def truth(truth_file):
    return load_truth(truth_file("wall"))


def test_dual_variables_are_feasible_and_tight_along_the_coupling(truth):
    slack = truth.cost - truth.f[:, None] - truth.g
    assert slack.min() >= -1e-9
    rows = np.arange(len(truth.order))
    np.testing.assert_allclose(slack[rows, truth.order], 0, atol=1e-9)
    assert truth.f.mean() + truth.g.mean() == pytest.approx(truth.optimum)
    assert sorted(truth.order) == rows.tolist()


def test_no_other_coupling_costs_less(truth):
    rng = np.random.default_rng(0)
    rows = np.arange(len(truth.order))
    others = [truth.cost[rows, rng.permutation(rows)].mean() for _ in range(100)]
    assert min(others) > truth.optimum


def test_the_optimum_is_that_of_the_closed_form(truth_file, truth_experiment):
    """Of the well, whose optimal map is the translation.

    The 32 points stand for cells of 0.125 x 0.0625: the cost of the measures differs
    from theirs by less than 0.5 %, and lies within the bounds.
    """
    truth = load_truth(truth_file("well"))
    well = truth_experiment.problems["well"].load()
    form = closed_form(well.source, well.target, well.lagrangian, well.horizon)
    assert truth.optimum == pytest.approx(form.cost, rel=5e-3)
    np.testing.assert_allclose(truth.y[truth.order] - truth.x, [[2.25, 0]] * 32)
    assert truth.lower.low <= form.cost <= truth.upper.high
    # Half the width of the intervals is about 0.2 % with so few points.
    assert (truth.upper.high - truth.lower.low) / form.cost < 0.02


def test_bounds_enclose_the_optimum_behind_a_wall(truth):
    assert truth.lower.low <= truth.optimum <= truth.upper.high
    assert truth.lower.mean <= truth.upper.high


def test_the_header_says_where_it_comes_from(truth, truth_experiment):
    header = truth.header
    assert header["kind"] == KIND
    assert header["problem"] == "wall"
    assert header["ground_truth"]["points"] == len(truth.x)
    assert header["provenance"]["seed"] == truth_experiment.seeds[0]
    assert header["converged"] > 0.95
    assert 0 <= header["largest_gradient_norm"] < 1


@pytest.mark.parametrize(
    "fault", ["missing", "empty", "truncated", "foreign", "pickled"]
)
def test_a_file_that_is_none_is_named(fault, truth_file, tmp_path):
    path = tmp_path / "truth.npz"
    if fault == "truncated":
        path.write_bytes(truth_file("wall").read_bytes()[:2000])
    elif fault == "empty":
        path.touch()
    elif fault == "foreign":
        np.savez(path, x=np.zeros((2, 2)))
    elif fault == "pickled":
        np.savez(path, header=np.array({"kind": KIND}, dtype=object))
    with pytest.raises(TruthError, match=r"truth\.npz: no ground truth can be read"):
        load_truth(path)
