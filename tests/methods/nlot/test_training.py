"""Algorithm 1, trained on problems small enough for seconds."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from nlot.methods.nlot.run import NLOTRun
from nlot.methods.nlot.training import build, train
from nlot.training.progress import Reporter
from nlot.training.streams import stream


@pytest.fixture
def fit():
    """Trains, and returns networks and history."""

    def run(problem, method, seed=0):
        return train(problem, method, stream(seed, "training"), Reporter("test"))

    return run


def weights(networks):
    return np.asarray(ravel_pytree(networks)[0])


def test_finds_a_translation(fit, free, make_method):
    """Two equal slabs under the Euclidean cost: the map is x + (2.25, 0).

    Relative L² error: 3 % of the distance travelled, about three times what a few
    hundred steps leave; a map that stays put or goes to the wrong side has 100 %.
    """
    rate = {"learning_rate": 3e-3, "final_fraction": 0.01}
    method = make_method(
        "nlot",
        potential_optimiser=rate,
        map_optimiser=rate,
        potential={"hidden": [32, 32]},
        map={"hidden": [32, 32]},
        steps=400,
        batch=128,
        regression="squared_norm",
        average=0.95,
        report_every=100,
    )
    networks, history = fit(free, method)
    x = free.source.sample(jax.random.key(1), 256)
    truth = x + jnp.array([2.25, 0.0])
    run = NLOTRun(free, method, networks, {})
    for y in (run.network_map(x), run.transport(x)):
        error = jnp.sqrt(jnp.mean(jnp.sum((y - truth) ** 2, axis=1))) / 2.25
        assert error < 0.03

    assert [record["phase"] for record in history] == ["pretraining"] + 4 * ["training"]
    assert [record["step"] for record in history] == [2, 102, 202, 302, 402]
    assert history[-1]["map"] < 0.1 * history[1]["map"]


def test_same_seed_same_bits_and_another_seed_differs(fit, well, make_method):
    refit = {"every": 2, "max_steps": 3, "tolerance": 1e-30}
    method = make_method("nlot", annealing_steps=3, refit=refit)
    runs = [fit(well, method, seed) for seed in (0, 0, 1)]
    first, again, other = (weights(networks) for networks, _ in runs)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-2
    # A refit that reaches its limit of 3, every second step.
    assert [record.get("refit_steps") for record in runs[0][1]] == [None, 1.5, 1.5]


def test_refit_ends_at_its_tolerance(fit, well, make_method):
    """After one step here, on every second step of the two that a record averages."""
    refit = {"every": 2, "max_steps": 3, "tolerance": 1e9}
    method = make_method("nlot", refit=refit, pretraining={"steps": 0}, steps=2)
    _, history = fit(well, method)
    assert [record["refit_steps"] for record in history] == [0.5]


def test_transport_refines_with_its_own_settings(well, make_method):
    """Not with those of training, and within the problem's domain."""
    method = make_method(
        "nlot", ctransform={"max_steps": 1}, transport={"max_steps": 40}
    )
    networks = build(well, method, key=jax.random.key(2))
    x = well.source.sample(jax.random.key(3), 8)
    y = NLOTRun(well, method, networks, {}).transport(x)
    assert jnp.all(well.domain.contains(y))
    assert jnp.any(jnp.abs(y - jax.vmap(networks.map)(x)) > 0.1)
