"""Input-convex networks."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.networks.icnn import ICNN


def made(seed=0, scale=1.0, **given):
    """A network whose weights are as wild as `scale`."""
    network = ICNN(3, [16, 8], key=jax.random.key(seed), **given)
    return jax.tree.map(lambda a: scale * a if eqx.is_array(a) else a, network)


@pytest.mark.parametrize("scale", [1.0, 5.0])
@pytest.mark.parametrize("symmetric", [False, True])
def test_is_strongly_convex_along_segments(scale, symmetric):
    """By at least the curvature, whatever the weights."""
    h = made(scale=scale, symmetric=symmetric, curvature=0.3)
    h = eqx.tree_at(lambda n: n.root, h, 0.0 * h.root)
    with jax.enable_x64(True):
        h = jax.tree.map(lambda a: a.astype(float) if eqx.is_array(a) else a, h)
        a, b = jax.random.normal(jax.random.key(1), (2, 500, 3), jnp.float64)
        value = jax.vmap(h)
        between = value((a + b) / 2)
        chord = (value(a) + value(b)) / 2 - 0.3 * jnp.sum((a - b) ** 2, -1) / 8
        assert jnp.all(between <= chord + 1e-12)


def test_starts_near_half_the_square():
    h, z = made(), jax.random.normal(jax.random.key(2), (200, 3))
    gradients = jax.vmap(jax.grad(h))(z)
    off = jnp.linalg.norm(gradients - z, axis=1) / jnp.linalg.norm(z, axis=1)
    assert jnp.mean(off) < 0.15


def test_is_symmetric_if_asked_for():
    z = jax.random.normal(jax.random.key(3), (20, 3))
    value = jax.vmap(made(symmetric=True))
    np.testing.assert_allclose(value(z), value(-z), rtol=1e-6)
    assert not np.allclose(jax.vmap(made())(z), jax.vmap(made())(-z), rtol=1e-3)


@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("hidden", [(), (6, 5)])
def test_is_zero_and_least_at_zero(symmetric, hidden):
    h = ICNN(3, hidden, symmetric=symmetric, key=jax.random.key(0))
    h = jax.tree.map(lambda a: 3 * a if eqx.is_array(a) else a, h)
    assert float(h(jnp.zeros(3))) == 0
    np.testing.assert_allclose(jax.grad(h)(jnp.zeros(3)), 0, atol=1e-5)
    assert float(jax.vmap(h)(jax.random.normal(jax.random.key(1), (50, 3))).min()) > 0
