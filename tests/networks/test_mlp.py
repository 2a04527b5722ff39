from typing import get_args

import jax
import jax.numpy as jnp
import pytest

from nlot.config.sections import Activation
from nlot.networks.mlp import MLP, softplus

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


def test_softplus_and_its_derivatives_are_those_of_jax():
    x = jnp.array([-100.0, -20.0, -1.0, 0.0, 0.3, 5.0, 100.0])
    for f, g in zip(_derivatives(softplus), _derivatives(jax.nn.softplus), strict=True):
        # Single precision, of values up to 100.
        assert jnp.allclose(jax.vmap(f)(x), jax.vmap(g)(x), rtol=1e-6, atol=5e-7)


def _derivatives(f):
    return f, jax.grad(f), jax.grad(jax.grad(f))
