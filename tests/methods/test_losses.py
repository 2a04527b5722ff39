"""The gradients of Algorithm 1 against finite differences of what they stand for."""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from nlot.config.sections import CTransformConfig
from nlot.measures.domains import Box
from nlot.methods.alternation import build_quadrature
from nlot.methods.ctransform import c_transform, refine
from nlot.methods.losses import (
    amortised_cost,
    heads_gaps,
    heads_loss,
    map_loss,
    potential_loss,
    spline_loss,
    squared_gaps,
)
from nlot.methods.nlot.training import build
from nlot.networks.amortised import MapNetwork, PotentialNetwork, SplineNetwork
from nlot.networks.mlp import MLP

pytestmark = pytest.mark.usefixtures("x64")


@pytest.fixture
def samples():
    return jax.random.normal(jax.random.key(0), (2, 6, 2))


def test_potential_step_climbs_the_dual_objective(samples):
    """Danskin: -∇ potential_loss is the gradient of mean g^c(x) + mean g(y).

    The finite difference solves the c-transform anew on either side.
    """
    x, y = samples
    network = PotentialNetwork(MLP(2, 1, [8], "silu", key=jax.random.key(1)))
    weights, rebuild = ravel_pytree(network)
    direction = jax.random.normal(jax.random.key(2), weights.shape)

    def cost(a, b):
        return 0.5 * jnp.sum((a - b) ** 2)

    @jax.jit
    def dual(weights):
        g = rebuild(weights)

        def objective(a, b):
            return cost(a, b) - g(b)

        settings = CTransformConfig(max_steps=100, tolerance=1e-10)
        refined = c_transform(objective, x, x, Box.cube(9.0, 2), settings).y
        infimum = jax.vmap(cost)(x, refined) - jax.vmap(g)(refined)
        return jnp.mean(infimum) + jnp.mean(jax.vmap(g)(y)), refined

    step = 1e-4
    up, down = (dual(weights + s * direction)[0] for s in (step, -step))
    slope = (up - down) / (2 * step)
    gradient = eqx.filter_grad(potential_loss)(network, y, dual(weights)[1])
    found = -ravel_pytree(gradient)[0] @ direction
    assert abs(slope) > 0.1
    np.testing.assert_allclose(found, slope, rtol=1e-4)


@pytest.fixture(scope="module")
def parts(make_method, well):
    """Networks of an untrained run on the well, and its quadrature."""
    with jax.enable_x64(True):
        method = make_method("nlot", knots=6)
        networks = build(well, method, key=jax.random.key(3))
        return networks, build_quadrature(method), well.lagrangian


def test_cost_holds_the_coefficients_fixed(parts, samples):
    """The envelope theorem: its gradient is that of the action alone."""
    networks, quadrature, lagrangian = parts
    x, y = samples[0][0], samples[1][0]
    coefficients = networks.spline(x, y)

    def fixed(y):
        return quadrature(lagrangian, x, y, coefficients)

    def through(y):
        return quadrature(lagrangian, x, y, networks.spline(x, y))

    def amortised(y):
        return amortised_cost(networks.spline, quadrature, lagrangian, x, y)

    np.testing.assert_allclose(amortised(y), through(y), rtol=1e-12)
    found = jax.grad(amortised)(y)
    np.testing.assert_allclose(found, jax.grad(fixed)(y), rtol=1e-10)
    assert jnp.linalg.norm(found - jax.grad(through)(y)) > 1e-2


def test_map_loss_in_both_norms(samples):
    x, refined = samples
    network = MapNetwork(MLP(2, 2, [8], "tanh", key=jax.random.key(4)))
    distances = np.linalg.norm(np.asarray(jax.vmap(network)(x) - refined), axis=1)
    gaps = squared_gaps(network, x, refined)
    norm = map_loss(gaps, "norm")
    np.testing.assert_allclose(norm, distances.mean(), rtol=1e-9)
    squared = map_loss(gaps, "squared_norm")
    np.testing.assert_allclose(squared, (distances**2).mean(), rtol=1e-9)


def test_map_loss_at_a_perfect_fit_has_a_finite_gradient(samples):
    x, _ = samples
    network = MapNetwork(MLP(2, 2, [8], "tanh", key=jax.random.key(5)))
    goal = jax.vmap(network)(x)

    def loss(network):
        return map_loss(squared_gaps(network, x, goal), "norm")

    gradient = eqx.filter_grad(loss)(network)
    assert jnp.all(jnp.isfinite(ravel_pytree(gradient)[0]))


def test_spline_step_lowers_the_mean_action(parts, samples):
    networks, quadrature, lagrangian = parts
    x, y = samples

    @eqx.filter_jit
    def loss(network):
        return spline_loss(network, quadrature, lagrangian, x, y)

    def action(network: SplineNetwork) -> float:
        pairs = zip(x, y, strict=True)
        paths = [quadrature(lagrangian, a, b, network(a, b)) for a, b in pairs]
        return float(np.mean(paths))

    before = action(networks.spline)
    np.testing.assert_allclose(loss(networks.spline), before, rtol=1e-10)
    gradient = eqx.filter_grad(loss)(networks.spline)
    small = jax.tree.map(lambda g: -1e-5 * g, gradient)
    after = action(eqx.apply_updates(networks.spline, small))
    expected = 1e-5 * jnp.sum(ravel_pytree(gradient)[0] ** 2)
    np.testing.assert_allclose(before - after, expected, rtol=0.01)


def test_losses_of_one_head_are_those_of_any_network(parts, samples):
    networks, *given = parts
    one = heads_loss(networks.spline, *given, *samples)
    any_ = spline_loss(networks.spline, *given, *samples)
    np.testing.assert_allclose(one, any_, rtol=1e-12)
    one = heads_gaps(networks.map, *samples, 0.5)
    any_ = squared_gaps(networks.map, *samples)
    np.testing.assert_allclose(one, any_, rtol=1e-12)


def test_each_head_descends_its_own_action(parts, samples):
    """The choice is pushed towards the better head, by what that saves."""
    _, quadrature, lagrangian = parts
    outputs = 2 * (4 * 2 + 1)
    mlp = MLP(4, outputs, [8], "silu", key=jax.random.key(8))
    network = SplineNetwork(mlp, heads=2)
    x, y = (part[:1] for part in samples)

    def loss(bias):
        biased = eqx.tree_at(lambda n: n.mlp.layers[-1].bias, network, bias)
        return heads_loss(biased, quadrature, lagrangian, x, y)

    def action(path):
        return quadrature(lagrangian, x[0], y[0], path)

    paths, logits = network.alternatives(x[0], y[0])
    gradient = jax.grad(loss)(mlp.layers[-1].bias)
    each = jax.vmap(jax.grad(action))(paths) / 2
    np.testing.assert_allclose(gradient[:16], each.ravel(), rtol=1e-9, atol=1e-12)
    actions = jax.vmap(action)(paths)
    right = jnp.arange(2) == jnp.argmin(actions)
    saved = jnp.mean(actions) - jnp.min(actions)
    expected = saved * (jax.nn.softmax(logits) - right)
    np.testing.assert_allclose(gradient[16:], expected, rtol=1e-9)


def test_gap_of_a_certain_choice_is_that_of_its_image(samples):
    x, goal = samples
    network = MapNetwork(MLP(2, 9, [8], "silu", key=jax.random.key(9)), heads=3)
    bias = network.mlp.layers[-1].bias.at[7].set(1e4)
    network = eqx.tree_at(lambda n: n.mlp.layers[-1].bias, network, bias)
    expected = squared_gaps(network, x, goal)
    np.testing.assert_allclose(heads_gaps(network, x, goal, 0.5), expected, rtol=1e-9)


def test_only_the_fitted_network_is_moved(samples):
    """Refined points are data: no gradient flows into what they were made of."""
    x, refined = samples
    potential = PotentialNetwork(MLP(2, 1, [8], "silu", key=jax.random.key(6)))
    network = MapNetwork(MLP(2, 2, [8], "silu", key=jax.random.key(7)))
    by_potential = jax.grad(lambda r: potential_loss(potential, x, r))(refined)
    assert not jnp.any(by_potential)
    for gaps in (squared_gaps, partial(heads_gaps, width=0.5)):
        by_map = jax.grad(lambda r, of=gaps: jnp.sum(of(network, x, r)))(refined)
        assert not jnp.any(by_map)


def test_refine_minimises_the_amortised_cost_less_the_potential(
    parts, make_method, well
):
    """At an inner solution the gradients of cost and potential balance."""
    networks, quadrature, lagrangian = parts
    settings = make_method(
        "nlot", ctransform={"max_steps": 60, "tolerance": 1e-9}
    ).ctransform
    x = jnp.array([-1.1, 0.4])
    y = refine(networks, quadrature, well, lagrangian, settings, x[None]).y[0]
    assert jnp.all(well.domain.contains(y))
    gradients = [
        jax.grad(
            lambda y: amortised_cost(networks.spline, quadrature, lagrangian, x, y)
        ),
        jax.grad(networks.potential),
    ]
    np.testing.assert_allclose(*(gradient(y) for gradient in gradients), atol=1e-3)


def test_refine_starts_from_the_best_head(parts, make_method, well):
    """Without a step, the image is the head with the least cost less potential."""
    networks, quadrature, lagrangian = parts
    mlp = MLP(2, 12, [8], "silu", key=jax.random.key(10))
    heads = MapNetwork(mlp, heads=4)
    networks = eqx.tree_at(lambda n: n.map, networks, heads)
    settings = make_method("nlot", ctransform={"max_steps": 1}).ctransform
    x = jnp.array([-1.1, 0.4])

    def value(y):
        cost = amortised_cost(networks.spline, quadrature, lagrangian, x, y)
        return cost - networks.potential(y)

    found = refine(networks, quadrature, well, lagrangian, settings, x[None])
    images, _ = heads.alternatives(x)
    values = [value(y) for y in images]
    assert max(values) > min(values)
    assert value(found.y[0]) <= min(values)
