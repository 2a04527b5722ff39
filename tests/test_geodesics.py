"""Paths of least action where theory knows them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.action import Quadrature
from nlot.closed_forms import circle_action, frequency, harmonic_action, harmonic_path
from nlot.geodesics import least_action, least_actions
from nlot.lagrangians import Newtonian, Riemannian
from nlot.metrics import CircleMetric
from nlot.potentials import Well
from nlot.splines import CubicSpline

pytestmark = pytest.mark.usefixtures("x64")
SPLINE = CubicSpline(30)
TIMES = np.linspace(0, 1, 41)


def solve(lagrangian, x, y, start=None, points=200, **settings):
    """The best path from x[i] to y[i], from the straight one unless told."""
    if start is None:
        start = jnp.zeros((1, len(x), SPLINE.size, 2))
    return least_actions(
        lagrangian, Quadrature(SPLINE, points), x, y, start, **settings
    )


def positions(x, y, coefficients):
    """Positions of one path at TIMES."""
    line = x + TIMES[:, None] * (y - x)
    return np.asarray(line + SPLINE.position(TIMES) @ coefficients)


@pytest.fixture
def ends():
    return jax.random.uniform(jax.random.key(0), (2, 4, 2), minval=-1.5, maxval=1.5)


def test_harmonic_well(ends):
    x, y = ends
    well = Newtonian(Well(jnp.array(0.01)), 361.0)
    omega = frequency(well)
    truth = jax.vmap(lambda a, b: harmonic_action(a, b, omega))(x, y)
    found = solve(well, x, y, points=400, tolerance=1e-9)
    np.testing.assert_allclose(found.action, truth, atol=1e-4)
    assert jnp.all(found.converged)

    for a, b, coefficients in zip(x, y, found.coefficients, strict=True):
        path = np.stack([harmonic_path(a, b, t, omega) for t in TIMES])
        np.testing.assert_allclose(positions(a, b, coefficients), path, atol=1e-4)


def test_straight_lines_are_the_euclidean_geodesics(ends):
    start = jax.random.normal(jax.random.key(1), (1, 4, SPLINE.size, 2))
    found = solve(Newtonian(None, 1.0), *ends, start)
    # The action's tolerance of 1e-6 leaves |φ|² of twice that.
    np.testing.assert_allclose(found.coefficients, 0, atol=2e-3)
    straight = jnp.sum((ends[1] - ends[0]) ** 2, axis=1) / 2
    np.testing.assert_allclose(found.action, straight, atol=1e-5)


def test_geodesics_of_the_circle_metric_keep_their_radius():
    """Round the unit circle over angle α: about floor α²/2, which no chord attains."""
    start_angle, angles = 0.3, np.array([0.8, 1.7, 2.5])
    x = jnp.tile(jnp.array([np.cos(start_angle), np.sin(start_angle)]), (3, 1))
    end = start_angle + angles
    y = jnp.array(np.stack([np.cos(end), np.sin(end)], axis=1))
    # Half the arc's height, on its side of the chord.
    knots = np.linspace(0, 1, SPLINE.knots)[:, None]
    start = []
    for a, b, angle in zip(np.asarray(x), np.asarray(y), angles, strict=True):
        chord = a + knots * (b - a)
        turn = start_angle + knots * angle
        arc = np.hstack([np.cos(turn), np.sin(turn)])
        start.append(SPLINE.coefficients((chord + arc) / 2))
    metric = Riemannian(CircleMetric())
    found = solve(metric, x, y, jnp.array([start]), tolerance=1e-8, max_steps=1000)
    np.testing.assert_allclose(found.action, 1e-3 * angles**2 / 2, rtol=1e-3)
    truth = jax.vmap(lambda a, b: circle_action(a, b, 1e-3))(x, y)
    np.testing.assert_allclose(found.action, truth, rtol=1e-5)
    # The floor of 1e-3 lets a path cut the corner by about a thousandth.
    for a, b, coefficients in zip(x, y, found.coefficients, strict=True):
        radius = np.linalg.norm(positions(a, b, coefficients), axis=1)
        np.testing.assert_allclose(radius, 1, atol=5e-3)


@pytest.fixture
def crossings():
    """Four pairs of points on either side of a box, and bent and straight starts."""
    x = jnp.array([[-1.1, 0.2], [-1.2, -0.7], [-1.0, 0.9], [-1.1, 0.0]])
    y = jnp.array([[1.1, 0.1], [1.0, 0.3], [1.2, 0.8], [1.1, -0.4]])
    starts = jnp.zeros((3, 4, SPLINE.size, 2))
    starts = starts.at[1, :, 0, 1].set(2.0).at[2, :, 0, 1].set(-2.0)
    return x, y, starts


def cross(wall, x, y, starts):
    # One call signature, so that it is compiled once.
    return solve(wall.lagrangian, x, y, starts, points=50)


def test_cost_is_symmetric(wall, crossings):
    """No Lagrangian here knows forward from backward."""
    x, y, starts = crossings
    there, back = cross(wall, x, y, starts), cross(wall, y, x, starts)
    np.testing.assert_allclose(there.action, back.action, rtol=1e-3)


def test_the_best_of_several_starts_is_taken(wall, crossings):
    """Straight through the wall, or round it."""
    x, y, starts = crossings
    each = [
        cross(wall, x, y, jnp.broadcast_to(start, starts.shape)).action
        for start in starts
    ]
    best = cross(wall, x, y, starts).action
    np.testing.assert_allclose(best, np.min(each, axis=0), rtol=1e-6)
    assert np.any(np.max(each, axis=0) > 2 * best), "the starts must matter"


def test_a_nan_returns_the_start_and_spoils_no_other_path(wall, crossings):
    x, y, starts = crossings
    whole = cross(wall, x, y, starts)
    broken = cross(wall, x.at[0, 0].set(jnp.nan), y, starts)
    assert jnp.all(jnp.isfinite(broken.coefficients))
    assert not broken.converged[0]
    np.testing.assert_allclose(broken.action[1:], whole.action[1:], rtol=1e-6)


def test_never_worse_than_the_start(wall, crossings):
    x, y = crossings[0][0], crossings[1][0]
    start = jax.random.normal(jax.random.key(2), (SPLINE.size, 2))
    rule = Quadrature(SPLINE, 50)

    @jax.jit
    def few_steps(start):
        return least_action(wall.lagrangian, rule, x, y, start, max_steps=3)

    found = few_steps(start)
    # Up to the rounding of a sum in another order.
    assert found.action <= rule(wall.lagrangian, x, y, start) * (1 + 1e-12)
    assert not found.converged
