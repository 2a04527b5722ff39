"""The penalty of ends that do not agree with samples."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.methods.kernel_paths.config import FeaturesConfig
from nlot.methods.kernel_paths.penalty import Features, Penalty


@pytest.fixture
def samples():
    return jax.random.normal(jax.random.key(0), (40, 2)) * 0.1 + jnp.array([1.0, 0.5])


def moments(x):
    x = np.asarray(x, np.float64)
    products = [x[:, 0] ** 2, x[:, 1] ** 2, x[:, 0] * x[:, 1]]
    return np.column_stack([x, *products])


def test_it_is_the_correlation_of_moments_with_the_origin(samples):
    """P = |Uᵀ g|², with U from all five moments of ends and samples together.

    The reference set is not the same as the ends': they move little here.
    """
    ends = samples + 1e-3 * jax.random.normal(jax.random.key(1), samples.shape)
    both = moments(np.concatenate([ends, samples]))
    away = both - both.mean(axis=0)
    basis, sizes, _ = np.linalg.svd(away / np.linalg.norm(away), full_matrices=False)
    assert len(sizes) == 5
    n = len(samples)
    g = np.repeat([1.0, -1.0], n) / np.sqrt(2 * n)
    expected = np.sum((basis.T @ g) ** 2)
    found = Penalty.of(FeaturesConfig(), samples)(ends)
    assert float(found) == pytest.approx(expected, rel=0.02)


def test_it_vanishes_where_means_and_covariances_agree(samples):
    """A reflection of the samples through their mean has the same five moments."""
    penalty = Penalty.of(FeaturesConfig(), samples)
    mirrored = 2 * samples.mean(axis=0) - samples
    assert float(penalty(samples)) == pytest.approx(0, abs=1e-9)
    assert float(penalty(mirrored)) == pytest.approx(0, abs=1e-9)
    assert float(penalty(samples + 0.02)) > 1e-3


def test_richer_features_see_what_moments_do_not(samples):
    config = FeaturesConfig(centres=20, tolerance=1e-3)
    mirrored = 2 * samples.mean(axis=0) - samples
    assert float(Penalty.of(config, samples)(mirrored)) > 1e-3


def test_it_is_independent_of_order_and_coordinates(samples):
    """Polynomials of a degree span the same functions in any coordinates."""
    ends = samples + 0.01 * jax.random.normal(jax.random.key(1), samples.shape)
    config = FeaturesConfig(degree=3, tolerance=1e-6)
    value = float(Penalty.of(config, samples)(ends))
    assert float(Penalty.of(config, samples)(ends[::-1])) == pytest.approx(value)
    turn = jnp.array([[0.8, -0.6], [0.6, 0.8]])
    moved = [3 * z @ turn.T + 5 for z in (samples, ends)]
    again = float(Penalty.of(config, moved[0])(moved[1]))
    assert again == pytest.approx(value, rel=0.02)


@pytest.mark.parametrize("degree, number", [(1, 3), (2, 9), (3, 19)])
def test_there_is_a_monomial_of_every_degree(degree, number):
    points = jax.random.normal(jax.random.key(0), (30, 3))
    features = Features.of(FeaturesConfig(degree=degree), points)
    assert features(points[0]).shape == (number,)
    # Powers of negative numbers, and their slopes, are finite.
    slopes = jax.vmap(jax.jacobian(features))(points)
    assert np.isfinite(slopes).all()
