"""What spline paths cost, and how long they are inside obstacles."""

import jax.numpy as jnp
import numpy as np

from nlot.paths.own_paths import spline_paths
from nlot.paths.splines import CubicSpline

SPLINE = CubicSpline(12)


def own(problem, x, y):
    """Of straight paths."""
    straight = jnp.zeros((len(x), SPLINE.size, 2))
    return spline_paths(problem.lagrangian, problem.horizon, SPLINE, x, y, straight)


def test_time_inside_the_wall_of_straight_paths(wall):
    """Known shares: 1 of 2.2 across, 1 of 2 up; the rule has 1,000 nodes."""
    x = jnp.array([[-1.1, 0.1], [0.2, -1.0], [-1.1, 0.8]])
    y = jnp.array([[1.1, 0.1], [0.2, 1.0], [1.1, 0.8]])
    found = own(wall, x, y)
    np.testing.assert_allclose(found.obstacle_time, [1 / 2.2, 0.5, 0.0], atol=2e-3)


def test_straight_paths_of_the_well_cost_their_closed_form(well):
    """|y - x|²/2 + s M ∫|x + t (y - x)|² dt; the last is (|x|² + x·y + |y|²)/3."""
    x = jnp.array([[-1.1, 0.1], [0.2, -1.0]])
    y = jnp.array([[1.1, 0.3], [0.2, 1.0]])
    found = own(well, x, y)
    squares = jnp.sum(x**2 + x * y + y**2, axis=1) / 3
    expected = jnp.sum((y - x) ** 2, axis=1) / 2 + 3.61 * squares
    np.testing.assert_allclose(found.action, expected, rtol=1e-4)
    np.testing.assert_array_equal(found.obstacle_time, 0)
