"""Bad maps, bad paths and bad potentials are told apart, each by its own measure."""

from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np
import pytest

from nlot.config import EvaluationConfig
from nlot.evaluation.controls import EuclideanOT, Translation
from nlot.evaluation.registry import MEASURES
from nlot.evaluation.rows import control_rows, reference_rows, run_rows
from nlot.evaluation.transport_case import TransportCase
from nlot.ground_truth.truth import load_truth
from nlot.paths import multistart
from nlot.paths.multistart import optimal_paths

from .opened import untrained

SETTINGS = EvaluationConfig.model_validate({"least_action": {"segments": 24}})


class Sent:
    """A map given by a function."""

    stochastic = False

    def __init__(self, function):
        self.function = function

    def transport(self, x, key=None):
        return self.function(x)


@pytest.fixture(scope="module", params=["free", "well", "wall"])
def known(request, truth_file, truth_experiment):
    return SimpleNamespace(
        name=request.param,
        problem=truth_experiment.problems[request.param].load(),
        truth=load_truth(truth_file(request.param)),
    )


@pytest.fixture
def of(known):
    """A measure of a map on a problem."""

    def find(subject, name):
        case = TransportCase(known.problem, subject, SETTINGS, 0, known.truth)
        value, n = MEASURES[name].of(case)
        assert n == 32
        return value

    return find


def test_translation_is_optimal_where_theory_says_so(known, of):
    """Without a wall; behind one it loses, but less than 2 %."""
    translation = Translation(known.problem)
    if known.name == "wall":
        assert 0 < of(translation, "coupling_gap") < 2
        assert of(translation, "optimal_distance") > 0.01
    else:
        assert of(translation, "coupling_gap") == pytest.approx(0, abs=1e-6)
        assert of(translation, "optimal_distance") == pytest.approx(0, abs=1e-6)
    # The points it sends are the target's, up to single precision.
    gap = of(translation, "coupling_gap")
    assert of(translation, "action_gap") == pytest.approx(gap, abs=1e-3)


def test_losses_are_never_negative_and_add_up(known):
    truth = known.truth
    rng = np.random.default_rng(0)
    for _ in range(20):
        order = rng.permutation(len(truth.x))
        found = truth.losses(truth.y[order])
        assert found.min() >= -1e-9
        cost = truth.cost[np.arange(len(order)), order]
        np.testing.assert_allclose(found, cost - truth.f - truth.g[order])
        assert found.mean() == pytest.approx(cost.mean() - truth.optimum)
    assert truth.losses(truth.y[truth.order]).max() < 1e-9


def test_a_bad_map_is_told_by_the_coupling(of):
    """It turns the slab upside down, and meets the target exactly."""
    upside_down = Sent(lambda x: jnp.array([2.25, 0.0]) + jnp.array([1.0, -1.0]) * x)
    assert of(upside_down, "coupling_gap") > 5


def test_a_map_that_falls_short_is_cheap_but_not_better(known, of):
    """Its action is below the optimum, the coupling it stands for is not."""
    short = Sent(lambda x: x + jnp.array([2.0, 0.0]))
    assert of(short, "action_gap") < -2
    full = of(Translation(known.problem), "coupling_gap")
    assert of(short, "coupling_gap") == pytest.approx(full, abs=1e-6)


def test_bad_paths_are_told_by_their_loss(known, of):
    """Straight paths are optimal without a potential, and only then."""
    loss = of(EuclideanOT(known.problem), "straight_loss")
    if known.name == "free":
        assert loss == pytest.approx(0, abs=1e-4)
    else:
        assert loss > 5


class Shown(Translation):
    """A translation with paths of its own: the best ones, found beforehand."""

    def polygons(self, x, y, s):
        p = self.problem
        settings = SETTINGS.least_action
        return optimal_paths(
            p.lagrangian, p.horizon, p.frame.scale, settings, x, y
        ).path


def test_own_paths_are_never_better_than_the_best(known, monkeypatch):
    """Even if the search by itself finds none but the straight ones.

    Below zero by 0.01 % at most, the tolerance of a search in hard edges.
    """
    subject, settings = Shown(known.problem), SETTINGS.least_action
    s = np.linspace(0, 1, settings.segments + 1)
    x = known.truth.x
    own = subject.polygons(x, np.asarray(subject.transport(x), np.float64), s)
    monkeypatch.setattr(Shown, "polygons", lambda *_: own)
    monkeypatch.setattr(
        multistart, "routes", lambda *_: np.empty((len(x), 0, settings.segments + 1, 2))
    )
    few = settings.model_copy(update={"bends": (), "waves": 0})
    crippled = SETTINGS.model_copy(update={"least_action": few})

    def loss(name, subject):
        case = TransportCase(known.problem, subject, crippled, 0, known.truth)
        return MEASURES[name].of(case)[0], case.truth_action

    own_loss, with_own = loss("path_loss", subject)
    assert own_loss == pytest.approx(0, abs=0.01)
    _, without = loss("straight_loss", Translation(known.problem))
    assert with_own <= without * (1 + 1e-9)
    if known.name == "wall":
        assert with_own < 0.99 * without


def test_the_duality_gap_of_known_potentials(known, of):
    """g = 0 against g(y) = t·y, optimal for a translation by t without a potential."""

    def gap(slope):
        return of(SimpleNamespace(potential=lambda y: slope * y[:, 0]), "duality_gap")

    flat, sloped = gap(0.0), gap(2.25)
    assert flat > 1
    assert sloped >= -1e-4
    if known.name == "free":
        assert sloped == pytest.approx(0, abs=1e-3)


def test_rows_of_runs_and_controls_have_the_measures(known, truth_experiment):
    asked = {"action_gap", "coupling_gap", "straight_loss", "optimal_distance"}

    def of(control):
        return control_rows(truth_experiment, control, known.name, 0, known.truth)

    table = of("translation")
    assert asked <= set(table["measure"])
    assert set(table.loc[table["measure"] == "action_gap", "n"]) == {32}
    assert not asked & set(of("floor")["measure"])

    run = untrained(known.problem, truth_experiment.methods["nlot"], known.name)
    rows = run_rows(run, truth_experiment, known.truth)
    measures = rows.groupby("method")["measure"].agg(set)
    assert {*asked, "path_loss", "duality_gap"} <= measures["nlot"]
    # Its potential, and what was found wrong, are the same.
    shared = {"converged", "duality_gap"}
    assert measures["nlot_network_map"] == measures["nlot"] - shared


def test_reference_rows(known):
    table = reference_rows(known.truth)
    found = dict(zip(table["measure"], table["value"], strict=True))
    assert set(table["method"]) == {"reference"}
    assert found["optimal_cost"] == known.truth.optimum
    assert found["optimal_low"] < found["optimal_high"]
