import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.networks.amortised import MapNetwork, PotentialNetwork, SplineNetwork
from nlot.networks.mlp import MLP

KEY = jax.random.key(0)
X, Y = jnp.array([0.3, -0.8, 0.1]), jnp.array([-0.2, 0.4, 0.9])


def potential(scale):
    return PotentialNetwork(MLP(3, 1, [8, 4], "silu", key=KEY), scale)


def displacement(scale):
    network = MapNetwork(MLP(3, 3, [8, 4], "silu", key=KEY), scale)
    return lambda x: network(x) - x


def spline(scale):
    network = SplineNetwork(MLP(6, 15, [8, 4], "silu", key=KEY), scale)
    return lambda x: network(x, jnp.float32(scale) * Y)


@pytest.mark.parametrize(
    "build, shape, degree",
    [(potential, (), 2), (displacement, (3,), 1), (spline, (5, 3), 1)],
)
def test_scale_changes_the_unit_of_length(build, shape, degree):
    """Lengths times s: displacements and coefficients times s, the potential s²."""
    unit, large = build(1.0)(X), build(20.0)(20 * X)
    assert unit.shape == shape
    assert jnp.any(unit != 0)
    np.testing.assert_allclose(large, 20.0**degree * unit, rtol=1e-4, atol=1e-4)
