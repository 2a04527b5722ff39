"""Quadrature of the action against integrals known in closed form."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate
import scipy.interpolate

from nlot.costs.lagrangians import Newtonian
from nlot.costs.own import OwnLagrangian
from nlot.costs.potentials import Hill, Well
from nlot.paths.quadrature import Quadrature, path_actions
from nlot.paths.splines import CubicSpline

X, Y = jnp.array([-1.1, 0.3]), jnp.array([1.2, -0.4])
FREE = Newtonian(None, 1.0)
RULES = ["finite_difference", "midpoint"]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("horizon", [0.5, 1.0, 3.0])
def test_free_particle(rule, horizon):
    """A straight path costs |y - x|² / 2T."""
    rule = Quadrature(CubicSpline(8), 20, rule, horizon)
    found = rule(FREE, X, Y, jnp.zeros((6, 2)))
    expected = float(jnp.sum((Y - X) ** 2)) / (2 * horizon)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_kinetic_energy_is_that_of_the_coefficients():
    """(|y - x|² + |φ|²) / 2, up to the midpoint rule's error."""
    coefficients = 0.5 * jax.random.normal(jax.random.key(0), (6, 2))
    found = Quadrature(CubicSpline(8), 500)(FREE, X, Y, coefficients)
    expected = (jnp.sum((Y - X) ** 2) + jnp.sum(coefficients**2)) / 2
    np.testing.assert_allclose(found, expected, rtol=1e-4)


@pytest.mark.parametrize("horizon", [0.5, 2.0])
def test_horizon_stretches_time(horizon):
    """Kinetic energy goes like 1/T, potential energy like T."""
    well = Newtonian(Well(jnp.array(0.7)), 5.0)
    coefficients = 0.3 * jax.random.normal(jax.random.key(1), (6, 2))

    def action(lagrangian, horizon):
        rule = Quadrature(CubicSpline(8), 50, "midpoint", horizon)
        return rule(lagrangian, X, Y, coefficients)

    kinetic = action(FREE, 1.0)
    potential = action(well, 1.0) - kinetic
    expected = kinetic / horizon + horizon * potential
    np.testing.assert_allclose(action(well, horizon), expected, rtol=1e-5)


@pytest.mark.usefixtures("x64")
def test_midpoint_rule_converges_to_the_integral():
    """Second order, to what adaptive quadrature of the same path gives."""
    knots, s = 7, np.linspace(0, 1, 7)
    values = np.random.default_rng(2).normal(size=(knots, 2))
    path = scipy.interpolate.CubicSpline(s, values, bc_type="not-a-knot")

    def density(t):
        x, v = path(t), path(t, 1)
        return v @ v / 2 + 3.0 * 0.5 * np.exp(-x @ x)

    truth, _ = scipy.integrate.quad(density, 0, 1, points=s[1:-1], epsabs=1e-11)
    spline = CubicSpline(knots)
    lagrangian = Newtonian(Hill(jnp.array(0.5)), 3.0)
    ends = jnp.array(values[0]), jnp.array(values[-1])
    coefficients = jnp.array(spline.coefficients(values))

    def error(points):
        rule = Quadrature(spline, points)
        return abs(float(rule(lagrangian, *ends, coefficients)) - truth)

    assert error(2000) < 1e-5 * truth
    np.testing.assert_allclose(error(240) / error(480), 4, rtol=0.05)


def test_paper_rule_may_jump_a_thin_wall():
    """The reason why paths are evaluated on a finer rule than the paper's."""
    nodes = Quadrature(CubicSpline(5), 20, "finite_difference").times
    fine = Quadrature(CubicSpline(5), 1000).times
    wall = nodes[9] + np.array([0.01, 0.04])
    assert not np.any((nodes > wall[0]) & (nodes < wall[1]))
    assert np.mean((fine > wall[0]) & (fine < wall[1])) == pytest.approx(0.03, abs=1e-3)


def test_path_actions_are_those_of_each_path():
    rule = Quadrature(CubicSpline(6), 10)
    hill = Newtonian(Hill(jnp.array(1.0)), 2.0)
    x, y = jax.random.normal(jax.random.key(3), (2, 4, 2))
    coefficients = jax.random.normal(jax.random.key(4), (4, 4, 2))
    found = path_actions(hill, rule, x, y, coefficients)
    each = [rule(hill, a, b, c) for a, b, c in zip(x, y, coefficients, strict=True)]
    np.testing.assert_allclose(found, jnp.stack(each), rtol=1e-5)


@pytest.mark.parametrize("horizon", [1.0, 2.0])
def test_time_is_that_of_the_node(horizon):
    """∫ t |v|² dt along a straight path is |y - x|²/2, whatever the horizon."""
    lagrangian = OwnLagrangian(lambda x, v, t: t * jnp.sum(v**2))
    straight = jnp.zeros((6, 2))
    found = Quadrature(CubicSpline(8), 20, horizon=horizon)(lagrangian, X, Y, straight)
    np.testing.assert_allclose(found, jnp.sum((Y - X) ** 2) / 2, rtol=1e-5)


def test_an_unknown_rule_is_an_error(unchecked):
    with pytest.raises(ValueError, match="Unknown quadrature rule 'simpson'; valid: "):
        Quadrature(CubicSpline(5), 20, "simpson")


def test_a_single_point_is_an_error():
    with pytest.raises(ValueError, match="at least 2 points, got 1"):
        Quadrature(CubicSpline(5), 1)
