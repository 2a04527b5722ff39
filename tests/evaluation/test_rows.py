"""Every subject is measured on the same draws, and no draw meets itself."""

import numpy as np
import pytest

from nlot.config import ActionConfig, EvaluationConfig, merge, parse_config
from nlot.costs.closed_forms import closed_form
from nlot.evaluation import rows
from nlot.evaluation.rows import (
    control_rows,
    map_error,
    measure,
    run_rows,
)
from nlot.evaluation.subjects import EuclideanOT, Translation
from nlot.evaluation.tidy import COLUMNS
from nlot.evaluation.wasserstein import entropic_costs
from nlot.methods.nlsb.run import BridgeRun
from nlot.methods.nlsb.train import build_bridge
from nlot.networks.amortised import build_networks
from nlot.problems.transport import build_task
from nlot.runs.transport import Run
from nlot.training.streams import stream

# One size, so that a map is compiled once.
SETTINGS = EvaluationConfig(
    paper={"points": 48, "draws": 3},
    exact={"points": 48, "draws": 2},
    divergence={"points": 48, "draws": 2},
)
SAMPLES = ["w2_paper", "w2_exact", "sinkhorn_divergence"]


@pytest.fixture(scope="module")
def task(config):
    return build_task(config.tasks["well"])


def on_the_well(config, control):
    [(task, table)] = control_rows(config, ["well"], control, 0, {})
    assert set(table["task"]) == {task} == {"well"}
    return table


@pytest.fixture(scope="module")
def floor(config):
    return on_the_well(config, "floor")


@pytest.fixture(scope="module")
def translation(config):
    return on_the_well(config, "translation")


def values(table):
    return dict(zip(table["measure"], table["value"], strict=True))


def test_rows_are_tidy(translation, floor, config):
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
    evaluation = config.evaluation
    assert sizes["w2_paper"] == evaluation.paper.points
    assert sizes["w2_exact"] == evaluation.exact.points
    assert sizes["action"] == evaluation.action.points
    assert np.isfinite(translation["value"]).all()


def test_translation_scores_the_floor(translation, floor):
    """A perfect push-forward, by common random numbers without sampling noise."""
    for name in SAMPLES:
        assert values(floor)[name] > 0.01
        assert values(translation)[name] == pytest.approx(values(floor)[name], rel=1e-3)


def test_actions_match_the_closed_form_of_the_well(translation, task):
    """The translation is optimal between equal boxes.

    Eight spread points and six knots leave less than 3 %; another potential scale is
    30 % off.
    """
    truth = closed_form(task)
    assert values(translation)["action"] == pytest.approx(truth.cost, rel=0.03)
    assert values(translation)["map_error"] == pytest.approx(0, abs=1e-3)


def test_map_error_is_relative_to_the_spread_of_the_target(task):
    """By hand: images that are all off by d, and the target's mean for all of them."""
    x = task.source.spread(stream(0, "test"), 4096)
    truth = closed_form(task).map(x)
    covariance = np.asarray(task.target.covariance)
    total = (0.25**2 + 2.0**2) / 12
    off = truth + np.array([0.03, 0.04])
    assert map_error(off, truth, covariance) == pytest.approx(5 / np.sqrt(total))
    centre = np.broadcast_to(np.asarray(task.target.mean), truth.shape)
    assert map_error(centre, truth, covariance) == pytest.approx(100, rel=1e-3)


def test_tasks_of_one_dimension_are_measured(make_task, config):
    """In a coupling of samples, equal ranks stand in for quantiles."""
    task = make_task(
        source={"kind": "uniform", "low": [-1.0], "high": [1.0]},
        target={"kind": "gaussian", "mean": [0.5], "covariance": [[0.25]]},
    )
    settings = config.evaluation.model_copy(update={"action": ActionConfig(points=256)})
    found = {
        name: value for name, value, _ in measure(task, EuclideanOT(task), settings, 0)
    }
    assert np.isfinite(list(found.values())).all()
    # Uniform order statistics of 256 draws: a standard error of 2 % of the deviation
    # in the middle, more in the tails.
    assert found["map_error"] < 20


def test_only_tasks_with_a_closed_form_have_a_map_error(wall, config):
    found = [
        name for name, _, _ in measure(wall, Translation(wall), config.evaluation, 0)
    ]
    assert found == [*SAMPLES, "action", "action_converged"]


def test_a_subject_measured_twice_gives_equal_rows(translation, config):
    assert on_the_well(config, "translation").equals(translation)


@pytest.fixture
def seen(monkeypatch):
    """What reaches the three distances: pairs of pushed and target samples."""
    pairs = []

    def record(x, y, *_):
        pairs.append((np.asarray(x), np.asarray(y)))
        return np.zeros(1)

    def record_one(x, y):
        record(x, y)
        return 0.0

    monkeypatch.setattr(rows, "entropic_costs", record)
    monkeypatch.setattr(rows, "debiased_divergences", record)
    monkeypatch.setattr(rows, "exact_squared_w2", record_one)
    monkeypatch.setattr(rows, "_path_measures", lambda *_: [])
    return pairs


def draws(seen, task, subject, settings, seed=0):
    seen.clear()
    assert len(list(measure(task, subject, settings, seed))) == len(SAMPLES)
    return list(seen)


def test_all_subjects_meet_the_same_target_draws(seen, task):
    every = [
        draws(seen, task, subject, SETTINGS)
        for subject in (None, Translation(task), EuclideanOT(task))
    ]
    for pairs in zip(*every, strict=True):
        (moved, target), *others = pairs
        for _, other in others:
            np.testing.assert_array_equal(other, target)
        # The floor's draws are those of the translation, which is exact here.
        np.testing.assert_allclose(others[0][0], moved, atol=1e-5)


def test_no_sample_meets_itself(seen, task):
    """Floor, source and target draws, and those of different seeds, are apart."""
    for subject in (None, EuclideanOT(task)):
        for moved, target in draws(seen, task, subject, SETTINGS):
            points = target.reshape(-1, 2)[:200]
            gaps = np.abs(moved.reshape(-1, 1, 2)[:500] - points).max(axis=2)
            assert gaps.min() > 0
    first, second = (draws(seen, task, None, SETTINGS, seed)[0] for seed in (0, 1))
    assert np.abs(first[1] - second[1]).max() > 0.1


def test_squared_distances_are_reported_times_100(task, config, monkeypatch):
    monkeypatch.setattr(rows, "entropic_costs", lambda *_: np.array([0.01, 0.03]))
    monkeypatch.setattr(rows, "debiased_divergences", lambda *_: np.array([0.05]))
    monkeypatch.setattr(rows, "exact_squared_w2", lambda *_: 0.07)
    found = {
        name: value for name, value, _ in measure(task, None, config.evaluation, 0)
    }
    expected = {"w2_paper": 2.0, "w2_exact": 7.0, "sinkhorn_divergence": 5.0}
    assert found == pytest.approx(expected)


def test_a_run_is_measured_with_and_without_refinement(task, config, seen):
    method = config.methods["nlot"]
    networks = build_networks(2, task.bounds, method, key=stream(0, "test"))
    provenance = {"seed": 4, "minutes": 1.5, "device": "cpu"}
    header = {"task": "well", "method": "nlot", "provenance": provenance}
    table = run_rows(Run(task, method, networks, header), SETTINGS)
    assert table["measure"].tolist() == SAMPLES + [f"{name}_map" for name in SAMPLES]
    assert set(table["seed"]) == {4}
    assert set(table["minutes"]) == {1.5}
    half = len(seen) // 2
    for with_, without in zip(seen[:half], seen[half:], strict=True):
        np.testing.assert_array_equal(with_[1], without[1])
        assert np.any(with_[0] != without[0])


def test_a_bridge_is_measured_in_two_rows(task, make_bridge):
    """Each kind of paths under a name of its own, with measures of its own paths."""
    config = make_bridge()
    bridge = build_bridge(2, config, key=stream(0, "test"))
    provenance = {"seed": 4, "minutes": 1.5, "device": "cpu"}
    header = {"task": "well", "method": "nlsb", "provenance": provenance}
    settings = SETTINGS.model_copy(update={"action": ActionConfig(points=8)})
    table = run_rows(BridgeRun(task, config, bridge, header), settings)
    own = [
        "action",
        "action_converged",
        "action_own_paths",
        "obstacle_time",
        "map_error",
    ]
    methods = list(dict.fromkeys(table["method"]))
    assert methods == ["nlsb_stochastic", "nlsb_expected"]
    for method in methods:
        part = table[table["method"] == method]
        assert part["measure"].tolist() == [*SAMPLES, *own]
        assert set(part["seed"]) == {4}
        assert np.isfinite(part["value"]).all()


@pytest.mark.parametrize("control", ["floor", "euclidean_ot"])
def test_tasks_between_the_same_measures_share_their_distances(
    control, raw, monkeypatch
):
    """Each task's rows are those of the task alone, distances measured twice."""
    raw["tasks"]["away"] = merge(raw["tasks"]["well"], {"bounds": 3.0})
    config, tasks = parse_config(raw), ["free", "well", "away"]
    alone = {
        task: table
        for each in tasks
        for task, table in control_rows(config, [each], control, 0, {})
    }
    calls = []

    def counted(*given):
        calls.append(given)
        return entropic_costs(*given)

    monkeypatch.setattr(rows, "entropic_costs", counted)
    found = dict(control_rows(config, tasks, control, 0, {}))
    assert list(found) == tasks
    for task, table in found.items():
        assert table.equals(alone[task])
    assert len(calls) == 2
