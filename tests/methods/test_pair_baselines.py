"""Maps from known pairs that optimal transport has no part in, or only a cost."""

import importlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.config.kinds import settings_class
from nlot.discrete.couplings import assign
from nlot.problems.pairs import Pairs
from nlot.training.progress import Reporter

KEY = jax.random.key(0)
HEADER = {"provenance": {"seed": 0}}
RANDOM = np.random.default_rng(0)
X = RANDOM.uniform(-1, 1, (24, 2))
# Turned by 90 degrees, and moved.
Y = X @ np.array([[0.0, 1.0], [-1.0, 0.0]]) + np.array([3.0, 0.0])
PAIRS = np.stack([np.arange(12), np.arange(12)], axis=1)


def trained(kind, pairs=PAIRS, **settings):
    problem = Pairs.of(X, Y, pairs)
    config = settings_class("method", kind).model_validate({"kind": kind, **settings})
    method = importlib.import_module(f"nlot.methods.{kind}")
    networks, history = method.train(problem, config, KEY, Reporter(kind))
    return method.open(problem, config, networks, HEADER, history)


def error(images, y):
    return float(np.sqrt(np.sum((images - y) ** 2, axis=1).mean()))


def test_a_network_meets_the_pairs_that_it_is_fitted_to():
    run = trained("pair_regression")
    assert error(run.transport(X[:12]), Y[:12]) < 0.05
    # Within the square it interpolates; at its rim it extrapolates.
    assert error(run.transport(X[12:]), Y[12:]) < 0.5


def test_samples_of_the_target_make_up_for_few_pairs():
    """Three pairs and all samples tell more than the pairs."""
    few = {"pairs": PAIRS[:3], "steps": 400}
    alone = error(trained("pair_regression", **few).transport(X[12:]), Y[12:])
    run = trained("pair_regression", members=4, energy=0.3, **few)
    assert error(run.transport(X[12:]), Y[12:]) < 0.8 * alone
    # Both terms count: images spread as the target does.
    assert np.allclose(run.transport(X).std(axis=0), Y.std(axis=0), rtol=0.2)


def test_the_mean_of_networks_is_no_worse_than_they_are():
    """By convexity of the squared distance."""
    run = trained("pair_regression", members=4, steps=50)
    standard = run.problem.standard
    x, y = (jnp.asarray(z, jnp.float32) for z in (standard.source, standard.target))
    each = np.asarray(run.networks.each(x))
    assert np.std(each, axis=0).max() > 1e-3
    assert error(run.networks(x), y) < np.sqrt(((each - y) ** 2).sum(-1).mean())


@pytest.fixture(scope="module")
def cost_run():
    stage = {"steps": 150, "optimiser": {"learning_rate": 3.0e-3}}
    return trained("mlp_cost", cost=stage, map=stage)


def test_an_unstructured_cost_puts_mass_on_known_pairs(cost_run):
    on_pairs = cost_run.plan[:12, :12].trace() * 24 / 12
    assert on_pairs > 0.8
    partner, _ = assign(cost_run.costs(X, Y))
    assert (partner[:12] == np.arange(12)).mean() > 0.8


def test_its_map_fits_the_target(cost_run):
    """The mean of images is off by less than a fifth of the target's spread."""
    images = cost_run.transport(X)
    assert np.linalg.norm(images.mean(axis=0) - Y.mean(axis=0)) < 0.15
    assert 0 <= cost_run.failures < 0.05


@pytest.mark.parametrize("kind", ["pair_regression", "mlp_cost"])
def test_pairs_must_be_known(kind):
    problem = Pairs.of(X, Y, np.zeros((0, 2), int))
    config = settings_class("method", kind).model_validate({"kind": kind})
    assert config.refuses_data(problem) == "no pairs are known"
