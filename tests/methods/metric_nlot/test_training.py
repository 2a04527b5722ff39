"""Algorithm 2: the gradient of its metric step, and what a short run does."""

from itertools import pairwise
from types import SimpleNamespace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from nlot.config.sections import CTransformConfig, RotationConfig
from nlot.costs.lagrangians import Riemannian
from nlot.evaluation.alignment import alignment, matrices
from nlot.measures.domains import Box
from nlot.methods.ctransform import c_transform
from nlot.methods.metric_nlot import training as metric_nlot
from nlot.methods.metric_nlot.training import Fixed, State, metric_loss, refine
from nlot.methods.metric_run import MetricRun
from nlot.networks.amortised import SplineNetwork
from nlot.networks.mlp import MLP
from nlot.networks.pairwise import Frame, carry
from nlot.networks.rotation import RotationMetric
from nlot.paths.quadrature import Quadrature
from nlot.paths.splines import CubicSpline
from nlot.training import loop
from nlot.training.lbfgs import minimise
from nlot.training.loop import DivergenceError
from nlot.training.progress import Reporter
from nlot.training.streams import stream

RULE = Quadrature(CubicSpline(5), 8)


@pytest.fixture
def problem(x64):
    """A curved metric, a potential and points, in double precision."""
    keys = jax.random.split(jax.random.key(3), 3)
    config = RotationConfig(hidden=(8,), activation="tanh", eigenvalues=(1.0, 0.2))
    metric = RotationMetric(config, (0.1, 0.0), 1.0, key=keys[0])
    metric = eqx.tree_at(
        lambda m: m.members.layers[0].weight, metric, replace_fn=lambda w: 3 * w
    )
    network = MLP(2, 1, (8,), "tanh", key=keys[1])
    return SimpleNamespace(
        metric=metric,
        potential=lambda y: 1.7 * network(y / 1.3)[0],
        x=jax.random.normal(keys[2], (5, 2)),
    )


def straight(problem, metric):
    """Minimisers of c(x, y) - g(y) with straight paths: points, path coefficients."""

    def objective(x, y):
        cost = RULE(Riemannian(metric), x, y, jnp.zeros((3, 2)))
        return cost - problem.potential(y)

    settings = CTransformConfig(max_steps=200, tolerance=1e-12)
    given = problem.x, problem.x, Box.cube(9.0, 2), settings
    return c_transform(objective, *given).y, jnp.zeros((5, 3, 2))


def least_action(problem, metric):
    """The same with the paths of least action, found together with y."""

    def objective(z, x):
        cost = RULE(Riemannian(metric), x, z[:2], z[2:].reshape(3, 2))
        return cost - problem.potential(z[:2])

    start, _ = straight(problem, metric)
    first = jnp.concatenate([start, jnp.zeros((5, 6))], 1)
    settings = {"max_steps": 400, "tolerance": 1e-12, "history": 20}
    z = minimise(objective, first, problem.x, **settings).value
    return z[:, :2], z[:, 2:].reshape(-1, 3, 2)


@pytest.mark.parametrize("solve", [straight, least_action])
def test_the_metric_step_descends_the_dual_objective(problem, solve):
    """The envelope theorem (eq. 25): ∇ metric_loss = ∇ mean min_y c(x, y) - g(y).

    On either side of the finite difference the inner problems are solved anew, to
    twelve digits. The metric's vectors start small, so the third derivative in its
    weights is large: a step of 1e-4 is off by 4e-4 of the slope, and one of 1e-5 by a
    hundredth of that.
    """
    weights, rebuild = ravel_pytree(eqx.filter(problem.metric, eqx.is_array))
    _, static = eqx.partition(problem.metric, eqx.is_array)
    direction = jax.random.normal(jax.random.key(4), weights.shape)

    @jax.jit
    def objective(weights):
        metric = eqx.combine(rebuild(weights), static)
        y, bends = solve(problem, metric)
        costs = jax.vmap(lambda a, b, c: RULE(Riemannian(metric), a, b, c))(
            problem.x, y, bends
        )
        return jnp.mean(costs - jax.vmap(problem.potential)(y)), (y, bends)

    step = 1e-5
    up, down = (objective(weights + s * direction)[0] for s in (step, -step))
    slope = (up - down) / (2 * step)

    @jax.jit
    def gradient(points, bends):
        """Mean of one batch a point, as each has a path of its own."""

        def one(x, y, c):
            return eqx.filter_grad(metric_loss)(
                problem.metric,
                lambda a, b: c,
                RULE,
                x[None],
                y[None],
                jnp.zeros((1, 2)),
                jnp.ones(1),
            )

        each = jax.vmap(one)(problem.x, points, bends)
        mean = jax.tree.map(lambda leaf: leaf.mean(0), each)
        return ravel_pytree(mean)[0] @ direction

    y, bends = objective(weights)[1]
    found = gradient(y, bends)
    assert abs(slope) > 1e-3
    np.testing.assert_allclose(found, slope, rtol=1e-4)
    # The test can fail: at other points the gradient is another one.
    assert abs(gradient(problem.x + 0.3, bends) - slope) > 0.1 * abs(slope)


def test_the_metric_loss_is_the_mean_action_of_shifted_paths(problem):
    """Weighted, and no gradient flows into points or paths."""
    y = problem.x + jnp.array([0.3, -0.2])
    network = SplineNetwork(MLP(4, 6, (8,), "tanh", key=jax.random.key(5)))
    shift = 0.1 * jax.random.normal(jax.random.key(6), y.shape)
    weight = jnp.linspace(0.5, 2.0, len(y))

    def loss(spline, refined):
        ends = problem.x, refined, shift
        return metric_loss(problem.metric, spline, RULE, *ends, weight)

    @jax.jit
    def action(a, b, s):
        return RULE(Riemannian(problem.metric), a + s, b + s, network(a, b))

    actions = [action(*ends) for ends in zip(problem.x, y, shift, strict=True)]
    expected = np.mean(weight * np.array(actions))
    np.testing.assert_allclose(loss(network, y), expected, rtol=1e-12)
    assert not ravel_pytree(eqx.filter_grad(loss)(network, y))[0].any()
    assert not jax.grad(loss, 1)(network, y).any()


def test_refine_balances_cost_and_potential(problem, make_method):
    """At an inner solution the gradients of c and g in y are equal.

    In the units that refinement works in, where the cost is of order one, to its
    tolerance.
    """
    settings = make_method(
        "metric_nlot", ctransform={"max_steps": 300, "tolerance": 1e-10}
    ).ctransform
    frame = Frame(
        centre=jnp.array([0.2, -0.1]),
        scale=jnp.array(1.3),
        step=jnp.array(0.6),
        cost=jnp.array(0.2),
        pace=jnp.array(1.0),
    )
    keys = jax.random.split(jax.random.key(7))
    g, guess = (
        MLP(2, 1, (8,), "tanh", key=keys[0]),
        MLP(2, 2, (8,), "tanh", key=keys[1]),
    )
    straight, lagrangian = jnp.zeros((3, 2)), Riemannian(problem.metric)
    x = problem.x[0]
    found = eqx.filter_jit(refine)(
        frame, g, guess, lambda a, b: straight, RULE, lagrangian, 9.0, settings, x[None]
    )
    y = found.y[0]
    cost = jax.jit(jax.grad(lambda y: RULE(lagrangian, x, y, straight)))(y)
    assert jnp.linalg.norm(cost) > 1e-2
    np.testing.assert_allclose(
        cost, jax.grad(frame.potential(g))(y), rtol=1e-3, atol=1e-6
    )


def train(sequence, config, seed=0):
    return metric_nlot.train(
        sequence, config, stream(seed, "training"), Reporter("test")
    )


@pytest.fixture(scope="module")
def trained(translations, make_method):
    """A short run, with its state after each step."""
    states = []

    run_chunks = loop.run_chunks

    def recorded(advance, state, *, phase, **rest):
        def spied(state, n):
            state, log = advance(state, n)
            if phase == "training":
                states.append(state)
            return state, log

        return run_chunks(spied, state, phase=phase, **rest)

    config = make_method(
        "metric_nlot",
        steps=400,
        warm_up=50,
        metric_every=3,
        pretraining={"steps": 2},
        metric_optimiser={"learning_rate": 2e-2},
        potential_optimiser={"learning_rate": 1e-2, "final_fraction": 0.05},
        report_every=1,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "run_chunks", recorded)
        networks, history = train(translations.sequence, config)
    return SimpleNamespace(
        states=states, networks=networks, history=history, config=config
    )


def test_the_metric_moves_after_the_warm_up_and_now_and_then(trained):
    """At steps 50, 53 and so on; potentials, maps and paths move at all of them."""

    def moves(pick):
        """The steps at which a model changes, the first apart."""
        pairs = pairwise(pick(state).model for state in trained.states[:60])
        return [i for i, pair in enumerate(pairs, 1) if not eqx.tree_equal(*pair)]

    assert moves(lambda s: s.metric) == [50, 53, 56, 59]
    for pick in (lambda s: s.potentials, lambda s: s.maps, lambda s: s.spline):
        assert moves(pick) == list(range(1, 60))


def test_the_key_fixes_the_weights(trained, translations):
    again, _ = train(translations.sequence, trained.config)
    assert eqx.tree_equal(trained.networks, again)


def test_divergence_names_phase_and_quantity(translations, make_method):
    wild = {"learning_rate": 1e30, "clip": 1e30}
    config = make_method("metric_nlot", spline_optimiser=wild)
    with pytest.raises(DivergenceError, match=r"test: \w+ .*phase pretraining"):
        train(translations.sequence, config)


def test_the_metric_turns_to_the_translation(translations, trained):
    """From an alignment like that of any other metric, on average over all samples."""
    points = np.concatenate(translations.sequence.measures)
    truth = np.tile(translations.truth, (len(points), 1, 1))
    start, _ = jax.random.split(stream(0, "training"))
    untrained = metric_nlot.build(translations.sequence, trained.config, key=start)
    before, after = (
        alignment(matrices(networks.metric, points), truth)
        for networks in (untrained, trained.networks)
    )
    assert before.mean() < 0.75
    assert after.mean() > 0.9


def test_maps_translate(translations, trained):
    """Root mean square error below three fifths of the displacement.

    So few steps leave two fifths; maps that do nothing are off by all of it.
    """
    sequence = translations.sequence
    run = MetricRun(sequence, trained.config, trained.networks, {})
    x = sequence.points[:-1]
    moved = jnp.stack([run.leg(a, pair) for pair, a in enumerate(x)]) - x
    squared = jnp.sum((moved - translations.shift) ** 2, -1)
    assert jnp.sqrt(jnp.mean(squared)) < 0.6 * np.linalg.norm(translations.shift)


def test_arrivals_are_points_that_the_maps_before_carry(translations, make_method):
    """A fifth of each batch, points of the first measure, once costs are annealed."""
    sequence = translations.sequence
    config = make_method("metric_nlot", arrivals=0.2, warm_up=3, isotropic_steps=2)
    networks = metric_nlot.build(sequence, config, key=jax.random.key(1))
    fixed = Fixed(
        sequence=sequence,
        frames=Frame.of(sequence, 0.1),
        quadrature=RULE,
        bounds=jnp.array(2.0),
        half_width=jnp.array(1.0),
        weights=jnp.ones(sequence.pairs),
        config=config,
    )
    maps = State.start(networks, config).maps
    x, _ = fixed.draw(jax.random.key(2))
    n = x.shape[1] // 5
    early, late = (
        fixed.sources(x, eqx.tree_at(lambda m: m.step, maps, jnp.array(step)))
        for step in (4, 5)
    )
    np.testing.assert_array_equal(early, x)
    np.testing.assert_array_equal(late[:, n:], x[:, n:])
    carried = carry(fixed.frames, networks.maps, x[0, :n])
    np.testing.assert_array_equal(late[:, :n], carried[:-1])


def test_history_has_all_phases_in_order(trained):
    phases = [record["phase"] for record in trained.history]
    assert list(dict.fromkeys(phases)) == ["pretraining", "training"]
    assert [record["step"] for record in trained.history] == list(range(1, 403))
