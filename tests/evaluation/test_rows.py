"""Rows of runs and controls on transport problems, against known truths."""

import numpy as np
import pandas as pd
import pytest

from nlot.config import EvaluationConfig, merge
from nlot.costs.closed_forms import closed_form
from nlot.evaluation import distances
from nlot.evaluation.controls import EuclideanOT, Translation
from nlot.evaluation.registry import DERIVED, MEASURES, measure
from nlot.evaluation.rows import COLUMNS, control_rows, measured, run_rows
from nlot.evaluation.transport_case import TransportCase
from nlot.evaluation.truth import error
from nlot.training.streams import stream

from .opened import untrained

SAMPLES = ["w2_paper", "w2_exact", "sinkhorn_divergence"]


def on_the_well(experiment, control):
    table = control_rows(experiment, control, "well", 0)
    assert set(table["problem"]) == {"well"}
    return table


@pytest.fixture(scope="module")
def floor(experiment):
    return on_the_well(experiment, "floor")


@pytest.fixture(scope="module")
def translation(experiment):
    return on_the_well(experiment, "translation")


def values(table):
    return dict(zip(table["measure"], table["value"], strict=True))


def test_rows_are_tidy(translation, floor, experiment):
    assert tuple(translation.columns) == COLUMNS
    assert translation["measure"].tolist() == [
        *SAMPLES,
        "action",
        "action_converged",
        "map_error",
    ]
    assert floor["measure"].tolist() == SAMPLES
    assert set(translation["method"]) == {"translation"}
    assert translation["minutes"].isna().all()
    sizes = dict(zip(translation["measure"], translation["n"], strict=True))
    evaluation = experiment.evaluation
    assert sizes["w2_paper"] == evaluation.paper.points
    assert sizes["w2_exact"] == evaluation.exact.points
    assert sizes["action"] == evaluation.action.points
    assert np.isfinite(translation["value"]).all()


def test_translation_scores_the_floor(translation, floor):
    """A perfect push-forward, by common random numbers without sampling noise."""
    for name in SAMPLES:
        assert values(floor)[name] > 0.01
        assert values(translation)[name] == pytest.approx(values(floor)[name], rel=1e-3)


def test_the_excess_is_over_the_floor_of_the_same_seed(translation, floor):
    rows = pd.concat([translation, floor], ignore_index=True)
    found = pd.concat([add(rows) for add in DERIVED])
    assert found["measure"].tolist() == [f"{name}_excess" for name in SAMPLES]
    for name, value in values(found).items():
        base = name.removesuffix("_excess")
        expected = values(translation)[base] - values(floor)[base]
        assert value == pytest.approx(expected, abs=1e-12)
        assert name in MEASURES


def test_actions_match_the_closed_form_of_the_well(translation, well):
    """The translation is optimal between equal boxes.

    Eight spread points and six knots leave less than 3 %; another potential scale is
    30 % off.
    """
    truth = closed_form(well.source, well.target, well.lagrangian, well.horizon)
    assert values(translation)["action"] == pytest.approx(truth.cost, rel=0.03)
    assert values(translation)["map_error"] == pytest.approx(0, abs=1e-3)


def test_map_error_is_relative_to_the_spread_of_the_target(well):
    """By hand: images that are all off by d, and the target's mean for all of them."""
    x = well.source.spread(stream(0, "test"), 4096)
    form = closed_form(well.source, well.target, well.lagrangian, well.horizon)
    truth, covariance = form.map(x), np.asarray(well.target.covariance)
    total = (0.25**2 + 2.0**2) / 12
    off = truth + np.array([0.03, 0.04])
    assert error(off, truth, covariance) == pytest.approx(5 / np.sqrt(total))
    centre = np.broadcast_to(np.asarray(well.target.mean), truth.shape)
    assert error(centre, truth, covariance) == pytest.approx(100, rel=1e-3)


def test_problems_of_one_dimension_are_measured(make_problem, experiment):
    """In a coupling of samples, equal ranks stand in for quantiles."""
    problem = make_problem(
        source={"kind": "uniform", "low": [-1.0], "high": [1.0]},
        target={"kind": "gaussian", "mean": [0.5], "covariance": [[0.25]]},
    )
    settings = merge(experiment.evaluation.model_dump(), {"action": {"points": 256}})
    case = TransportCase(
        problem, EuclideanOT(problem), EvaluationConfig.model_validate(settings), 0
    )
    found = measured(case, "transport")
    assert np.isfinite([value for value, _ in found.values()]).all()
    # Uniform order statistics of 256 draws: a standard error of 2 % of the deviation
    # in the middle, more in the tails.
    assert found["map_error"][0] < 20


def test_only_problems_with_a_closed_form_have_a_map_error(wall, experiment):
    case = TransportCase(wall, Translation(wall), experiment.evaluation, 0)
    assert list(measured(case, "transport")) == [*SAMPLES, "action", "action_converged"]


def test_a_control_measured_twice_gives_equal_rows(translation, experiment):
    assert on_the_well(experiment, "translation").equals(translation)


def test_squared_distances_are_reported_times_100(well, experiment, monkeypatch):
    monkeypatch.setattr(distances, "entropic_costs", lambda *_: np.array([0.01, 0.03]))
    monkeypatch.setattr(distances, "debiased_divergences", lambda *_: np.array([0.05]))
    monkeypatch.setattr(distances, "exact_squared_w2", lambda *_: 0.07)
    case = TransportCase(well, Translation(well), experiment.evaluation, 0)
    found = {name: MEASURES[name].of(case)[0] for name in SAMPLES}
    expected = {"w2_paper": 2.0, "w2_exact": 7.0, "sinkhorn_divergence": 5.0}
    assert found == pytest.approx(expected)


def test_a_run_is_measured_with_and_without_refinement(well, experiment):
    run = untrained(well, experiment.methods["nlot"])
    table = run_rows(run, experiment)
    assert list(dict.fromkeys(table["method"])) == ["nlot", "nlot_network_map"]
    for _, part in table.groupby("method"):
        assert {*SAMPLES, "action", "action_own_paths"} <= set(part["measure"])
    assert set(table["seed"]) == {4}
    assert set(table["minutes"]) == {1.5}
    assert np.isfinite(table["value"]).all()


def test_a_bridge_is_measured_in_two_rows(well, experiment, make_method):
    """Each kind of paths under a name of its own, with measures of its own paths."""
    table = run_rows(untrained(well, make_method("nlsb")), experiment)
    own = ["action", "action_own_paths", "action_converged", "obstacle_time"]
    methods = list(dict.fromkeys(table["method"]))
    assert methods == ["nlsb_stochastic", "nlsb_expected"]
    for method in methods:
        part = table[table["method"] == method]
        # What was found wrong is the run's, not that of a kind of its paths.
        checked = ["converged"] if method == methods[0] else []
        assert part["measure"].tolist() == [*SAMPLES, *own, "map_error", *checked]
        assert np.isfinite(part["value"]).all()


def test_a_measure_from_outside_the_package_is_in_all_rows(experiment):
    """One registered function is all that a number to report costs."""

    @measure("highest", "Highest image", 2, needs=["map"], lower_is_better=False)
    def highest(case):
        return float(np.max(np.asarray(case.ends[1])[:, 1])), len(case.ends[1])

    try:
        table = on_the_well(experiment, "translation")
    finally:
        del MEASURES["highest"]
    assert values(table)["highest"] <= 1.0
    with pytest.raises(ValueError, match="'action' is registered already"):
        measure("action", "Action", 2)(highest)
    with pytest.raises(ValueError, match=r"'lowest' needs 'mapp'; valid: .*'map'"):
        measure("lowest", "Lowest image", 2, needs=["mapp"])(highest)
    assert "lowest" not in MEASURES
