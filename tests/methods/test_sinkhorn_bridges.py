"""Schroedinger bridges between samples in time."""

import jax.numpy as jnp
import numpy as np
import pytest

import nlot

RNG = np.random.default_rng(0)


def solved(clouds, times=None, **settings):
    return nlot.learn_metric(
        clouds, times, method="sinkhorn_bridges", settings=settings, seed=0
    )


def moving(shift, n=200):
    """Clouds that move by `shift` from each time to the next."""
    return [RNG.normal(0.0, 0.3, (n, 2)) + k * np.asarray(shift) for k in range(4)]


@pytest.fixture(scope="module")
def drifting():
    return solved(moving([2.0, 0.0]), mass="conserved", epsilon=[0.1])


def test_a_drift_is_followed_at_all_times(drifting):
    """Within three standard errors of a mean of 200 samples, 0.064."""
    for time in (0.0, 0.5, 1.0, 2.25, 3.0):
        mean = drifting.population(time).mean(0)
        np.testing.assert_allclose(mean, [2 * time, 0], atol=0.07)


def test_measures_are_met_at_their_own_times(drifting):
    points = drifting.problem.measures[1]
    found = drifting.population(1.0)
    # Each point is one of the samples, and each sample is there.
    rows = np.unique(found.round(4), axis=0)
    np.testing.assert_allclose(rows, np.unique(points.round(4), axis=0), atol=2e-4)


def test_points_move_along_bridges(drifting):
    """They start where they are, end in the next measure, and repeat themselves."""
    x = drifting.problem.measures[0][:50]
    path = np.asarray(drifting.at(x, [0.0, 0.5, 1.0]))
    np.testing.assert_allclose(path[0], x, atol=1e-6)
    ends = {tuple(y) for y in drifting.problem.measures[1].round(4)}
    assert {tuple(y) for y in path[2].round(4)} <= ends
    np.testing.assert_array_equal(path[2], drifting.leg(x, 0))
    np.testing.assert_array_equal(path, drifting.at(x, [0.0, 0.5, 1.0]))


def test_the_variance_of_bridges_is_that_of_brownian_ones(drifting):
    """ε/2 s(1 - s) a coordinate; 5000 draws, so 2 % is one standard deviation."""
    x = jnp.zeros((5000, 2))
    path = np.asarray(drifting._passed(x, x, 0, np.array([0.25, 0.5])))
    epsilon = float(drifting.networks.epsilon)
    for k, s in enumerate((0.25, 0.5)):
        expected = epsilon / 2 * s * (1 - s)
        np.testing.assert_allclose(path[:, k].var(0), expected, rtol=0.08)
    # Covariance s(1 - t) for s < t.
    found = (path[:, 0] * path[:, 1]).mean(0)
    np.testing.assert_allclose(found, epsilon / 2 * 0.25 * 0.5, rtol=0.12)


def growing(n=300):
    """Two clouds far apart, of which the second grows from a tenth to nine tenths."""
    clouds = []
    for share in (0.1, 0.3, 0.7, 0.9):
        second = RNG.random(n) < share
        clouds.append(RNG.normal(0.0, 0.3, (n, 2)) + 8.0 * second[:, None])
    return clouds


def test_growth_is_found_where_left_out_times_show_it():
    """Without it, mass has to cross the gap between the clouds."""
    clouds = growing()
    clouds, times = clouds[:2] + clouds[3:], [0.0, 1.0, 3.0]

    def crossing(**settings):
        run = solved(clouds, times, epsilon=[0.1], growth=[1.0], **settings)
        x = run.population(2.0)[:, 0]
        return run.history[-1]["grows"], np.mean((x > 2.0) & (x < 6.0))

    grows, share = crossing()
    assert grows == 1
    assert share < 0.05
    grows, share = crossing(mass="conserved")
    assert grows == 0
    # Six tenths of the mass change clouds between times 1 and 3.
    assert share > 0.4


def test_the_choice_is_that_of_the_least_error(drifting):
    run = solved(moving([1.0, 0.5], n=60), epsilon=[0.1, 0.5], growth=[2.0])
    *tried, chosen = run.history
    best = min(tried, key=lambda record: record["w1"])
    assert len(tried) == 8
    for key in ("epsilon", "grows", "noise"):
        assert chosen[key] == best[key]


def test_two_times_leave_nothing_to_choose_by():
    run = solved(moving([1.0, 0.0], n=40)[:2], epsilon=[0.3, 1.0])
    assert [record["phase"] for record in run.history] == ["couplings"]
    assert run.history[-1]["grows"] == 0


@pytest.mark.parametrize("time", [-0.1, 3.5, np.nan])
def test_a_time_outside_is_an_error(drifting, time):
    with pytest.raises(ValueError, match=r"time must be within \[0, 3\]"):
        drifting.population(time)
