import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.training.lbfgs import minimise

STEEP = jnp.array([1.0, 10.0, 100.0])
TRUTHS = 2 * jax.random.normal(jax.random.key(0), (7, 3))
STARTS = jnp.zeros_like(TRUTHS)


def bowl(z, truth):
    return 0.5 * jnp.sum(STEEP * (z - truth) ** 2)


def search(objective=bowl, starts=STARTS, given=TRUTHS, **settings):
    settings = {"tolerance": 1e-7, "max_steps": 200, **settings}
    return jax.jit(lambda a, b: minimise(objective, a, b, **settings))(starts, given)


def test_finds_the_minima_of_uneven_bowls():
    found = search()
    np.testing.assert_allclose(found.value, TRUTHS, atol=1e-3)
    assert jnp.all(found.converged & found.improved)


@pytest.mark.parametrize("lanes", [1, 3, 64])
def test_lanes_change_nothing(lanes):
    """Fewer than searches, so that some wait, down to one after another; and more."""
    whole, parts = search(lanes=7), search(lanes=lanes)
    np.testing.assert_allclose(parts.value, whole.value, atol=1e-5)
    np.testing.assert_array_equal(parts.evaluations, whole.evaluations)
    assert len(set(whole.evaluations.tolist())) > 1, "some end before others"


def test_a_search_under_vmap_is_that_without():
    def both(lead):
        given = jnp.broadcast_to(TRUTHS, (*lead, 7, 3))
        each = jax.vmap(lambda t: minimise(bowl, STARTS, t, **settings))
        return each(given) if lead else minimise(bowl, STARTS, TRUTHS, **settings)

    settings = {"tolerance": 1e-4, "max_steps": 30, "lanes": 2}
    one, many = both(()), both((2,))
    for each in range(2):
        np.testing.assert_allclose(many.value[each], one.value, atol=1e-5)


@pytest.mark.parametrize("limit", [1, 5])
def test_stops_at_the_limit_and_says_so(limit):
    found = search(max_steps=limit)
    assert jnp.all(found.evaluations == limit)
    assert not jnp.any(found.converged)


def test_a_search_that_rounding_stalls_ends():
    """A value of 1000 hides differences below 6e-5: no step is seen to improve it."""

    def shallow(z, truth):
        return 1000 + 0.5 * jnp.sum((z - truth) ** 2)

    found = search(shallow)
    assert jnp.all(found.converged)
    assert jnp.all(found.evaluations < 30)
    np.testing.assert_allclose(found.value, TRUTHS, atol=0.02)


def test_a_step_that_is_too_long_is_interpolated():
    """A parabola along the first step is at its minimum with the third evaluation."""

    def steep(z, truth):
        return 4 * jnp.sum((z - truth) ** 2)

    found = search(steep, max_steps=3)
    np.testing.assert_allclose(found.value, TRUTHS, atol=1e-4)


def test_a_nan_is_no_success_and_does_not_raise():
    found = search(lambda z, truth: jnp.sum(z + truth) * jnp.nan, max_steps=5)
    assert not jnp.any(found.converged)
    assert not jnp.any(found.improved)


def test_a_search_goes_round_values_that_are_nan():
    def broken(z, truth):
        return jnp.where(jnp.max(jnp.abs(z)) > 3, jnp.nan, bowl(z, 0 * truth))

    found = search(broken, jnp.full((7, 3), 2.0))
    np.testing.assert_allclose(found.value, 0, atol=1e-3)
