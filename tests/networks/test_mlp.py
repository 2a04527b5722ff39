from typing import get_args

import jax
import jax.numpy as jnp
import pytest

from nlot.config.sections import Activation
from nlot.networks.mlp import MLP

KEY = jax.random.key(0)
X = jnp.array([0.3, -0.8, 0.1])


def test_hidden_layers_have_their_widths():
    layers = MLP(3, 2, [8, 4], "relu", key=KEY).layers
    assert [layer.weight.shape for layer in layers] == [(8, 3), (4, 8), (2, 4)]


@pytest.mark.parametrize("activation", get_args(Activation))
def test_every_activation_makes_a_nonlinear_network(activation):
    network = MLP(3, 1, [16], activation, key=KEY)
    bend = network(X) + network(-X) - 2 * network(jnp.zeros(3))
    assert jnp.abs(bend[0]) > 1e-4
