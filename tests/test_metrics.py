import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.metrics import CircleMetric


@pytest.mark.parametrize("floor", [1e-3, 0.2])
def test_eigenvectors_of_the_circle_metric(floor):
    """Eigenvalue `floor` along the tangent, 1 along the radius."""
    x = jax.random.normal(jax.random.key(0), (10, 2))
    matrices = np.asarray(jax.vmap(CircleMetric(floor))(x))
    tangents = np.stack([-x[:, 1], x[:, 0]], axis=1)
    np.testing.assert_array_equal(matrices, matrices.swapaxes(1, 2))
    for matrix, radius, tangent in zip(matrices, x, tangents, strict=True):
        np.testing.assert_allclose(matrix @ radius, radius, atol=1e-5)
        np.testing.assert_allclose(matrix @ tangent, floor * tangent, atol=1e-5)


@pytest.mark.parametrize("transform", [lambda f: f, jax.jacobian])
def test_finite_at_the_origin(transform):
    value = jax.jit(transform(CircleMetric()))(jnp.zeros(2))
    assert jnp.all(jnp.isfinite(value))
