"""Where `nlot_plus` starts from: the optimal map between Gaussians of equal moments."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from nlot.costs.closed_forms import Affine
from nlot.measures.distributions import AbstractMeasure, Gaussian
from nlot.networks.amortised import Networks
from nlot.problems.transport import Transport

# Added to covariances, as a fraction of the mean variance of both measures: samples may
# lie in a subspace.
_RIDGE = 1e-3
# Fraction of their initial size that the last layers of the networks start with.
_SMALL = 0.1


def with_skips(networks: Networks, dimension: int) -> Networks:
    """Networks whose map and potential have affine skips, which start at zero.

    A map with several heads jumps, and starts without.
    """
    if networks.map.heads > 1:
        return networks
    zeros = np.zeros((dimension, dimension)), np.zeros(dimension)
    return eqx.tree_at(
        lambda n: (n.map.skip, n.potential.skip),
        networks,
        (_linear(*zeros), _linear(*zeros)),
        is_leaf=lambda leaf: leaf is None,
    )


def at_moments(networks: Networks, problem: Transport) -> Networks:
    """Networks that start near the optimal map between the measures' moments.

    Between Gaussians, and for the cost |x - y|²/2, it is the optimal one: T(x) = m₂ +
    A (x - m₁), with the potential g(y) = (m₂ - m₁)·y + (y - m₂)·(I - A⁻¹)(y - m₂)/2 up
    to a constant. For other measures and costs it is a place to start from.

    **Arguments:** networks that `with_skips` returned, and the problem in standard
    coordinates.
    """
    if networks.map.skip is None:
        return networks
    mean, goal = (np.asarray(m.mean) for m in (problem.source, problem.target))
    matrix = _matrix(problem.source, problem.target)
    one = np.eye(problem.dimension)
    bend = one - np.linalg.inv(matrix)
    return eqx.tree_at(
        lambda n: (n.map.skip, n.map.mlp, n.potential.skip, n.potential.mlp),
        networks,
        (
            _linear(matrix - one, goal - matrix @ mean),
            networks.map.mlp.times(_SMALL),
            _linear(bend / 2, goal - mean - bend @ goal),
            networks.potential.mlp.times(_SMALL),
        ),
    )


def _matrix(source: AbstractMeasure, target: AbstractMeasure) -> np.ndarray:
    """The symmetric matrix A of the map, of shape (d, d)."""
    covariances = [np.asarray(m.covariance, np.float64) for m in (source, target)]
    one = np.eye(len(covariances[0]))
    spread = np.mean([np.trace(c) for c in covariances]) / len(one)
    if spread == 0.0:
        return one
    first, second = (
        Gaussian(jnp.asarray(m.mean), jnp.asarray(c + _RIDGE * spread * one))
        for m, c in zip((source, target), covariances, strict=True)
    )
    return Affine(source=first, target=second, omega=0.0, horizon=1.0).matrix


def _linear(matrix: np.ndarray, shift: np.ndarray) -> eqx.nn.Linear:
    skip = eqx.nn.Linear(*np.shape(matrix), key=jax.random.key(0))
    return eqx.tree_at(
        lambda layer: (layer.weight, layer.bias),
        skip,
        (jnp.asarray(matrix, jnp.float32), jnp.asarray(shift, jnp.float32)),
    )
