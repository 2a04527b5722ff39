"""`nlot_plus` on problems whose map is known, and the parts that are its own."""

from types import SimpleNamespace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.config import merge
from nlot.config.sections import CTransformConfig
from nlot.costs.closed_forms import frequency, harmonic_action
from nlot.discrete.couplings import match
from nlot.methods.ctransform import refine
from nlot.methods.losses import amortised_cost
from nlot.methods.nlot_plus import training as plus
from nlot.methods.nlot_plus.augmented_lagrangian import PolishState, rematch
from nlot.methods.nlot_plus.config import Config
from nlot.methods.nlot_plus.start import at_moments
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
        "marginal_weight": 0.15,
        "map_optimiser": RATE,
        "potential_optimiser": RATE,
        "spline_optimiser": RATE,
    },
    "ascent": {"steps": 300, "batch": 256, "optimiser": RATE},
    "sampling": "spread",
    "average": 0.98,
    "report_every": 100,
}
SHORT = {
    "paths": {"steps": 4},
    "couplings": {"number": 1, "points": 16},
    "regression": {"steps": 4},
    "polish": {"rounds": 3, "steps": 2, "points": 16, "pool": 3},
    "ascent": {"steps": 4},
    "report_every": 2,
}


def settings(**changes):
    return Config.model_validate(merge(SETTINGS, changes))


def without_perceptrons(networks):
    return eqx.tree_at(
        lambda n: (n.map.mlp, n.potential.mlp),
        networks,
        replace_fn=lambda mlp: jax.tree.map(lambda w: 0.0 * w, mlp),
    )


def train(problem, config, seed=0):
    return plus.train(problem, config, stream(seed, "training"), Reporter("test"))


def test_its_matchings_are_reported(well, capsys, monkeypatch):
    """On large samples each takes seconds, in which nothing else is said."""
    monkeypatch.setattr("nlot.training.progress._SILENCE", 0.0)
    train(well, settings(**SHORT))
    said = capsys.readouterr().err
    for what in ("coupling 16 points", "matching 1 of 3 in", "matching 16 points"):
        assert f"test: {what}" in said


@pytest.fixture(scope="module")
def well(make_problem):
    """The well in coordinates in which networks see plain ones."""
    return make_problem(standardise={"centre": [0.0, 0.0], "scale": 1.0})


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
    rule = plus.build_quadrature(settings()).fine
    spline = trained.networks.spline
    found = jax.vmap(lambda a, b: rule(well.lagrangian, a, b, spline(a, b)))(x, y)
    np.testing.assert_allclose(jnp.mean(found), jnp.mean(exact), rtol=0.02)


def test_the_potential_of_the_well_is_optimal(well, trained) -> None:
    """Its dual value is the optimal cost within 2 %, as the paths' actions are.

    Samples of evenly spread points are off by 0.1 %.
    """
    networks, rule = trained.networks, plus.build_quadrature(settings()).fine
    x, y = (m.spread(stream(3, "test"), 512) for m in (well.source, well.target))
    search = CTransformConfig(max_steps=50, tolerance=1e-6)
    best = refine(networks, rule, well, well.lagrangian, search, x).y
    g = networks.potential

    def soft(a, b):
        return amortised_cost(networks.spline, rule, well.lagrangian, a, b) - g(b)

    dual = jnp.mean(jax.vmap(soft)(x, best)) + jnp.mean(jax.vmap(g)(y))
    omega = frequency(well.lagrangian)
    z = x + jnp.array([2.25, 0.0])
    exact = jax.vmap(lambda a, b: harmonic_action(a, b, omega))(x, z)
    np.testing.assert_allclose(dual, jnp.mean(exact), rtol=0.02)


def test_history_has_all_phases_in_order(trained) -> None:
    phases = [record["phase"] for record in trained.history]
    assert list(dict.fromkeys(phases)) == ["paths", "regression", "polish", "ascent"]
    steps = [record["step"] for record in trained.history]
    assert steps == sorted(steps)
    assert steps[-1] == 300 + 400 + 30 * 10 + 300


def test_seed_fixes_the_weights(free) -> None:
    first, _ = train(free, settings(**SHORT))
    again, _ = train(free, settings(**SHORT))
    other, _ = train(free, settings(**SHORT), seed=1)
    assert eqx.tree_equal(first, again)
    assert not eqx.tree_equal(first, other)


def test_divergence_names_phase_and_quantity(well) -> None:
    wild = merge(SHORT, {"paths": {"optimiser": {"learning_rate": 1e30}}})
    with pytest.raises(DivergenceError, match=r"test: \w+ .*phase paths"):
        train(well, settings(**wild))


def test_straight_paths_are_not_trained(free) -> None:
    """Where L is the same everywhere: they stay straight, and couplings are exact."""
    networks, history = train(free, settings(**SHORT))
    assert "paths" not in {record["phase"] for record in history}
    x, y = jnp.array([0.3, -0.8]), jnp.array([1.1, 0.4])
    assert not jnp.any(networks.spline(x, y))


def test_rematch_replaces_the_oldest_matching_only(free) -> None:
    config = settings(**SHORT)
    sampler = Sampler(free, plus.build_quadrature(config), "independent")
    networks = plus.build(free, config, key=jax.random.key(0))
    state = PolishState.start(networks, config, 2, 100.0)
    new = rematch(state, sampler, 4, jax.random.key(1), debias=False)
    assert jnp.array_equal(new.x[jnp.array([0, 2])], state.x[:2])
    pushed = jax.vmap(networks.map)(new.x[1])
    # Matched optimally: no permutation of the targets is closer.
    assert np.array_equal(match(pushed, new.y[1]), np.arange(16))


def test_matchings_draw_no_true_map_anywhere(free) -> None:
    """Matched samples are nearer to the centre than the samples they are matched to.

    Without its perceptron the start is exact. In the mean over 200 matchings of
    16 points, matched samples are as far from the centre as matched images of others,
    within four standard errors, and nearer than the images that they are matched to.
    """
    config = settings(**merge(SHORT, {"polish": {"pool": 200}}))
    sampler = Sampler(free, plus.build_quadrature(config), "independent")
    networks = at_moments(plus.build(free, config, key=jax.random.key(0)), free)
    networks = without_perceptrons(networks)
    state = PolishState.start(networks, config, 2, 100.0)
    for slot in range(200):
        state = rematch(state, sampler, slot, jax.random.key(1), debias=True)
    images = jax.vmap(jax.vmap(networks.map))(state.x)
    away = images - jnp.mean(free.target.sample(jax.random.key(2), 4096), 0)

    def pull(differences):
        each = jnp.mean(jnp.sum(differences * away, -1), -1)
        return jnp.mean(each), jnp.std(each) / 200**0.5

    mean, error = pull(state.y - images)
    assert mean < -10 * error
    others = jax.vmap(jax.vmap(networks.map))(state.others)
    mean, error = pull(state.y - others)
    assert abs(mean) < 4 * error


def test_prices_marginal_errors_without_bias(well, trained) -> None:
    """Pushed points reach the far edge of the target.

    With the quadratic penalty alone (λ about 100) the well's map would stop short by
    |∂c/∂y|/2λ = 0.03 in x1 on average; the potential makes up for it. The tolerance is
    a third of that.
    """
    x = well.source.spread(stream(4, "test"), 1024)
    y = jax.vmap(trained.networks.map)(x)
    assert abs(float(jnp.mean(y[:, 0])) - 1.125) < 0.01
