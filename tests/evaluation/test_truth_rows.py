"""Bad maps, bad paths and bad potentials are told apart, each by its own measure."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.config import LeastActionConfig
from nlot.evaluation.rows import control_rows, run_rows
from nlot.evaluation.subjects import CONTROLS, AbstractSubject, Trained, Translation
from nlot.evaluation.truth_rows import losses, truth_measures
from nlot.ground_truth.truth import load_truth, reference_rows
from nlot.networks.amortised import build_networks
from nlot.problems.transport import build_task
from nlot.runs.transport import Run

PATHS = LeastActionConfig(segments=24)
KEY = jax.random.key(0)


class Sent(AbstractSubject):
    """A map given by a function."""

    def __init__(self, function):
        self.function = function

    def push(self, x, key):
        return self.function(x)

    def own_paths(self, x, y, key):
        return None


@pytest.fixture(scope="module", params=["free", "well", "wall"])
def known(request, truth_file, truth_config):
    task = build_task(truth_config.tasks[request.param])
    return SimpleNamespace(
        name=request.param, task=task, truth=load_truth(truth_file(request.param))
    )


@pytest.fixture
def measures(known):
    def of(subject):
        found = truth_measures(known.truth, known.task, PATHS, subject, KEY)
        return {name: value for name, value, _ in found}

    return of


def test_translation_is_optimal_where_theory_says_so(known, measures):
    """Without a wall; behind one it loses, but less than 2 %."""
    found = measures(Translation(known.task))
    if known.name == "wall":
        assert 0 < found["coupling_gap"] < 2
        assert found["optimal_distance"] > 0.01
    else:
        assert found["coupling_gap"] == pytest.approx(0, abs=1e-6)
        assert found["optimal_distance"] == pytest.approx(0, abs=1e-6)
    # The points it sends are the target's, up to single precision.
    assert found["action_gap"] == pytest.approx(found["coupling_gap"], abs=1e-3)


def test_losses_are_never_negative_and_add_up(known):
    truth = known.truth
    rng = np.random.default_rng(0)
    for _ in range(20):
        order = rng.permutation(len(truth.x))
        found = losses(truth, truth.y[order])
        np.testing.assert_array_equal(found.order, order)
        assert found.loss.min() >= -1e-9
        cost = truth.cost[np.arange(len(order)), order].mean()
        assert found.loss.mean() == pytest.approx(cost - truth.optimum)
    assert losses(truth, truth.y[truth.order]).loss.max() < 1e-9


def test_a_bad_map_is_told_by_the_coupling(measures):
    """It turns the slab upside down, and meets the target exactly."""
    upside_down = Sent(lambda x: jnp.array([2.25, 0.0]) + jnp.array([1.0, -1.0]) * x)
    assert measures(upside_down)["coupling_gap"] > 5


def test_a_map_that_falls_short_is_cheap_but_not_better(known, measures):
    """Its action is below the optimum, the coupling it stands for is not."""
    short = Sent(lambda x: x + jnp.array([2.0, 0.0]))
    found = measures(short)
    assert found["action_gap"] < -2
    full = measures(Translation(known.task))
    assert found["coupling_gap"] == pytest.approx(full["coupling_gap"], abs=1e-6)


def test_bad_paths_are_told_by_their_loss(known, measures):
    """Straight paths are optimal without a potential, and only then."""
    found = measures(CONTROLS["euclidean_ot"](known.task))
    if known.name == "free":
        assert found["straight_loss"] == pytest.approx(0, abs=1e-4)
    else:
        assert found["straight_loss"] > 5


def test_the_duality_gap_of_known_potentials(known, config):
    """g = 0 against g(y) = t·y, optimal for a translation by t without a potential."""
    method = config.methods["nlot"]
    networks = build_networks(2, 1.5, method, key=KEY)
    run = Run(known.task, method, networks, {})

    def gap(potential):
        run.networks = SimpleNamespace(
            potential=potential, map=networks.map, spline=networks.spline
        )
        given = Trained(run)
        given.push = lambda x, key: x + jnp.array([2.25, 0.0])
        found = truth_measures(known.truth, known.task, PATHS, given, KEY)
        return {name: value for name, value, _ in found}["duality_gap"]

    flat, sloped = gap(lambda y: 0.0 * y[0]), gap(lambda y: 2.25 * y[0])
    assert flat > 1
    assert sloped >= -1e-4
    if known.name == "free":
        assert sloped == pytest.approx(0, abs=1e-3)


def test_rows_of_runs_and_controls_have_the_measures(known, config, truth_config):
    asked = {"action_gap", "coupling_gap", "straight_loss", "optimal_distance"}
    given = [known.name], {known.name: known.truth}

    def of(control):
        [(_, table)] = control_rows(truth_config, given[0], control, 0, given[1])
        return table

    table = of("translation")
    assert asked <= set(table["measure"])
    assert set(table.loc[table["measure"] == "action_gap", "n"]) == {32}
    assert not asked & set(of("floor")["measure"])

    method = config.methods["nlot"]
    header = {
        "task": known.name,
        "method": "nlot",
        "provenance": {"seed": 0, "minutes": 1.0, "device": "cpu"},
    }
    run = Run(known.task, method, build_networks(2, 1.5, method, key=KEY), header)
    measured = set(run_rows(run, truth_config.evaluation, known.truth)["measure"])
    assert {*asked, "path_loss", "duality_gap", "coupling_gap_map"} <= measured
    assert "duality_gap_map" not in measured


def test_reference_rows(known):
    table = reference_rows(known.truth)
    found = dict(zip(table["measure"], table["value"], strict=True))
    assert set(table["method"]) == {"reference"}
    assert found["optimal_cost"] == known.truth.optimum
    assert found["optimal_low"] < found["optimal_high"]
