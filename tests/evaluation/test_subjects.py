import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from nlot.evaluation.subjects import (
    CONTROLS,
    EuclideanOT,
    Simulated,
    Trained,
    TrainedMap,
    Translation,
    subjects,
)
from nlot.methods.nlsb.run import BridgeRun
from nlot.methods.nlsb.train import build_bridge
from nlot.networks.amortised import build_networks
from nlot.runs.transport import Run

KEY = jax.random.key(0)


@pytest.fixture(scope="module")
def x(well):
    return well.source.sample(jax.random.key(1), 40)


def test_translation_moves_by_the_difference_of_the_means(well, x):
    moved = Translation(well).push(x, KEY)
    np.testing.assert_allclose(moved, x + jnp.array([2.25, 0.0]), atol=1e-6)
    assert Translation(well).own_paths(x, moved, KEY) is None


def test_euclidean_ot_assigns_a_target_sample_optimally(well, x):
    """Each of its target points once, at the least total squared distance."""
    pushed = np.asarray(EuclideanOT(well).push(x, KEY))
    target = np.asarray(well.target.sample(KEY, len(x)))
    np.testing.assert_array_equal(np.sort(pushed, axis=0), np.sort(target, axis=0))
    squared = np.sum((np.asarray(x)[:, None] - target) ** 2, axis=2)
    best = squared[linear_sum_assignment(squared)].sum()
    assert np.sum((np.asarray(x) - pushed) ** 2) == pytest.approx(best, rel=1e-5)


def test_euclidean_ot_draws_from_the_target_with_its_key(well, x):
    one, again = (EuclideanOT(well).push(x, KEY) for _ in range(2))
    other = EuclideanOT(well).push(x, jax.random.key(2))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


def test_euclidean_ot_travels_on_straight_lines(free, wall):
    """Their action without a potential; the second one crosses a box of side 1."""
    x, y = jnp.array([[-1.1, 0.9], [-1.1, 0.1]]), jnp.array([[1.1, 0.6], [1.1, 0.1]])
    found = EuclideanOT(free).own_paths(x, y, KEY)
    np.testing.assert_allclose(found.action, [2.465, 2.42], rtol=1e-4)
    np.testing.assert_array_equal(found.obstacle_time, 0)
    inside = EuclideanOT(wall).own_paths(x, y, KEY).obstacle_time
    np.testing.assert_allclose(inside, [0, 1 / 2.2], atol=2e-3)


@pytest.mark.parametrize("name", CONTROLS)
def test_controls_give_one_image_a_sample(well, x, name):
    assert CONTROLS[name](well).push(x, KEY).shape == x.shape


def test_a_run_is_measured_by_its_transport_or_by_its_map(well, make_method, x):
    method = make_method()
    networks = build_networks(2, well.bounds, method, key=KEY)
    run = Run(well, method, networks, {})
    pushed = Trained(run).push(x, KEY)
    np.testing.assert_array_equal(pushed, run.transport(x))
    mapped = TrainedMap(run).push(x, KEY)
    np.testing.assert_array_equal(mapped, run.network_map(x))
    assert jnp.any(pushed != mapped)
    assert (Trained.suffix, TrainedMap.suffix) == ("", "_map")
    own, direct = Trained(run).own_paths(x, pushed, KEY), run.cost(x, pushed)
    np.testing.assert_allclose(own.action, direct, rtol=1e-3)


@pytest.fixture(scope="module")
def bridge(wall, make_bridge):
    """A bridge round the box, untrained."""
    config = make_bridge(time_steps=10)
    networks = build_bridge(2, config, key=KEY)
    header = {"task": "box", "method": "nlsb", "provenance": {"seed": 0}}
    return BridgeRun(wall, config, networks, header)


def test_a_run_is_measured_as_all_that_it_is(bridge, well, make_method):
    """A bridge by each kind of its paths, other runs by each map."""
    kinds = subjects(bridge)
    assert [type(kind) for kind in kinds] == [Simulated, Simulated]
    assert [kind.run.expected for kind in kinds] == [False, True]
    assert [kind.suffix for kind in kinds] == ["", ""]
    method = make_method()
    run = Run(well, method, build_networks(2, 1.5, method, key=KEY), {})
    assert subjects(run) == [Trained(run), TrainedMap(run)]


def test_a_bridge_is_measured_on_the_paths_that_it_is_pushed_along(bridge):
    """With the same key: ends, action and time in the box are of the same paths."""
    x = bridge.task.source.sample(KEY, 20) + jnp.array([0.6, 0.0])
    for subject in subjects(bridge):
        steps = subject.run.steps(x, KEY)
        y = subject.push(x, KEY)
        np.testing.assert_array_equal(y, steps[:, -1])
        own = subject.own_paths(x, y, KEY)
        np.testing.assert_array_equal(own.action, subject.run.actions(steps))
        share = jnp.all(jnp.abs(steps) < 0.5, axis=-1).mean(axis=1)
        np.testing.assert_allclose(own.obstacle_time, share, atol=1e-6)
        assert 0 < share.mean() < 1
        assert np.any(y != subject.push(x, jax.random.key(5)))
