"""Runs of metrics with maps between neighbouring measures, and paths."""

import numpy as np
import pytest


@pytest.fixture(scope="module", params=["metric_nlot", "metric_nlot_plus"])
def run(request, open_kind):
    """A short training on points that are translated."""
    return open_kind(request.param)


@pytest.fixture
def x():
    return np.random.default_rng(1).uniform(-0.5, 0.5, (7, 2))


def test_metric_has_the_eigenvalues_of_the_settings(run, x):
    found = np.linalg.eigvalsh(run.metric(x))
    np.testing.assert_allclose(found, np.tile([0.1, 1.0], (7, 1)), rtol=1e-4)


def test_carry_applies_all_maps_one_after_the_other(run, x):
    stops = run.carry(x)
    assert stops.shape == (4, 7, 2)
    np.testing.assert_allclose(stops[0], x, rtol=1e-6)
    for pair in range(3):
        np.testing.assert_array_equal(stops[pair + 1], run.leg(stops[pair], pair))


def test_pairs_have_maps_of_their_own(run, x):
    first, second = run.leg(x, 0), run.leg(x, 1)
    assert np.abs(first - second).max() > 1e-3


@pytest.mark.parametrize("pair", [-1, 3])
def test_a_pair_that_is_not_there_is_an_error(run, x, pair):
    with pytest.raises(ValueError, match=f"pair must be from 0 to 2, found {pair}"):
        run.leg(x, pair)


def test_paths_lead_from_end_to_end(run, x):
    y = x + 0.3
    path = run.path(x, y, np.linspace(0, 1, 5))
    assert path.shape == (7, 5, 2)
    np.testing.assert_allclose(path[:, 0], x, atol=1e-5)
    np.testing.assert_allclose(path[:, -1], y, atol=1e-5)


def test_cost_is_the_action_of_the_path(run, x):
    """By finite differences of a finely sampled path, of second order."""
    y = x + np.array([0.3, -0.5])
    path = np.asarray(run.path(x, y, np.linspace(0, 1, 401)), np.float64)
    middle, steps = (path[:, 1:] + path[:, :-1]) / 2, np.diff(path, axis=1)
    metric = np.asarray(run.metric(middle.reshape(-1, 2))).reshape(7, 400, 2, 2)
    expected = 0.5 * 400 * np.einsum("nti,ntij,ntj->n", steps, metric, steps)
    np.testing.assert_allclose(run.cost(x, y), expected, rtol=1e-3)


@pytest.mark.parametrize("shape", [(2,), (4, 3), (1, 4, 2)])
def test_points_of_another_shape_are_an_error(run, unchecked, shape):
    for method in (run.metric, run.carry):
        with pytest.raises(ValueError, match=r"expected points of shape \(n, 2\)"):
            method(np.zeros(shape))


@pytest.mark.parametrize("times", [[-0.1], [0.5, 1.1]])
def test_times_outside_the_path_are_an_error(run, x, times):
    with pytest.raises(ValueError, match=r"times must be a list within \[0, 1\]"):
        run.path(x, x, np.array(times))
