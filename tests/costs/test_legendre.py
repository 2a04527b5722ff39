"""Inverses of gradients of convex costs."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from nlot.costs.convex import Huber, Mahalanobis, NormPower, OwnConvex
from nlot.costs.legendre import inverse_gradient
from nlot.networks.icnn import ICNN

MATRIX = jnp.array([[2.0, 0.5], [0.5, 1.0]])
COSTS = {
    "p_norm": lambda: NormPower(2.0, 4.0),
    "mahalanobis": lambda: Mahalanobis(MATRIX),
    "huber": lambda: Huber(3.0),
    "icnn": lambda: ICNN(2, [8, 8], key=jax.random.key(0)),
}


@pytest.fixture(autouse=True)
def in_double_precision():
    with jax.enable_x64(True):
        yield


def exact(made):
    return jax.tree.map(
        lambda a: jnp.asarray(a, jnp.float64) if eqx.is_array(a) else a, made()
    )


@pytest.mark.parametrize("made", COSTS.values(), ids=COSTS)
def test_is_the_inverse(made):
    h = exact(made)
    z = jax.random.normal(jax.random.key(1), (50, 2), jnp.float64)
    p = jax.vmap(jax.grad(h))(z)
    found, converged = jax.vmap(lambda a: inverse_gradient(h, a, a))(p)
    assert converged.all()
    np.testing.assert_allclose(found, z, atol=1e-8)


def test_derivatives_are_those_of_the_solution():
    """Implicit ones in p and in every weight, against central differences."""
    h = exact(COSTS["icnn"])
    p = jnp.array([0.7, -1.1])
    arrays, rest = eqx.partition(h, eqx.is_array)
    flat, restore = ravel_pytree((arrays, p))

    def value(flat):
        weights, at = restore(flat)
        z, _ = inverse_gradient(eqx.combine(weights, rest), at, at)
        return jnp.sum(jnp.sin(3 * z) * jnp.array([1.0, 2.0]))

    gradient = jax.grad(value)(flat)
    direction = jax.random.normal(jax.random.key(2), flat.shape, jnp.float64)
    step = 1e-5
    found = (value(flat + step * direction) - value(flat - step * direction)) / 2 / step
    assert found == pytest.approx(float(gradient @ direction), rel=1e-6)


def test_is_found_where_rounding_hides_how_far_the_value_falls():
    h = OwnConvex(lambda z: (1e3 + z @ z + jnp.sum(z**4)) - 1e3)
    p = jax.random.normal(jax.random.key(3), (200, 2), jnp.float64)
    z, converged = jax.vmap(lambda a: inverse_gradient(h, a, a))(p)
    assert converged.all()
    np.testing.assert_allclose(jax.vmap(jax.grad(h))(z), p, atol=1e-10)


def test_says_that_a_slope_which_the_cost_never_has_was_not_found():
    """The slope of Huber's cost is below its width."""
    _, converged = inverse_gradient(Huber(1.0), jnp.array([3.0, 0.0]), jnp.zeros(2))
    assert not converged
