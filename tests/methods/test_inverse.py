"""Inverse images: exact where a map has them, and an error where it has none."""

import jax
import jax.numpy as jnp
import numpy as np

from nlot.methods.inverse import invert

KEY = jax.random.key(0)
STARTS = jax.random.normal(KEY, (200, 3))
MATRIX = jnp.array([[2.0, 0.5, 0.0], [0.5, 1.0, 0.2], [0.0, 0.2, 0.7]])


def bent(x):
    """The gradient of a convex function."""
    return MATRIX @ x + jnp.tanh(x)


def test_images_are_sent_back():
    x = jax.random.normal(jax.random.key(1), (40, 3))
    found = invert(jax.vmap(bent), bent, jax.vmap(bent)(x), STARTS)
    np.testing.assert_allclose(found.x, x, atol=1e-4)
    np.testing.assert_allclose(found.error, 0.0, atol=1e-5)


def test_a_map_is_inverted_with_a_network_that_is_only_close():
    def close(x):
        return 1.05 * bent(x) + 0.01

    x = jax.random.normal(jax.random.key(1), (40, 3))
    found = invert(jax.vmap(bent), close, jax.vmap(bent)(x), STARTS)
    # Each correction leaves 5 % of the error.
    np.testing.assert_allclose(found.x, x, atol=1e-4)


def test_a_point_that_no_image_reaches_has_an_error():
    """Images are at least 1 apart from the plane where the first coordinate is 0."""

    def jump(x):
        return x.at[0].add(jnp.sign(x[0]))

    y = jnp.array([[0.25, 0.1, 0.2], [1.5, 0.1, 0.2]])
    found = invert(jax.vmap(jump), jump, y, STARTS)
    assert found.error[0] >= 0.75 - 1e-4
    np.testing.assert_allclose(found.error[1], 0.0, atol=1e-5)
