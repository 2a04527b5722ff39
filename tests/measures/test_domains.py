"""Projections on regions: nearest points, and the same in other coordinates."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.measures.domains import Ball, Box

DOMAINS = {
    "box": Box(jnp.array([-1.0, 0.0, 2.0]), jnp.array([1.0, 0.5, 3.0])),
    "ball": Ball(jnp.array([0.5, 0.0, 2.0]), jnp.array(0.8)),
}
POINTS = 2 * jax.random.normal(jax.random.key(0), (40, 3))


@pytest.mark.parametrize("name", DOMAINS)
def test_projections_are_the_nearest_points(name):
    """The angle between x - p and q - p is obtuse for all q in a convex region."""
    domain = DOMAINS[name]
    found = jax.vmap(domain.project)(POINTS)
    inside = domain.contains(POINTS)
    assert inside.any() and not inside.all()
    np.testing.assert_array_equal(found[inside], POINTS[inside])
    others = jax.vmap(domain.project)(POINTS[::-1])
    angles = (POINTS - found) @ others.T - jnp.sum((POINTS - found) * found, 1)[:, None]
    assert jnp.all(angles <= 1e-5)


@pytest.mark.parametrize("name", DOMAINS)
def test_it_moves_with_its_points(name):
    domain, centre = DOMAINS[name], (1.0, -2.0, 0.5)
    moved = domain.moved(centre, 3.0)
    z = (POINTS - jnp.array(centre)) / 3
    np.testing.assert_array_equal(moved.contains(z), domain.contains(POINTS))


def test_a_gradient_at_the_centre_of_a_ball_is_finite():
    ball = DOMAINS["ball"]
    slope = jax.jacobian(ball.project)(ball.centre)
    np.testing.assert_allclose(slope, np.eye(3), atol=1e-6)


def test_a_box_round_points_has_a_margin():
    box = Box.round(jnp.array([[0.0, 1.0], [4.0, 2.0]]), 0.25)
    np.testing.assert_allclose(box.low, [-1.0, 0.0])
    np.testing.assert_allclose(box.high, [5.0, 3.0])
