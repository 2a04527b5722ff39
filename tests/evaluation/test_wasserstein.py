from itertools import permutations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.discrete.couplings import exact_squared_w2
from nlot.evaluation.wasserstein import (
    debiased_divergences,
    entropic_costs,
)

SHIFT = np.array([0.7, -0.4])
X, Y = np.asarray(jax.random.normal(jax.random.key(0), (2, 6, 2)))


def test_exact_distance_is_the_best_permutation():
    costs = [
        np.mean(np.sum((X - Y[list(p)]) ** 2, axis=1)) for p in permutations(range(6))
    ]
    assert exact_squared_w2(X, Y) == pytest.approx(min(costs), rel=1e-6)


def test_exact_distance_of_a_translation():
    assert exact_squared_w2(X, X + SHIFT) == pytest.approx(np.sum(SHIFT**2), rel=1e-5)


def test_exact_distance_of_a_sample_to_itself_is_zero():
    assert exact_squared_w2(X, X) == pytest.approx(0, abs=1e-12)


@pytest.fixture(scope="module")
def draws():
    """Three draws of 48 points in a square of side 2."""
    return jax.random.uniform(jax.random.key(1), (3, 48, 2), minval=-1.0)


def entropic(x, y):
    return np.asarray(entropic_costs(x, y, 1e-2, 2000))


def debiased(x, y):
    return np.asarray(debiased_divergences(x, y, 1e-2, 2000))


@pytest.mark.parametrize("epsilon", [1e-2, 5e-2])
def test_entropic_cost_of_points_far_apart_to_themselves_is_the_entropy(epsilon):
    """ε log n: a sample does not score zero, which is why the table has a floor row.

    The plan is diagonal, for e^{-1/ε} is below 1e-8.
    """
    x = jnp.stack([jnp.arange(8.0), jnp.zeros(8)], axis=-1)[None]
    found = entropic_costs(x, x, epsilon, 2000)
    np.testing.assert_allclose(found, epsilon * np.log(8), rtol=1e-5)


def test_entropic_cost_of_a_translation_is_its_square_and_the_same_bias(draws):
    """Moving one side adds |v|² and a constant of the coupling: exact for any ε."""
    moved = draws + jnp.array(SHIFT, jnp.float32)
    excess = entropic(draws, moved) - entropic(draws, draws)
    np.testing.assert_allclose(excess, np.sum(SHIFT**2), rtol=0.01)


def test_debiased_divergence_of_a_sample_to_itself_is_zero(draws):
    """Up to the solver's tolerance of a thousandth in the marginals."""
    np.testing.assert_allclose(debiased(draws, draws), 0, atol=1e-5)


def test_debiased_divergence_of_a_translation(draws):
    moved = draws + jnp.array(SHIFT, jnp.float32)
    np.testing.assert_allclose(debiased(draws, moved), np.sum(SHIFT**2), rtol=0.01)


@pytest.mark.parametrize("distance", [entropic, debiased])
def test_each_draw_is_scored_by_itself(draws, distance):
    scores = distance(draws, draws[::-1])
    np.testing.assert_allclose(scores, distance(draws[::-1], draws)[::-1], rtol=0.02)
    assert scores[0] > 2 * scores[1], "the middle draw meets itself"
