"""Pairs of samples are told apart by exact costs, and by the turn."""

from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np
import pytest

from nlot.config import parse_config
from nlot.discrete.couplings import match
from nlot.evaluation.applicable import applicable
from nlot.evaluation.registry import MEASURES
from nlot.evaluation.rows import control_rows
from nlot.evaluation.transport_case import TransportCase
from nlot.ground_truth.truth import load_truth, make_truth

CLOUD = {"kind": "gaussian_mixture", "means": [[1.0, 0.0]], "std": 0.15}
# Lengths are those of a cylinder of circumference 2π.
CYLINDER = {
    "kind": "riemannian",
    "metric": {"kind": "density", "density": {"kind": "power", "exponent": 2}},
}


@pytest.fixture(scope="module")
def experiment():
    from ..conftest import settings

    raw = settings()
    raw["problems"] = {
        "cylinder": {
            "kind": "transport",
            "source": CLOUD,
            "target": {"kind": "turned", "of": CLOUD, "degrees": 90},
            "lagrangian": CYLINDER,
        }
    }
    raw["evaluation"] |= {"matching": {"points": 16}}
    raw["evaluation"]["least_action"] = {"segments": 128, "bends": [0.4], "waves": 0}
    controls = ["optimal_pairs", "turn", "euclidean_ot", "translation"]
    table = {"problems": ["cylinder"], "methods": ["nlot"], "controls": controls}
    raw |= {"tables": {"pairs": table}, "figures": {}}
    return parse_config(raw)


@pytest.fixture(scope="module")
def known(experiment, tmp_path_factory):
    path = tmp_path_factory.mktemp("truth") / "cylinder.npz"
    make_truth(experiment, "cylinder", path)
    return SimpleNamespace(
        problem=experiment.problems["cylinder"].load(),
        truth=load_truth(path),
        experiment=experiment,
    )


@pytest.fixture
def of(known):
    def find(name, pairs):
        subject = SimpleNamespace(match=pairs)
        settings = known.experiment.evaluation
        case = TransportCase(known.problem, subject, settings, 1, known.truth)
        value, n = MEASURES[name].of(case)
        assert n == 16
        return value

    return find


def turned(x, y):
    return np.arange(len(x))


def backwards(x, y):
    return np.arange(len(x))[::-1]


def test_costs_are_those_of_the_cylinder(known):
    """log²(r/q)/2 + θ²/2, within 0.01 %: on 128 segments."""
    found = known.truth.matchings[0]
    radius, angle = np.linalg.norm(found.x, axis=1), np.arctan2(*found.x.T[::-1])
    rise = np.log(radius[:, None] / radius)
    expected = (rise**2 + (angle + np.pi / 2 - angle[:, None]) ** 2) / 2
    np.testing.assert_allclose(found.cost, expected, rtol=1e-4)


def test_each_seed_has_samples_of_its_own(known):
    first, second = (known.truth.matchings[seed] for seed in (0, 1))
    assert np.abs(first.x - second.x).min() > 0
    np.testing.assert_allclose(
        first.y, known.problem.target.turn(jnp.asarray(first.x)), atol=1e-6
    )


def test_the_turn_is_optimal_on_a_cylinder(known, of):
    """The cost is convex in the difference of angles, and of logarithms of radii."""
    np.testing.assert_array_equal(known.truth.matchings[1].order, np.arange(16))
    for pairs in (turned, None):
        assert of("matching_gap", pairs) == 0
        assert of("kendall_tau", pairs) == pytest.approx(1)
        assert of("turn_distance", pairs) == of("turn_degrees", pairs) == 0
        assert of("same_pairs", pairs) == 1


def test_other_pairs_cost_more(of):
    assert of("matching_gap", backwards) > 0.1
    assert of("same_pairs", backwards) == 0
    assert of("turn_distance", backwards) > 0.05
    # Samples come in no order: about as many pairs of angles agree as not.
    assert abs(of("kendall_tau", backwards)) < 0.6
    assert of("matching_gap", match) > 1e-3


def test_costs_are_compared_up_to_a_factor(known):
    exact = known.truth.matchings[1].cost
    settings = known.experiment.evaluation
    noise = np.random.default_rng(0).normal(size=exact.shape)
    noise *= 0.03 * np.linalg.norm(exact) / np.linalg.norm(noise)

    def error(costs):
        subject = SimpleNamespace(costs=lambda x, y: costs)
        case = TransportCase(known.problem, subject, settings, 1, known.truth)
        return MEASURES["costs_error"].of(case)[0]

    assert error(5 * exact) == pytest.approx(0, abs=1e-6)
    # Noise is almost orthogonal to the costs.
    assert error(5 * (exact + noise)) == pytest.approx(3, rel=0.05)


def test_moved_ends_are_far_from_samples_by_w2(known):
    x, y = (jnp.asarray(z, jnp.float32) for z in known.truth.matchings[1][:2])
    subject = SimpleNamespace(
        samples=(x, y), ends=(x[::-1], y + 0.2), actions=jnp.arange(16.0)
    )
    settings = known.experiment.evaluation
    case = TransportCase(known.problem, subject, settings, 1, known.truth)
    # The larger of both sides: 0.2 in each coordinate.
    expected = 0.2 * np.sqrt(2)
    assert MEASURES["ends_distance"].of(case)[0] == pytest.approx(expected, rel=1e-4)
    assert MEASURES["ends_action"].of(case)[0] == pytest.approx(7.5)


def test_controls_are_measured_as_foreseen(known):
    experiment, problem = known.experiment, "cylinder"
    for control, paired in (
        ("turn", True),
        ("optimal_pairs", True),
        ("euclidean_ot", True),
        ("translation", False),
    ):
        rows = control_rows(experiment, control, problem, 0, known.truth)
        names = list(rows["measure"])
        assert ("same_pairs" in names) == paired
        foreseen = applicable(experiment, control, problem)
        assert set(names) <= set(foreseen)
        assert set(foreseen) - set(names) <= {"map_error"}


def test_nothing_is_paired_unless_asked_for(raw):
    raw["figures"] = {}
    plain = parse_config(raw)
    assert "matching_gap" not in applicable(plain, "nlot", "free")
    raw["evaluation"] |= {"matching": {"points": 16}}
    assert "matching_gap" in applicable(parse_config(raw), "nlot", "free")
    assert "same_pairs" not in applicable(parse_config(raw), "nlot", "free")


def test_the_partner_of_a_moved_sample_is_the_nearest():
    x = jnp.arange(8.0).reshape(4, 2)
    np.testing.assert_array_equal(match(x, x[::-1] + 0.1), [3, 2, 1, 0])
