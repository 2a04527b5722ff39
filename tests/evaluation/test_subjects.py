import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from nlot.evaluation.subjects import (
    CONTROLS,
    EuclideanOT,
    Trained,
    TrainedMap,
    Translation,
)
from nlot.networks import build_networks
from nlot.runs import Run

KEY = jax.random.key(0)


@pytest.fixture(scope="module")
def x(well):
    return well.source.sample(jax.random.key(1), 40)


def test_translation_moves_by_the_difference_of_the_means(well, x):
    moved = Translation(well).push(x, KEY)
    np.testing.assert_allclose(moved, x + jnp.array([2.25, 0.0]), atol=1e-6)
    assert Translation(well).own_paths(x, moved) is None


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


def test_euclidean_ot_travels_on_straight_lines(well, x):
    spline, coefficients = EuclideanOT(well).own_paths(x, x + 1)
    assert coefficients.shape == (40, spline.size, 2)
    assert not jnp.any(coefficients)


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
    spline, coefficients = Trained(run).own_paths(x, pushed)
    assert spline == run.spline
    np.testing.assert_array_equal(coefficients, run.coefficients(x, pushed))
