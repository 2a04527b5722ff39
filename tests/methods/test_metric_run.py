"""Runs of metrics with maps between neighbouring measures, and paths."""

import dataclasses

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


def test_costs_and_steps_are_those_of_pairs(run, x, unchecked):
    for use in (run.cost, lambda a, b: run.leg(a, 1, b)):
        with pytest.raises(ValueError, match="expected pairs of points, found arrays"):
            use(x[:3], x[:4])


def test_a_motion_in_twice_the_time_costs_half(run, x):
    np.testing.assert_allclose(run.cost(x, x + 0.3, 2.0), run.cost(x, x + 0.3) / 2)
    for duration in (0.0, -1.0, np.nan):
        with pytest.raises(ValueError, match="duration must be positive, found"):
            run.cost(x, x + 0.3, duration)


def uneven(run):
    """The run with a short interval between two long ones."""
    times = (10.0, 12.0, 12.5, 16.5)
    problem = dataclasses.replace(run.problem, times=times)
    return dataclasses.replace(run, problem=problem)


def test_points_pass_the_measures_at_their_times(run, x):
    """In any order, and from any measure on."""
    run, stops = uneven(run), np.asarray(run.carry(x))
    order = [2, 0, 3, 1]
    found = run.at(x, np.array(run.times)[order])
    np.testing.assert_allclose(found, stops[order], atol=1e-5)
    later = run.at(stops[1], run.times[1:], measure=1)
    np.testing.assert_allclose(later, stops[1:], atol=1e-5)
    assert run.at(x, []).shape == (0, 7, 2)


def test_between_measures_points_follow_the_paths(run, x):
    run, stops = uneven(run), run.carry(x)
    half, late = run.at(x, [11.0, 15.5])
    np.testing.assert_array_equal(half, run.path(x, stops[1], [0.5])[:, 0])
    np.testing.assert_array_equal(late, run.path(*stops[2:], [0.75])[:, 0])


@pytest.mark.parametrize("times, measure", [([9.9], 0), ([16.6], 0), ([11.0], 1)])
def test_times_that_are_not_reached_are_an_error(run, x, times, measure):
    first = 10 if measure == 0 else 12
    with pytest.raises(ValueError, match=rf"within \[{first}, 16.5\]"):
        uneven(run).at(x, times, measure)


def test_a_measure_without_a_next_is_an_error(run, x):
    with pytest.raises(ValueError, match="measure must be from 0 to 2, found 3"):
        run.at(x, [3.0], measure=3)


def test_speeds_are_lengths_per_time(run):
    """Steps are half as long as one unit."""
    np.testing.assert_allclose(run.speeds, [0.5] * 3, rtol=1e-5)
    np.testing.assert_allclose(uneven(run).speeds, [0.25, 1.0, 0.125], rtol=1e-5)


@pytest.mark.parametrize("shape", [(3,), (), (4, 3), (1, 4, 2)])
def test_points_of_another_shape_are_an_error(run, unchecked, shape):
    for method in (run.metric, run.carry):
        with pytest.raises(ValueError, match=r"expected points of shape \(n, 2\)"):
            method(np.zeros(shape))


@pytest.mark.parametrize("times", [[-0.1], [0.5, 1.1]])
def test_times_outside_the_path_are_an_error(run, x, times):
    with pytest.raises(ValueError, match=r"times must be a list within \[0, 1\]"):
        run.path(x, x, np.array(times))
