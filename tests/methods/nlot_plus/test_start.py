"""The map that training starts from."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.costs.closed_forms import Affine
from nlot.measures.empirical import Empirical
from nlot.methods.nlot_plus import training as plus
from nlot.methods.nlot_plus.start import at_moments

from .measures import euclidean, gaussians
from .test_training import settings, without_perceptrons


def start(problem, **changes):
    networks = plus.build(problem, settings(**changes), key=jax.random.key(0))
    return at_moments(networks, problem.standard)


def test_is_optimal_between_gaussians():
    """Up to the ridge of 0.1 % of the variance, and the small perceptrons.

    The potential gives the inverse map, y - ∇g(y).
    """
    problem = gaussians(6)
    networks = without_perceptrons(start(problem))
    frame, x = problem.frame, problem.source.sample(jax.random.key(1), 64)
    y = Affine(problem.source, problem.target, omega=0.0, horizon=1.0).map(x)
    a, b = frame.inward(x), frame.inward(y)
    np.testing.assert_allclose(jax.vmap(networks.map)(a), b, atol=0.01)
    back = b - jax.vmap(jax.grad(networks.potential))(b)
    np.testing.assert_allclose(back, a, atol=0.01)


@pytest.mark.parametrize("spreads", [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0)])
def test_is_finite_for_points_in_a_subspace(spreads):
    """Fewer points than dimensions, or all of them the same."""
    rng = np.random.default_rng(0)
    ends = (
        Empirical(s * rng.normal(size=(3, 4)) + s + i) for i, s in enumerate(spreads)
    )
    networks = start(euclidean(*ends))
    arrays = jax.tree.leaves(eqx.filter(networks, eqx.is_array))
    assert all(jnp.all(jnp.isfinite(a)) for a in arrays)


def test_several_heads_start_apart():
    networks = start(gaussians(3), map={"heads": 4})
    assert networks.map.skip is None
