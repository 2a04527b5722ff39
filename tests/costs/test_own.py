"""Lagrangians and drifts given as functions."""

import jax
import jax.numpy as jnp
import numpy as np

from nlot.costs.lagrangians import Newtonian, Riemannian, Standardised
from nlot.costs.metrics import CircleMetric
from nlot.costs.own import Drifting, OwnLagrangian

X, V = jnp.array([0.3, -0.2]), jnp.array([1.5, 2.0])
TURN = jnp.array([[0.0, -1.0], [1.0, 0.0]])


def test_a_function_of_time_is_taken_at_the_time():
    timed = OwnLagrangian(lambda x, v, t: t * jnp.sum(v**2))
    assert timed(X, V) == 0
    np.testing.assert_allclose(timed.at(jnp.array(2.0))(X, V), 12.5)
    plain = OwnLagrangian(lambda x, v, weight=3.0: weight * jnp.sum(v**2))
    np.testing.assert_allclose(plain.at(jnp.array(2.0))(X, V), 18.75)
    # In standard units, times are fractions of the horizon.
    standard = Standardised(timed, (0.0, 0.0), 1.0, 4.0, 1.0).at(jnp.array(0.5))
    np.testing.assert_allclose(standard(X, V), 4 * 2 * 6.25 / 16)


def test_functions_stand_for_potentials_and_metrics():
    hill = Newtonian(lambda x: -jnp.exp(-jnp.sum(x**2)), 2.0)
    np.testing.assert_allclose(hill(X, V), 3.125 + 2 * np.exp(-0.13), rtol=1e-6)
    # Annealed like other potentials.
    np.testing.assert_allclose(hill.anneal(jnp.array(0.0))(X, V), 3.125, rtol=1e-6)
    circle = CircleMetric(0.1)
    np.testing.assert_allclose(
        Riemannian(lambda x: circle(x))(X, V), Riemannian(circle)(X, V)
    )


def test_motion_along_the_drift_is_free():
    drifting = Drifting(lambda x: TURN @ x)
    assert drifting(X, TURN @ X) == 0
    np.testing.assert_allclose(drifting(X, TURN @ X + V), 3.125, rtol=1e-6)
    np.testing.assert_allclose(jax.hessian(lambda v: drifting(X, v))(V), np.eye(2))
