import jax
import jax.numpy as jnp
import pytest

from nlot.networks.mlp import ACTIVATIONS, MLP

KEY = jax.random.key(0)
X = jnp.array([0.3, -0.8, 0.1])


def test_hidden_layers_have_their_widths():
    layers = MLP(3, 2, [8, 4], "relu", key=KEY).layers
    assert [layer.weight.shape for layer in layers] == [(8, 3), (4, 8), (2, 4)]


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_makes_a_nonlinear_network(activation):
    network = MLP(3, 1, [16], activation, key=KEY)
    bend = network(X) + network(-X) - 2 * network(jnp.zeros(3))
    assert jnp.abs(bend[0]) > 1e-4


def test_an_unknown_activation_is_an_error():
    with pytest.raises(
        ValueError, match="Unknown activation 'sine'; valid: elu, leaky_relu, "
    ):
        MLP(3, 1, [4], "sine", key=KEY)
