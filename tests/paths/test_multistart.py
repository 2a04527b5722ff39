"""The best of the paths that several starts lead to."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.config import LeastActionConfig
from nlot.costs.closed_forms import frequency, harmonic_action
from nlot.paths import multistart as module
from nlot.paths.multistart import optimal_paths
from nlot.paths.newton import least_actions
from nlot.paths.polygons import bent, polygon_actions

SETTINGS = LeastActionConfig(segments=32)


def best(problem, settings, x, y):
    return optimal_paths(
        problem.lagrangian, problem.horizon, problem.frame.scale, settings, x, y
    )


@pytest.fixture(scope="module")
def ends(wall):
    key = jax.random.key(0)
    return wall.source.sample(key, 6), wall.target.sample(key, 6)


@pytest.fixture(scope="module")
def found(wall, ends):
    return best(wall, SETTINGS, *ends)


def inside(problem, paths):
    """Which corners lie in an obstacle."""
    contains = jax.jit(jax.vmap(jax.vmap(problem.lagrangian.contains)))
    return np.asarray(contains(jnp.asarray(paths, jnp.float32)))


def test_paths_go_round_the_wall(wall, ends, found):
    """Straight ones spend a good part of their time in it."""
    s = np.linspace(0, 1, SETTINGS.segments + 1)[:, None]
    x, y = (np.asarray(z)[:, None] for z in ends)
    straight = x + s * (y - x)
    assert np.any(inside(wall, straight).mean(axis=1) > 0.3)
    assert not np.any(inside(wall, found.path))
    np.testing.assert_allclose(found.path[:, [0, -1]], straight[:, [0, -1]], atol=1e-6)
    assert np.all(found.converged)


@pytest.mark.parametrize("segments", [32, 128])
def test_the_best_start_is_taken(wall, ends, segments):
    """Of the straight one and four heights, up to 1.2, to both sides.

    Polygons of 128 segments are searched on coarser ones first: that must lose none.
    """
    settings = LeastActionConfig(segments=segments)
    found = best(wall, settings, *ends)
    assert found.path.shape[1] == segments + 1
    with jax.enable_x64(True):
        x, y = (jnp.asarray(z, jnp.float64) for z in ends)
        starts = jax.vmap(lambda a, b: bent(a, b, segments, [0.3, 0.6, 0.9, 1.2]))(x, y)
    starts = np.concatenate(starts)
    each = least_actions(wall.lagrangian, 1.0, settings, starts)
    each = each.action.reshape(6, 9)
    np.testing.assert_allclose(found.action, each.min(axis=1), rtol=1e-9)
    assert np.any(each.max(axis=1) > 2 * found.action), "the starts must matter"
    assert len(set(each.argmin(axis=1))) > 1


def test_paths_that_differ_are_searched_further():
    """Two pairs: of the first the best, its twin, and one 0.5 % worse; of the second
    the best alone, as the others are far worse or no number."""
    up, down = np.full((2, 9, 2), 1.0), np.full((2, 9, 2), -1.0)
    path = np.stack([up, up + 1e-4, down], axis=1)
    action = np.array([[1.0, 1.0001, 1.005], [2.0, np.inf, 1.0]])
    chosen = module._candidates(action, path, 1e-3, 0.01)
    np.testing.assert_array_equal(chosen, [[True, False, True], [False, False, True]])


def test_resampled_polygons_keep_their_corners():
    path = np.random.default_rng(0).normal(size=(3, 9, 2))
    np.testing.assert_allclose(module._resampled(path, 32)[:, ::4], path)
    np.testing.assert_allclose(
        module._resampled(path, 16)[:, 1::2], (path[:, 1:] + path[:, :-1]) / 2
    )
    np.testing.assert_allclose(module._resampled(path, 8), path)


def test_double_precision_within_single(wall, found):
    """Also where the caller computes in single precision."""
    for leaf in (found.path, found.action, found.slopes, found.gradient_norm):
        assert leaf.dtype == np.float64
    assert jnp.ones(1).dtype == jnp.float32
    with jax.enable_x64(True):
        action = polygon_actions(wall.lagrangian, wall.horizon, found.path)
    np.testing.assert_allclose(found.action, action, rtol=1e-12)


def test_parts_keep_the_order_of_pairs(monkeypatch, wall, ends, found):
    monkeypatch.setattr(module, "_NUMBERS", 4 * 9 * 33 * 2)
    parts = best(wall, SETTINGS, *ends)
    np.testing.assert_allclose(parts.action, found.action, rtol=1e-6)
    np.testing.assert_allclose(parts.path[:, 0], found.path[:, 0])


def test_cost_of_the_well_over_another_horizon(make_problem):
    """By the closed form, to second order: (ωT/N)² of the cost."""
    problem = make_problem(horizon=0.7)
    omega = frequency(problem.lagrangian)
    key = jax.random.key(1)
    x, y = problem.source.sample(key, 5), problem.target.sample(key, 5)[::-1]
    found = best(problem, SETTINGS, x, y)
    truth = jax.vmap(lambda a, b: harmonic_action(a, b, omega, 0.7))(x, y)
    rtol = (omega * 0.7 / SETTINGS.segments) ** 2
    np.testing.assert_allclose(found.action, truth, rtol=rtol)
