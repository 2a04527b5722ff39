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


def test_a_head_is_chosen_by_its_logit():
    """Images and paths are those of the head with the largest logit, of one or more."""
    for network, ends, size in (
        (MapNetwork(MLP(3, 16, [8], "silu", key=KEY), 2.0, heads=4), (X,), 3),
        (SplineNetwork(MLP(6, 32, [8], "silu", key=KEY), 2.0, heads=2), (X, Y), 15),
        (SplineNetwork(MLP(6, 15, [8], "silu", key=KEY), 2.0), (X, Y), 15),
    ):
        heads, logits = network.alternatives(*ends)
        assert heads.size == network.heads * size
        assert logits.shape == (network.heads,)
        np.testing.assert_array_equal(network(*ends), heads[jnp.argmax(logits)])


def test_heads_start_bent_to_both_sides_of_the_chord():
    """The first coefficients are opposite, and orthogonal to the chord."""
    chord = jnp.array([2.0, 1.0])
    network = SplineNetwork(MLP(4, 22, [8], "silu", key=KEY), 1.0, heads=2)
    network = network.nearly_straight(chord)
    first, second = network.mlp.layers[-1].bias[:20].reshape(2, 5, 2)[:, 0]
    np.testing.assert_allclose(first, -second, atol=1e-6)
    np.testing.assert_allclose(first @ chord, 0.0, atol=1e-6)
    np.testing.assert_allclose(jnp.linalg.norm(first), 0.3, rtol=1e-5)
    assert not jnp.any(network.mlp.layers[-1].bias[20:])
