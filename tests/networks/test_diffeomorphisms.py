"""Learned diffeomorphisms."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.networks.diffeomorphisms import Diffeomorphism


def moved(kind, dimension, key=1):
    """A diffeomorphism with other weights than those of the start."""
    flow = Diffeomorphism(dimension, kind, layers=3, width=8, key=jax.random.key(0))
    leaves, structure = jax.tree.flatten(flow)
    keys = jax.random.split(jax.random.key(key), len(leaves))
    noisy = [
        leaf + 0.3 * jax.random.normal(k, leaf.shape)
        if eqx.is_inexact_array(leaf)
        else leaf
        for leaf, k in zip(leaves, keys, strict=True)
    ]
    return jax.tree.unflatten(structure, noisy)


@pytest.mark.parametrize("kind", ["coupling", "autoregressive"])
@pytest.mark.parametrize("layers", [3, 4])
def test_starts_as_the_identity_up_to_the_order(kind, layers):
    flow = Diffeomorphism(3, kind, layers=layers, width=8, key=jax.random.key(0))
    x = jnp.array([0.3, -1.2, 2.0])
    np.testing.assert_allclose(flow(x), x, atol=1e-6)


@pytest.mark.parametrize("kind", ["coupling", "autoregressive"])
@pytest.mark.parametrize("dimension", [2, 5])
def test_its_inverse_is_one(kind, dimension):
    flow = moved(kind, dimension)
    x = jax.random.normal(jax.random.key(2), (16, dimension))
    images = jax.vmap(flow)(x)
    assert float(jnp.abs(images - x).max()) > 0.1
    np.testing.assert_allclose(jax.vmap(flow.inverse)(images), x, atol=1e-4)


@pytest.mark.parametrize("kind", ["coupling", "autoregressive"])
def test_its_jacobian_is_smooth_and_nowhere_singular(kind):
    flow = moved(kind, 2)
    line = jnp.linspace(-2, 2, 401)[:, None] * jnp.array([1.0, 0.5])
    slopes = jax.vmap(jax.jacfwd(flow))(line)
    signs = jnp.sign(jnp.linalg.det(slopes))
    assert (signs == signs[0]).all()
    # A perceptron with kinks would jump.
    steps = jnp.abs(jnp.diff(slopes, axis=0)).max(axis=(1, 2))
    assert float(steps.max()) < 0.1


def test_weights_of_the_same_shape_make_another_under_tracing():
    """Shapes alone, as a stored run is opened with, leave nothing behind."""
    make = lambda key: Diffeomorphism(2, layers=2, width=7, key=key)  # noqa: E731
    shapes = eqx.filter_eval_shape(make, jax.random.key(0))
    flow = make(jax.random.key(3))
    assert jax.tree.structure(shapes) == jax.tree.structure(flow)
    np.testing.assert_allclose(
        eqx.filter_jit(flow)(jnp.ones(2)), jnp.ones(2), atol=1e-6
    )
