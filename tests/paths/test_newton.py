"""Paths of least action where theory knows them."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.config import LeastActionConfig
from nlot.costs.closed_forms import (
    circle_action,
    frequency,
    harmonic_action,
    harmonic_path,
)
from nlot.costs.lagrangians import AbstractLagrangian, Newtonian, Riemannian
from nlot.costs.metrics import CircleMetric
from nlot.costs.own import OwnLagrangian
from nlot.costs.potentials import Well
from nlot.paths.newton import least_actions
from nlot.paths.polygons import polygon_actions
from nlot.training import microbatch as batches

pytestmark = pytest.mark.usefixtures("x64")
SEGMENTS = 32
SETTINGS = LeastActionConfig()
WELL = Newtonian(Well(jnp.array(0.01)), 361.0)
EUCLIDEAN = Newtonian(None, 1.0)


class Searched(AbstractLagrangian):
    """|v|²/2, which does not say that it is the same everywhere."""

    def __call__(self, x, v):
        return jnp.sum(v**2) / 2


class Quartic(AbstractLagrangian):
    """(|v|² + |v|⁴)/2, everywhere the same."""

    straight = True

    def __call__(self, x, v):
        return (jnp.sum(v**2) + jnp.sum(v**2) ** 2) / 2


def straight(x, y, segments=SEGMENTS):
    """Straight polygons from x[i] to y[i]."""
    s = np.linspace(0, 1, segments + 1)[:, None]
    x, y = np.asarray(x)[:, None], np.asarray(y)[:, None]
    return x + s * (y - x)


@pytest.fixture
def ends():
    key = jax.random.key(0)
    ends = jax.random.uniform(key, (2, 4, 2), jnp.float64, minval=-1.5, maxval=1.5)
    return np.asarray(ends)


@pytest.fixture
def crossings():
    """Four pairs of points on either side of a box."""
    x = np.array([[-1.1, 0.2], [-1.2, -0.7], [-1.0, 0.9], [-1.1, 0.0]])
    y = np.array([[1.1, 0.1], [1.0, 0.3], [1.2, 0.8], [1.1, -0.4]])
    return SimpleNamespace(x=x, y=y, starts=round_the_box(x, y))


def round_the_box(x, y):
    """Straight starts, and starts bent to either side."""
    wave = np.sin(np.pi * np.linspace(0, 1, SEGMENTS + 1))[:, None] * [0.0, 1.0]
    return straight(x, y) + np.array([0.0, 0.9, -0.9])[:, None, None, None] * wave


def cross(wall, starts, **settings):
    return least_actions(wall.lagrangian, 1.0, LeastActionConfig(**settings), starts)


# Known paths and actions.


def test_harmonic_well(ends):
    """Twice as many segments, a quarter of the error, here below (ω/N)² of the cost."""
    omega = frequency(WELL)
    horizon = 1.5
    truth = jax.vmap(lambda a, b: harmonic_action(a, b, omega, horizon))(*ends)
    errors = []
    for segments in (16, 32):
        found = least_actions(WELL, horizon, SETTINGS, straight(*ends, segments))
        assert np.all(found.converged)
        errors.append(np.abs(found.action - truth))
        assert np.all(errors[-1] < (omega * horizon / segments) ** 2 * truth)
        for t in (1 / 4, 1 / 2, 3 / 4):
            corner = found.path[:, round(t * segments)]
            for a, b, z in zip(*map(jnp.array, ends), corner, strict=True):
                path = harmonic_path(a, b, t * horizon, omega, horizon)
                atol = (omega * horizon / segments) ** 2
                np.testing.assert_allclose(z, path, atol=atol)
    # The next term of the error's expansion is of relative order (ωh)² < 0.1.
    np.testing.assert_allclose(errors[0] / errors[1], 4, rtol=0.1)


@pytest.mark.parametrize("lagrangian", [Searched(), EUCLIDEAN])
def test_straight_lines_are_the_euclidean_geodesics(lagrangian, ends):
    """From any start, whether they are searched or known."""
    x, y = ends
    start = straight(x, y)
    start[:, 1:-1] += np.random.default_rng(1).normal(size=start[:, 1:-1].shape)
    found = least_actions(lagrangian, 2.0, SETTINGS, start)
    assert np.all(found.converged)
    np.testing.assert_allclose(found.action, np.sum((y - x) ** 2, axis=1) / 4)
    # The action's tolerance of 1e-9 leaves distances of its root.
    np.testing.assert_allclose(found.path, straight(x, y), atol=1e-4)
    np.testing.assert_array_equal(found.path[:, [0, -1]], start[:, [0, -1]])


def test_straight_paths_are_not_searched(ends):
    """The cost T l((y - x)/T), its slopes by differences, and no step."""
    x, y = ends

    def cost(x, y):
        v = (y - x) / 2
        return np.sum(v**2, axis=1) + np.sum(v**2, axis=1) ** 2

    found = least_actions(Quartic(), 2.0, SETTINGS, bump(ends))
    np.testing.assert_allclose(found.action, cost(x, y))
    np.testing.assert_allclose(found.path, straight(x, y), atol=1e-15)
    assert np.all(found.converged)
    assert not np.any(found.steps)
    for k, shift in enumerate(1e-6 * np.eye(2)):
        for side, (a, b) in enumerate([(shift, 0), (0, shift)]):
            slope = (cost(x + a, y + b) - cost(x - a, y - b)) / 2e-6
            np.testing.assert_allclose(found.slopes[:, side, k], slope, atol=1e-7)


def test_a_well_on_the_line(ends):
    """One dimension, where blocks are numbers."""
    x, y = ends[..., :1]
    found = least_actions(WELL, 1.0, SETTINGS, straight(x, y))
    omega = frequency(WELL)
    truth = jax.vmap(lambda a, b: harmonic_action(a, b, omega))(x, y)
    np.testing.assert_allclose(found.action, truth, rtol=(omega / SEGMENTS) ** 2)


def test_geodesics_of_the_circle_metric_keep_their_radius():
    """Round the unit circle over angle α: about floor α²/2, far below a chord's."""
    first, angles = 0.3, np.array([0.8, 1.7, 2.5])
    turn = first + np.linspace(0, 1, SEGMENTS + 1) * angles[:, None]
    arc = np.stack([np.cos(turn), np.sin(turn)], axis=2)
    x, y = arc[:, 0], arc[:, -1]
    # Half the arc's height, on its side of the chord.
    start = (straight(x, y) + arc) / 2
    metric = Riemannian(CircleMetric())
    found = least_actions(metric, 1.0, LeastActionConfig(tolerance=1e-10), start)
    assert np.all(found.converged)
    truth = jax.vmap(lambda a, b: circle_action(a, b, 1e-3))(x, y)
    np.testing.assert_allclose(found.action, truth, rtol=1e-3)
    # The floor of 1e-3 lets a path cut the corner by about a thousandth.
    radius = np.linalg.norm(found.path, axis=2)
    np.testing.assert_allclose(radius, 1, atol=5e-3)


def test_slopes_are_the_gradients_of_the_cost(wall, crossings):
    """Central differences of the least action over both ends, on paths round a wall."""
    # The tolerance of 1e-9 of an action below 20 leaves 1e-5 of the differences.
    found = cross(wall, crossings.starts[1])
    step = 1e-3
    for end in (0, 1):
        for j in range(2):
            costs = []
            for sign in (1, -1):
                shift = np.zeros((2, 2))
                shift[end, j] = sign * step
                s = np.linspace(0, 1, SEGMENTS + 1)[:, None]
                moved = found.path + (1 - s) * shift[0] + s * shift[1]
                costs.append(cross(wall, moved).action)
            difference = (costs[0] - costs[1]) / (2 * step)
            np.testing.assert_allclose(
                found.slopes[:, end, j], difference, rtol=1e-3, atol=1e-3
            )


# The search.


def test_gradients_vanish(wall, crossings):
    """A search promises less than 2e-8, at an action below 20: in empty space 2e-4.

    The edges of the wall bend the action up to a hundred times as much as the kinetic
    energy does, which the norm is dual to: ten times that.
    """
    found = cross(wall, np.concatenate(crossings.starts))
    assert np.all(found.converged)
    assert np.all(found.gradient_norm < 2e-3)
    hasty = cross(wall, crossings.starts[1], max_steps=2)
    assert not np.any(hasty.converged)
    assert np.all(hasty.gradient_norm > 2e-2)


def test_gradient_norm_is_dual_to_the_kinetic_energy(ends):
    """Of a bend in empty space: the norm of its own velocity."""
    none = SETTINGS.model_copy(update={"max_steps": 0})
    found = least_actions(Searched(), 2.0, none, bump(ends))
    wave = bump(ends) - straight(*ends)
    speeds = np.diff(wave, axis=1) / (2.0 / SEGMENTS)
    expected = np.sqrt(np.sum(speeds**2, axis=(1, 2)) * 2.0 / SEGMENTS)
    np.testing.assert_allclose(found.gradient_norm, expected)
    np.testing.assert_array_equal(found.path, bump(ends))
    assert not np.any(found.converged)


def bump(ends):
    wave = np.sin(np.pi * np.linspace(0, 1, SEGMENTS + 1))[:, None] * [0.3, -0.5]
    return straight(*ends) + wave


def test_cost_is_symmetric(wall, crossings):
    """No Lagrangian here knows forward from backward."""
    x, y = crossings.x, crossings.y
    back = cross(wall, round_the_box(y, x).reshape(-1, SEGMENTS + 1, 2))
    there = cross(wall, crossings.starts.reshape(-1, SEGMENTS + 1, 2))
    best = [found.action.reshape(3, 4).min(axis=0) for found in (there, back)]
    np.testing.assert_allclose(*best, rtol=1e-6)


def test_the_start_decides_on_which_side(wall, crossings):
    """Straight through the wall, or round it."""
    each = np.stack([cross(wall, starts).action for starts in crossings.starts])
    assert np.any(each.max(axis=0) > 2 * each.min(axis=0))
    above, below = (cross(wall, starts).path for starts in crossings.starts[1:])
    assert above[0, :, 1].max() > 0.5
    assert below[0, :, 1].min() < -0.5


def test_a_nan_returns_as_it_is_and_spoils_no_other_path(wall, crossings):
    whole = cross(wall, crossings.starts[1])
    broken = crossings.starts[1].copy()
    broken[0, 3, 1] = np.nan
    found = cross(wall, broken)
    np.testing.assert_array_equal(found.path[0], broken[0])
    assert not found.converged[0]
    assert found.steps[0] == 0
    np.testing.assert_allclose(found.action[1:], whole.action[1:], rtol=1e-9)
    assert np.all(found.converged[1:])


@pytest.mark.parametrize("max_steps", [2, 4, 8])
def test_never_worse_than_the_start(wall, crossings, max_steps):
    """Nor after more steps than after fewer, from starts that are rough."""
    rng = np.random.default_rng(2)
    starts = np.repeat(crossings.starts[0], 4, axis=0)
    starts[:, 1:-1] += 0.2 * rng.normal(size=starts[:, 1:-1].shape)
    found = cross(wall, starts, max_steps=max_steps)
    # Up to the rounding of a sum in another order.
    before = polygon_actions(wall.lagrangian, 1.0, starts) * (1 + 1e-12)
    assert np.all(found.action <= before)
    assert np.all(found.steps <= max_steps)
    later = cross(wall, starts, max_steps=2 * max_steps)
    assert np.all(later.action <= found.action * (1 + 1e-12))


def test_more_paths_than_fit_a_batch(monkeypatch, wall, crossings):
    """Each ends as if it were alone, in its own place."""
    starts = crossings.starts.reshape(-1, SEGMENTS + 1, 2)
    whole = cross(wall, starts)
    monkeypatch.setattr(batches, "MANY", 5)
    parts = cross(wall, starts)
    for a, b in zip(whole, parts, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(
        polygon_actions(wall.lagrangian, 1.0, parts.path), whole.action
    )


def test_a_force_that_grows_with_time():
    """x'' = t e from L = |v|²/2 + t e·x: x - y is straight but for e (t³ - T² t)/6."""
    e, horizon = jnp.array([0.0, 2.0]), 1.5
    lagrangian = OwnLagrangian(lambda x, v, t: jnp.sum(v**2) / 2 + t * (e @ x))
    starts = straight(np.zeros((1, 2)), np.ones((1, 2)))
    found = least_actions(lagrangian, horizon, SETTINGS, starts)
    t = np.linspace(0, horizon, SEGMENTS + 1)[:, None]
    expected = starts[0] + np.asarray(e) * (t**3 - horizon**2 * t) / 6
    # The midpoint rule is of second order in the length of a segment.
    np.testing.assert_allclose(found.path[0], expected, atol=1e-3)
    assert found.converged.all()
