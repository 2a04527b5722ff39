import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.config import settings_class
from nlot.config.base import dimension_of
from nlot.costs.metrics import CircleMetric, CrossMetric, VeeMetric

RISING, FALLING = np.array([1.0, 1.0]) / np.sqrt(2), np.array([1.0, -1.0]) / np.sqrt(2)
QUADRANTS = [(0.8, 0.5), (-0.8, 0.5), (-0.8, -0.5), (0.8, -0.5)]


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


@pytest.mark.parametrize("floor", [1e-3, 0.2])
@pytest.mark.parametrize("x", [*QUADRANTS, (0.8, 0.0)])
def test_eigenvectors_of_the_vee_metric(x, floor):
    """Rising motion is cheap above the first axis and on it, falling motion below."""
    matrix = np.asarray(VeeMetric(floor)(jnp.array(x)))
    cheap, dear = (RISING, FALLING) if x[1] >= 0 else (FALLING, RISING)
    np.testing.assert_allclose(matrix @ cheap, floor * cheap, atol=1e-6)
    np.testing.assert_allclose(matrix @ dear, dear, atol=1e-6)


@pytest.mark.parametrize("floor, amplitude", [(1e-3, 1.0), (0.2, 0.7), (0.0, 1.25)])
@pytest.mark.parametrize("x", QUADRANTS)
def test_eigenvectors_of_the_cross_metric(x, floor, amplitude):
    """Motion along the diagonal of the quadrant costs 1 - (1 - ε) a² tanh²|x₁x₂|."""
    matrix = np.asarray(CrossMetric(floor, amplitude)(jnp.array(x)))
    cheap, dear = (RISING, FALLING) if x[0] * x[1] > 0 else (FALLING, RISING)
    price = 1 - (1 - floor) * (amplitude * np.tanh(0.4)) ** 2
    np.testing.assert_allclose(matrix @ cheap, price * cheap, atol=1e-6)
    np.testing.assert_allclose(matrix @ dear, dear, atol=1e-6)


@pytest.mark.parametrize("x", [(0.0, 3.0), (-2.0, 0.0)])
def test_the_cross_metric_is_euclidean_on_the_axes(x):
    np.testing.assert_array_equal(CrossMetric()(jnp.array(x)), np.eye(2))


@pytest.mark.parametrize("metric", [CircleMetric, VeeMetric, CrossMetric])
@pytest.mark.parametrize("floor", [0.0, 1e-3, 0.2])
def test_the_floor_is_the_smallest_eigenvalue(metric, floor):
    """Far from the axes, where |v| = 1 for every metric."""
    x = jnp.array([6.0, -5.0])
    found = np.linalg.eigvalsh(np.asarray(metric(floor)(x), np.float64))
    np.testing.assert_allclose(found, [floor, 1.0], atol=1e-6)


def test_the_printed_amplitude_leaves_the_cross_metric_indefinite():
    """Its smallest eigenvalue goes to 1 - 1.25² far out on the diagonals."""
    matrix = np.asarray(CrossMetric(0.0, 1.25)(jnp.array([4.0, 4.0])), np.float64)
    found = np.linalg.eigvalsh(matrix)
    np.testing.assert_allclose(found, [1 - 1.25**2, 1.0], atol=1e-6)


@pytest.mark.parametrize("transform", [lambda f: f, jax.jacobian])
@pytest.mark.parametrize("metric", [CircleMetric, VeeMetric, CrossMetric])
def test_finite_at_the_origin(metric, transform):
    value = jax.jit(transform(metric()))(jnp.zeros(2))
    assert jnp.all(jnp.isfinite(value))


@pytest.mark.parametrize(
    "kind, more, expected",
    [
        ("circle", {"floor": 0.2}, CircleMetric(0.2)),
        ("vee", {}, VeeMetric(1e-3)),
        ("cross", {"floor": 0.0, "amplitude": 1.25}, CrossMetric(0.0, 1.25)),
    ],
)
def test_settings_build_the_metric_and_are_of_the_plane(kind, more, expected):
    config = settings_class("metric", kind).model_validate({"kind": kind, **more})
    assert config.build() == expected
    assert dimension_of(config) == 2


def test_a_negative_floor_is_refused():
    with pytest.raises(ValueError, match="greater than or equal to 0"):
        CircleMetric.Config(kind="circle", floor=-0.1)
