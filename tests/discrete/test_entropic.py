"""Entropic transport between samples, and its maps, in double precision."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from nlot.costs.convex import Mahalanobis, NormPower
from nlot.discrete.entropic import divergence, entropic_duals
from nlot.discrete.entropic_maps import displacement_costs
from nlot.discrete.learned_cost import LearnedCost, solved
from nlot.networks.icnn import ICNN


@pytest.fixture(autouse=True)
def in_double_precision():
    with jax.enable_x64(True):
        yield


def clouds(n=12, m=16, d=2):
    keys = jax.random.split(jax.random.key(0))
    x = jax.random.normal(keys[0], (n, d), jnp.float64)
    return x, jax.random.normal(keys[1], (m, d), jnp.float64) + 1.0


def test_the_plan_has_the_right_sums():
    x, y = clouds()
    cost = displacement_costs(NormPower(2.0, 2.0), x, y)
    duals = entropic_duals(cost, 0.05)
    plan = jnp.exp((duals.f[:, None] + duals.g - cost) / 0.05)
    assert duals.converged
    np.testing.assert_allclose(plan.sum(axis=1), 1 / 12, rtol=1e-10)
    np.testing.assert_allclose(plan.sum(axis=0), 1 / 16, rtol=1e-10)


def test_a_start_at_the_solution_changes_nothing():
    x, y = clouds()
    cost = displacement_costs(NormPower(2.0, 2.0), x, y)
    once = entropic_duals(cost, 0.1)
    again = entropic_duals(cost, 0.1, once.g)
    total = once.f[:, None] + once.g
    np.testing.assert_allclose(again.f[:, None] + again.g, total, atol=1e-10)


def network(seed=0):
    made = ICNN(2, [8, 8], key=jax.random.key(seed))
    return jax.tree.map(lambda a: a.astype(jnp.float64) if eqx.is_array(a) else a, made)


def loss(h, epsilon, x, y):
    """Squared distance of images, there and back, from some points."""
    found = solved(LearnedCost(h), x, y, epsilon)
    images, _ = found.mapped(x)
    returned, _ = found.mapped(y, back=True)
    return jnp.mean((images - x[::-1]) ** 2) + jnp.mean((returned - y[::-1]) ** 2)


@pytest.mark.parametrize("epsilon", [0.3, 0.05])
def test_gradients_of_a_whole_loss_are_those_of_differences(epsilon):
    """In the weights of h, the points and ε, through Sinkhorn and the inverse of ∇h."""
    x, y = clouds()
    arrays, rest = eqx.partition(network(), eqx.is_array)
    given = arrays, jnp.array(epsilon), x, y
    flat, restore = ravel_pytree(given)

    @jax.jit
    def value(flat):
        weights, epsilon, x, y = restore(flat)
        return loss(eqx.combine(weights, rest), epsilon, x, y)

    gradient = jax.grad(value)(flat)
    for k in range(3):
        direction = jax.random.normal(jax.random.key(k), flat.shape, jnp.float64)
        direction *= 0.1
        step = 1e-5
        ends = value(flat + step * direction), value(flat - step * direction)
        found = (ends[0] - ends[1]) / (2 * step)
        assert found == pytest.approx(float(gradient @ direction), rel=1e-6)


def test_a_translation_is_found_there_and_back():
    """Up to the shrinkage of clusters by ε."""
    x, _ = clouds(n=40)
    shift = jnp.array([3.0, -1.0])
    h = Mahalanobis(jnp.array([[2.0, 0.3], [0.3, 1.0]]))
    found = solved(LearnedCost(h), x, x + shift, 1e-4)
    images, inverted = found.mapped(x)
    assert inverted.all()
    np.testing.assert_allclose(images, x + shift, atol=0.01)
    back, _ = found.mapped(x + shift, back=True)
    np.testing.assert_allclose(back, x, atol=0.01)
    rows = jnp.array([3, 1])
    np.testing.assert_allclose(found.images(rows)[0], images[rows], atol=1e-9)
    again, _ = found.images(rows, back=True)
    np.testing.assert_allclose(again, back[rows], atol=1e-9)


@pytest.mark.parametrize("relative", [1e-1, 1e-3, 1e-5])
def test_converges_from_anywhere(relative):
    """Also where the plan is all but a permutation, and from a start far off."""
    x, y = clouds(n=30, m=30)
    cost = displacement_costs(NormPower(1.5, 3.0), x, y)
    epsilon = relative * cost.mean()
    far = 10 * jax.random.normal(jax.random.key(5), (30,), jnp.float64)
    for start in (None, far):
        duals = entropic_duals(cost, epsilon, start)
        plan = jnp.exp((duals.f[:, None] + duals.g - cost) / epsilon)
        assert duals.converged
        np.testing.assert_allclose(plan.sum(axis=0), 1 / 30, rtol=1e-7)


@pytest.mark.parametrize("start", [None, 16 * [0.0]], ids=["annealed", "from a start"])
def test_the_search_ends_where_costs_are_not_finite(start):
    g = None if start is None else jnp.array(start)
    assert not entropic_duals(jnp.full((12, 16), jnp.nan), 0.05, g).converged


def test_the_divergence_vanishes_between_equal_samples_alone():
    x, y = clouds(n=20, m=20)
    assert divergence(x, x) == pytest.approx(0, abs=1e-9)
    # Half the squared distance of the means is a lower bound, up to ε.
    apart = float(jnp.sum((x.mean(axis=0) - y.mean(axis=0)) ** 2)) / 2
    assert divergence(x, y) > 0.9 * apart


@pytest.mark.parametrize("epsilon", [None, 0.05, 1.0])
def test_the_divergence_of_a_translation_is_half_the_square_of_its_length(epsilon):
    """At every temperature: the cost separates into that and one of x alone."""
    x, _ = clouds()
    found = divergence(x, x + jnp.array([1.0, -0.5]), epsilon)
    assert found == pytest.approx(1.25 / 2, rel=1e-9)
