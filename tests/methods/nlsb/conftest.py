from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import pytest

from nlot.methods.nlsb.bridge import Bridge, OTFlowPotential
from nlot.networks.mlp import MLP


def quadratic(theta=0.0, b=(0.0, 0.0, 0.0), sigma=0.0) -> Bridge:
    """Φ = θ|x|²/2 + b·(x, t), and a diffusion that is constant.

    Of the precision that is current when it is called.
    """
    d = len(b) - 1
    phi = OTFlowPotential(d, 4, 2, key=jax.random.key(0))
    a = jnp.diag(jnp.append(jnp.full(d, theta**0.5), 0.0))
    phi = eqx.tree_at(
        lambda p: (p.w, p.a, p.b), phi, (0 * phi.w, a, jnp.array(b, dtype=float))
    )
    diffusion = MLP(d + 1, d, (), "tanh", key=jax.random.key(0))
    diffusion = eqx.tree_at(
        lambda n: (n.layers[0].weight, n.layers[0].bias),
        diffusion,
        (jnp.zeros((d, d + 1)), jnp.full(d, jnp.arctanh(sigma))),
    )
    return Bridge(phi, diffusion)


@pytest.fixture(scope="session")
def make_quadratic() -> Callable[..., Bridge]:
    """Bridges whose law is known: see `quadratic`."""
    return quadratic
