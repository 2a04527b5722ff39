"""The c-transform of the squared Euclidean cost, where minimisers are known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize

from nlot.config.sections import CTransformConfig
from nlot.measures.domains import Box
from nlot.methods.ctransform import c_transform

A = jnp.array([[-0.8, 0.5], [0.5, 0.3]])
B = jnp.array([0.2, -0.4])


def cost(x, y):
    return 0.5 * jnp.sum((x - y) ** 2)


def quadratic(y):
    return 0.5 * y @ A @ y + B @ y


def transform(x, bounds=50.0, potential=quadratic, max_steps=100, start=None):
    return c_transform(
        lambda a, y: cost(a, y) - potential(y),
        x,
        x if start is None else start,
        Box.cube(bounds, 2),
        CTransformConfig(max_steps=max_steps, tolerance=1e-8),
    )


@pytest.mark.usefixtures("x64")
def test_quadratic_potential_in_closed_form():
    """y - x = ∇g(y), so (I - A) y = x + b."""
    x = jax.random.normal(jax.random.key(0), (6, 2))
    found = jax.jit(transform)(x)
    truth = jnp.linalg.solve(jnp.eye(2) - A, (x + B).T).T
    np.testing.assert_allclose(found.y, truth, atol=1e-4)
    assert jnp.all(found.converged)


@pytest.mark.usefixtures("x64")
def test_bounds_give_the_constrained_minimiser():
    """The axes are coupled, so clipping the free minimiser would be wrong."""
    points = jnp.array([[2.0, 0.3], [2.0, 2.0], [-0.9, 1.5], [-1.8, -1.2]])
    found = jax.jit(lambda x: transform(x, bounds=1.0).y)(points)
    for x, y in zip(points, found, strict=True):
        truth = constrained(np.array(x))
        assert np.abs(truth).max() == 1, "the case must touch the boundary"
        np.testing.assert_allclose(y, truth, atol=2e-3)


def constrained(x):
    """The minimiser in the unit cube, by a solver of bounded problems."""
    a, b = np.array(A), np.array(B)
    return scipy.optimize.minimize(
        lambda y: 0.5 * np.sum((y - x) ** 2) - 0.5 * y @ a @ y - b @ y,
        np.zeros(2),
        bounds=[(-1, 1), (-1, 1)],
        tol=1e-12,
    ).x


def test_a_start_outside_is_brought_inside():
    found = transform(jnp.zeros((1, 2)), bounds=1.0, start=jnp.array([[9.0, -9.0]]))
    assert jnp.all(jnp.abs(found.y) <= 1)


def test_a_potential_that_is_nan_returns_the_start():
    start = jnp.array([[0.4, 0.1]])
    found = transform(jnp.ones((1, 2)), start=start, potential=lambda y: jnp.nan * y[0])
    np.testing.assert_array_equal(found.y, start)
    assert not jnp.any(found.converged)


def test_a_start_at_the_minimiser_is_kept():
    truth = jnp.linalg.solve(jnp.eye(2) - A, jnp.ones(2) + B)[None]
    found = transform(jnp.ones((1, 2)), start=truth)
    np.testing.assert_allclose(found.y, truth, atol=1e-4)


@pytest.mark.parametrize("limit", [1, 4])
def test_the_limit_on_evaluations_holds(limit):
    """Stopped early, it says so, and is no worse than where it began."""
    x, start = jnp.ones(2), jnp.array([-3.0, 3.0])
    found = transform(x[None], start=start[None], max_steps=limit)
    assert found.evaluations[0] <= limit
    assert not found.converged[0]
    assert cost(x, found.y[0]) - quadratic(found.y[0]) <= cost(x, start) - quadratic(
        start
    )
