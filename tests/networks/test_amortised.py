import jax
import jax.numpy as jnp
import numpy as np

from nlot.networks.amortised import MapNetwork, SplineNetwork
from nlot.networks.mlp import MLP

KEY = jax.random.key(0)
X, Y = jnp.array([0.3, -0.8, 0.1]), jnp.array([-0.2, 0.4, 0.9])


def test_a_head_is_chosen_by_its_logit():
    """Images and paths are those of the head with the largest logit, of one or more."""
    for network, ends, size in (
        (MapNetwork(MLP(3, 16, [8], "silu", key=KEY), heads=4), (X,), 3),
        (SplineNetwork(MLP(6, 32, [8], "silu", key=KEY), heads=2), (X, Y), 15),
        (SplineNetwork(MLP(6, 15, [8], "silu", key=KEY)), (X, Y), 15),
    ):
        heads, logits = network.alternatives(*ends)
        assert heads.size == network.heads * size
        assert logits.shape == (network.heads,)
        np.testing.assert_array_equal(network(*ends), heads[jnp.argmax(logits)])


def test_heads_start_bent_to_both_sides_of_the_chord():
    """The first coefficients are opposite, and orthogonal to the chord."""
    chord = jnp.array([2.0, 1.0])
    network = SplineNetwork(MLP(4, 22, [8], "silu", key=KEY), heads=2)
    network = network.nearly_straight(chord)
    first, second = network.mlp.layers[-1].bias[:20].reshape(2, 5, 2)[:, 0]
    np.testing.assert_allclose(first, -second, atol=1e-6)
    np.testing.assert_allclose(first @ chord, 0.0, atol=1e-6)
    np.testing.assert_allclose(jnp.linalg.norm(first), 0.3, rtol=1e-5)
    assert not jnp.any(network.mlp.layers[-1].bias[20:])
