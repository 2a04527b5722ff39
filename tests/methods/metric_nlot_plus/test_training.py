"""`nlot_plus` for metrics on data that move along a known direction."""

from types import SimpleNamespace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.config import RotationConfig
from nlot.costs.lagrangians import Riemannian
from nlot.discrete.sequence_couplings import couple_neighbours
from nlot.evaluation.alignment import alignment, matrices
from nlot.methods.metric_nlot_plus.training import (
    direction_loss,
    path_loss,
    train,
)
from nlot.methods.metric_run import MetricRun
from nlot.networks.amortised import SplineNetwork
from nlot.networks.mlp import MLP
from nlot.networks.rotation import RotationMetric
from nlot.paths.quadrature import Quadrature, path_actions
from nlot.paths.splines import CubicSpline
from nlot.training.loop import DivergenceError, fit
from nlot.training.progress import Reporter
from nlot.training.streams import stream

MODES = pytest.mark.parametrize("angle", ["single", "double"])
DIRECTIONS = [(1.0, 0.0), (0.0, 2.0), (3.0, 4.0), (-0.2, 0.1), (-1.0, -3.0)]


def constant(angle, z, members=1):
    """The metric whose members all predict `z` everywhere."""
    config = RotationConfig(
        hidden=(4,), activation="tanh", angle=angle, members=members
    )
    metric = RotationMetric(config, (0.0, 0.0), 1.0, key=jax.random.key(0))
    last = metric.members.layers[-1]
    return eqx.tree_at(
        lambda m: (m.members.layers[-1].weight, m.members.layers[-1].bias),
        metric,
        (
            jnp.zeros_like(last.weight),
            jnp.tile(jnp.asarray(z, jnp.float32), (members, 1)),
        ),
    )


@MODES
@pytest.mark.parametrize("v", DIRECTIONS)
def test_direction_targets_make_motion_along_v_cheap(angle, v):
    """Of length |v|², they give v the smallest eigenvalue."""
    v = np.array(v)
    targets = constant(angle, v).direction_targets
    z = targets(jnp.asarray(v, jnp.float32)[None])[0]
    assert jnp.linalg.norm(z) == pytest.approx(v @ v, rel=1e-5)
    matrix = constant(angle, z)(jnp.zeros(2))
    np.testing.assert_allclose(matrix @ v, 0.1 * v, atol=1e-5)


@MODES
@pytest.mark.parametrize("v", DIRECTIONS)
def test_the_direction_loss_is_stationary_at_the_direction(angle, v):
    """For every member, and for displacements of any length."""
    v = jnp.array(v)
    unit = constant(angle, v).direction_targets(v[None])[0] / jnp.sum(v**2)
    x, weight = jnp.zeros((3, 2)), jnp.array([1.0, 0.5, 2.0])
    moves = jnp.array([1.0, 0.3, 2.0])[:, None] * v

    def gradient(z):
        metric = constant(angle, z, members=3)
        leaves = jax.tree.leaves(
            eqx.filter_grad(direction_loss)(metric, x, moves, weight)
        )
        return max(float(jnp.abs(leaf).max()) for leaf in leaves)

    squared = float(jnp.sum(v**2))
    assert gradient(unit) < 1e-5 * squared
    assert gradient(unit + jnp.array([0.1, 0.0])) > 1e-2 * squared


def test_the_direction_loss_of_unit_vectors_is_the_action():
    """Up to a constant and the factor 4/h, h half the difference of the eigenvalues.

    In the double angle, where opposite displacements are the same direction.
    """
    keys = jax.random.split(jax.random.key(1), 3)
    x, v = jax.random.normal(keys[0], (2, 20, 2))
    weight = jax.random.uniform(keys[1], (20,))
    theta = jnp.linspace(0, 3, 7)
    losses, actions = [], []
    for angle in theta:
        metric = constant("double", [jnp.cos(2 * angle), jnp.sin(2 * angle)])
        losses.append(direction_loss(metric, x, v, weight))
        single = 0.5 * jnp.einsum("ni,ij,nj->n", v, metric(jnp.zeros(2)), v)
        actions.append(jnp.mean(weight * single))
    losses, actions = np.array(losses), np.array(actions)
    np.testing.assert_allclose(
        losses - losses[0], 4 / 0.45 * (actions - actions[0]), rtol=1e-3, atol=1e-4
    )


@pytest.fixture(scope="module")
def config(make_method):
    rate = {"learning_rate": 1e-2, "final_fraction": 0.01}
    return make_method(
        "metric_nlot_plus",
        direction={"steps": 60, "batch": 32, "optimiser": rate},
        paths={"steps": 60, "batch": 32, "optimiser": rate},
        maps={"steps": 300, "batch": 16, "optimiser": rate, "copies": 2, "noise": 0.1},
        report_every=20,
    )


@pytest.fixture(scope="module")
def trained(translations, config):
    networks, history = train(
        translations.sequence, config, stream(0, "training"), Reporter("test")
    )
    return SimpleNamespace(networks=networks, history=history)


def test_the_metric_is_cheap_along_the_translation(translations, trained):
    """At every sample, and smoothly so between them."""
    points = np.concatenate(translations.sequence.measures)
    found = alignment(
        matrices(trained.networks.metric, points),
        np.tile(translations.truth, (len(points), 1, 1)),
    )
    assert found.min() > 0.99


def test_maps_translate(translations, trained, config):
    """Within a tenth of the displacement, on average over the samples of a pair."""
    sequence = translations.sequence
    run = MetricRun(sequence, config, trained.networks, {})
    for pair in range(sequence.pairs):
        x = sequence.points[pair]
        gaps = jnp.linalg.norm(run.leg(x, pair) - x - translations.shift, axis=-1)
        assert jnp.mean(gaps) < 0.1 * np.linalg.norm(translations.shift)


def test_paths_are_fitted_to_least_action(translations, config):
    """Straight, where the metric is constant: all but a tenth of the excess is gone.

    From paths bent at random, and between independent points as between coupled ones.
    """
    sequence, metric = translations.sequence, constant("double", [0.3, -1.0])
    bent = SplineNetwork(MLP(4, 6, (16,), "silu", key=jax.random.key(1)))
    coupling = couple_neighbours(sequence, None, 1)
    fitted = fit(
        path_loss,
        bent,
        config.paths,
        (sequence, coupling, metric, config),
        jax.random.key(2),
        phase="paths",
        report=Reporter("test"),
    ).model
    rule = Quadrature(CubicSpline(config.knots), 20)

    @eqx.filter_jit
    def excess(spline, x, y):
        bends = jax.vmap(spline)(x, y)
        actions = path_actions(Riemannian(metric), rule, x, y, bends)
        straight = path_actions(Riemannian(metric), rule, x, y, 0 * bends)
        return jnp.mean(actions - straight)

    x, y = sequence.points[:2]
    for ends in (y, y[::-1]):
        before, after = (excess(spline, x, ends) for spline in (bent, fitted))
        assert 0 < after < 0.1 * before


def test_history_has_all_phases_in_order(trained):
    phases = [record["phase"] for record in trained.history]
    assert list(dict.fromkeys(phases)) == ["metric", "paths", "maps"]
    steps = [record["step"] for record in trained.history]
    assert steps == sorted(steps)
    assert steps[-1] == 2 * 60 + 60 + 3 * 300
    # The couplings of a translation are known, and the fit to them improves.
    fits = [r["direction"] for r in trained.history if r["phase"] == "metric"]
    assert fits[-1] < fits[0] < 0


def test_the_key_fixes_the_weights(translations, config, trained):
    key = stream(0, "training")
    again, _ = train(translations.sequence, config, key, Reporter("test"))
    assert eqx.tree_equal(trained.networks, again)


def test_divergence_names_phase_and_quantity(translations, make_method):
    wild = {"optimiser": {"learning_rate": 1e30, "clip": 1e30}}
    config = make_method("metric_nlot_plus", direction=wild)
    with pytest.raises(DivergenceError, match=r"test: \w+ .*phase metric"):
        train(translations.sequence, config, stream(0, "training"), Reporter("test"))
