"""The action of polygons, its derivatives, and polygons to start from."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.costs.lagrangians import Newtonian, Riemannian
from nlot.costs.metrics import CircleMetric
from nlot.costs.potentials import Hill, Well
from nlot.paths.polygons import bent, expand, polygon_action, polygon_actions
from nlot.paths.quadrature import Quadrature
from nlot.paths.splines import CubicSpline

pytestmark = pytest.mark.usefixtures("x64")
SEGMENTS = 32
WELL = Newtonian(Well(jnp.array(0.01)), 361.0)


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


def test_action_of_a_polygon_is_that_of_a_fine_spline_through_its_corners(ends):
    """For a smooth path: both rules are of second order, with 1/64² = 2.4e-4."""
    knots = 65
    spline = CubicSpline(knots)
    x, y = ends
    wave = np.sin(np.pi * np.linspace(0, 1, knots))[:, None] * [0.3, -0.5]
    paths = straight(x, y, knots - 1) + wave
    coefficients = np.stack([spline.coefficients(path) for path in paths])
    rule = Quadrature(spline, 2000, "midpoint", 1.5)
    for lagrangian in (WELL, Riemannian(CircleMetric(0.5))):
        truth = [
            rule(lagrangian, *map(jnp.asarray, each))
            for each in zip(x, y, coefficients, strict=True)
        ]
        found = polygon_actions(lagrangian, 1.5, paths)
        np.testing.assert_allclose(found, truth, rtol=2e-3)


def curved(d, seed):
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(-1, 1, (2, d))
    path = straight(x[None], y[None], 6)[0]
    path[1:-1] += 0.3 * rng.normal(size=(5, d))
    return jnp.asarray(path)


@pytest.mark.parametrize(
    "lagrangian, d",
    [
        (Newtonian(Hill(jnp.array(2.0)), 3.0), 3),
        (Riemannian(CircleMetric(0.2)), 2),
    ],
)
def test_expansion_is_that_of_the_action(lagrangian, d):
    """Gradient and Hessian in all inner corners, slopes in both ends."""
    path, horizon = curved(d, seed=d), 1.7

    def action(path):
        return polygon_action(lagrangian, horizon, path)

    found = jax.jit(lambda z: expand(lagrangian, horizon, z))(path)
    gradient, hessian = jax.jit(
        lambda z: (jax.grad(action)(z), jax.hessian(action)(z))
    )(path)
    np.testing.assert_allclose(found.action, action(path), rtol=1e-12)
    np.testing.assert_allclose(found.gradient, gradient[1:-1], atol=1e-10)
    np.testing.assert_allclose(found.slopes, gradient[jnp.array([0, -1])], atol=1e-10)
    inner = hessian[1:-1, :, 1:-1]
    for k in range(5):
        np.testing.assert_allclose(found.diagonal[k], inner[k, :, k], atol=1e-9)
    for k in range(4):
        np.testing.assert_allclose(found.upper[k], inner[k, :, k + 1], atol=1e-9)
    np.testing.assert_array_equal(inner[0, :, 2:], 0)


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_bent_starts_leave_the_line_at_right_angles(dimension):
    """Straight, and two heights to both sides, in every direction across."""
    x, y = jax.random.normal(jax.random.key(1), (2, dimension), jnp.float64)
    starts = bent(x, y, SEGMENTS, [0.45, 0.9])
    across = dimension - 1
    assert starts.shape == (1 + 4 * across, SEGMENTS + 1, dimension)
    line = straight(x[None], y[None])[0]
    np.testing.assert_allclose(starts[0], line)
    bends = np.asarray(starts[1:]) - line
    np.testing.assert_allclose(bends[:, [0, -1]], 0, atol=1e-12)
    np.testing.assert_allclose(bends @ np.asarray(y - x), 0, atol=1e-12)
    tops = bends[:, SEGMENTS // 2]
    heights = np.linalg.norm(bends, axis=2).max(axis=1)
    np.testing.assert_allclose(np.sort(heights), np.sort([0.45, 0.9] * 2 * across))
    np.testing.assert_allclose(bends.sum(axis=0), 0, atol=1e-12)
    assert np.linalg.matrix_rank(tops, tol=1e-6) == across if across else True
