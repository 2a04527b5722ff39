import jax
import jax.numpy as jnp
import numpy as np
import optimistix as optx
import pytest

from nlot.training.lbfgs import minimise

TRUTH = jnp.array([1.0, -2.0, 0.5])
STEEP = jnp.array([1.0, 10.0, 100.0])


def bowl(z):
    return 0.5 * jnp.sum(STEEP * (z - TRUTH) ** 2)


def test_finds_the_minimum_of_an_uneven_bowl():
    solution = minimise(bowl, jnp.zeros(3), tolerance=1e-7, max_steps=200)
    np.testing.assert_allclose(solution.value, TRUTH, atol=1e-3)
    assert solution.result == optx.RESULTS.successful


@pytest.mark.parametrize("limit", [1, 5])
def test_stops_at_the_limit_and_says_so(limit):
    solution = minimise(bowl, jnp.zeros(3), tolerance=1e-7, max_steps=limit)
    assert solution.stats["num_steps"] <= limit
    assert solution.result != optx.RESULTS.successful


def test_a_batch_gives_what_each_start_gives():
    starts = jax.random.normal(jax.random.key(0), (2, 3))

    @jax.jit
    def solve(start):
        return minimise(bowl, start, tolerance=1e-4, max_steps=30).value

    each = jnp.stack([solve(start) for start in starts])
    np.testing.assert_allclose(jax.vmap(solve)(starts), each, atol=1e-4)


def test_a_nan_is_no_success_and_does_not_raise():
    def broken(z):
        return jnp.sum(z) * jnp.nan

    solution = minimise(broken, jnp.zeros(3), tolerance=1e-4, max_steps=5)
    assert solution.result != optx.RESULTS.successful
