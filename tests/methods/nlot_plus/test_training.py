"""`nlot_plus` on problems whose map is known, and the parts that are its own."""

from types import SimpleNamespace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.config import merge
from nlot.costs.closed_forms import frequency, harmonic_action
from nlot.discrete.couplings import match
from nlot.methods.nlot_plus import training as plus
from nlot.methods.nlot_plus.augmented_lagrangian import PolishState, rematch
from nlot.methods.nlot_plus.config import Config
from nlot.problems.sampler import Sampler
from nlot.training.loop import DivergenceError
from nlot.training.progress import Reporter
from nlot.training.streams import stream

RATE = {"learning_rate": 3e-3, "final_fraction": 0.01}
SETTINGS = {
    "kind": "nlot_plus",
    "potential": {"hidden": [32], "activation": "silu"},
    "map": {"hidden": [32, 32], "activation": "silu"},
    "spline": {"hidden": [32], "activation": "silu"},
    "knots": 5,
    "quadrature": {"points": 8, "offsets": 3},
    "paths": {"steps": 300, "batch": 64, "optimiser": RATE},
    "couplings": {"number": 3, "points": 128, "tie_breaking": 0.01},
    "regression": {"steps": 400, "batch": 64, "optimiser": RATE, "huber": 0.1},
    "polish": {
        "rounds": 30,
        "steps": 10,
        "points": 128,
        "pool": 4,
        "batch": 64,
        "marginal_weight": 100.0,
        "map_optimiser": RATE,
        "potential_optimiser": RATE,
        "spline_optimiser": RATE,
    },
    "sampling": "spread",
    "average": 0.98,
    "report_every": 100,
}
SHORT = {
    "paths": {"steps": 4},
    "couplings": {"number": 1, "points": 16},
    "regression": {"steps": 4},
    "polish": {"rounds": 3, "steps": 2, "points": 16, "pool": 3},
    "report_every": 2,
}


def settings(**changes):
    return Config.model_validate(merge(SETTINGS, changes))


def train(problem, config, seed=0):
    return plus.train(problem, config, stream(seed, "training"), Reporter("test"))


@pytest.fixture(scope="module")
def trained(well):
    networks, history = train(well, settings())
    return SimpleNamespace(networks=networks, history=history)


def test_finds_the_translation_of_the_well(well, trained) -> None:
    """The optimal map of the well is x + (2.25, 0).

    A root-mean-square error of 0.1 is 4 % of the displacement; couplings of 128 points
    alone are off by 0.15 a point.
    """
    x = well.source.sample(stream(1, "test"), 512)
    y = jax.vmap(trained.networks.map)(x)
    error = jnp.sqrt(jnp.mean(jnp.sum((y - x - jnp.array([2.25, 0.0])) ** 2, -1)))
    assert error < 0.1


def test_paths_of_the_well_bend_to_its_centre(well, trained) -> None:
    """Mean action of the network's paths within 2 % of the closed form."""
    x = well.source.sample(stream(2, "test"), 256)
    y = x + jnp.array([2.25, 0.0])
    omega = frequency(well.lagrangian)
    exact = jax.vmap(lambda a, b: harmonic_action(a, b, omega))(x, y)
    rule = plus.build_quadrature(well, settings()).fine
    spline = trained.networks.spline
    found = jax.vmap(lambda a, b: rule(well.lagrangian, a, b, spline(a, b)))(x, y)
    np.testing.assert_allclose(jnp.mean(found), jnp.mean(exact), rtol=0.02)


def test_history_has_all_phases_in_order(trained) -> None:
    phases = [record["phase"] for record in trained.history]
    assert list(dict.fromkeys(phases)) == ["paths", "regression", "polish"]
    steps = [record["step"] for record in trained.history]
    assert steps == sorted(steps)
    assert steps[-1] == 300 + 400 + 30 * 10


def test_seed_fixes_the_weights(free) -> None:
    first, _ = train(free, settings(**SHORT))
    again, _ = train(free, settings(**SHORT))
    other, _ = train(free, settings(**SHORT), seed=1)
    assert eqx.tree_equal(first, again)
    assert not eqx.tree_equal(first, other)


def test_divergence_names_phase_and_quantity(free) -> None:
    wild = merge(SHORT, {"paths": {"optimiser": {"learning_rate": 1e30}}})
    with pytest.raises(DivergenceError, match=r"test: \w+ .*phase paths"):
        train(free, settings(**wild))


def test_rematch_replaces_the_oldest_matching_only(free) -> None:
    config = settings(**SHORT)
    sampler = Sampler(free, plus.build_quadrature(free, config), "independent")
    networks = plus.build(free, config, key=jax.random.key(0))
    state = PolishState.start(networks, config, 2)
    new = rematch(state, sampler, 4, jax.random.key(1))
    assert jnp.array_equal(new.x[jnp.array([0, 2])], state.x[:2])
    pushed = jax.vmap(networks.map)(new.x[1])
    # Matched optimally: no permutation of the goals is closer.
    assert np.array_equal(match(pushed, new.goal[1]), np.arange(16))


def test_prices_marginal_errors_without_bias(well, trained) -> None:
    """Pushed points reach the far edge of the target.

    With the quadratic penalty alone (λ = 100) the well's map would stop short by
    |∂c/∂y|/2λ = 0.03 in x1 on average; the potential makes up for it. The tolerance is
    a third of that.
    """
    x = well.source.spread(stream(4, "test"), 1024)
    y = jax.vmap(trained.networks.map)(x)
    assert abs(float(jnp.mean(y[:, 0])) - 1.125) < 0.01
