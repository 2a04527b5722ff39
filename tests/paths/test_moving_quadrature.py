import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.costs.lagrangians import Newtonian
from nlot.costs.potentials import Hill
from nlot.paths.quadrature import MovingQuadrature, Quadrature
from nlot.paths.splines import CubicSpline

SPLINE = CubicSpline(7)
HILL = Newtonian(Hill(jnp.array(0.5)), 20.0)
X, Y = jnp.array([-1.0, 0.2]), jnp.array([1.1, -0.3])
COEFFICIENTS = 0.4 * jax.random.normal(jax.random.key(0), (SPLINE.size, 2))


@pytest.mark.parametrize("horizon", [1.0, 2.0])
def test_all_positions_together_are_a_finer_midpoint_rule(horizon):
    moving = MovingQuadrature(SPLINE, 8, 5, horizon)
    parts = [moving.at(k)(HILL, X, Y, COEFFICIENTS) for k in range(5)]
    fine = Quadrature(SPLINE, 40, "midpoint", horizon)(HILL, X, Y, COEFFICIENTS)
    np.testing.assert_allclose(jnp.mean(jnp.stack(parts)), fine, rtol=1e-5)
    assert np.ptp(parts) > 1e-3, "the positions must differ"


def test_a_position_is_a_rule_of_its_own():
    """Equally spaced nodes, and weights that add up to the horizon."""
    rule = MovingQuadrature(SPLINE, 8, 5, 2.0).at(3)
    np.testing.assert_allclose(np.diff(rule.times), 1 / 8, rtol=1e-5)
    assert jnp.sum(rule.weights) == pytest.approx(2.0)


def test_every_position_is_drawn():
    moving = MovingQuadrature(SPLINE, 4, 3)
    keys = jax.random.split(jax.random.key(1), 50)
    firsts = jax.vmap(lambda key: moving.at_random(key).times[0])(keys)
    expected = [(k + 0.5) / 12 for k in range(3)]
    np.testing.assert_allclose(np.unique(firsts), expected, rtol=1e-5)
