import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.methods.nlsb import training as nlsb
from nlot.methods.nlsb.training import build, losses
from nlot.training.loop import DivergenceError
from nlot.training.progress import Reporter
from nlot.training.streams import stream

# Blur, width of the samples, and iterations as in the settings' defaults.
USUAL = (0.05, 3.0, 20)
SHIFT = np.array([0.6, -0.4])
divergence = jax.jit(nlsb.divergence, static_argnums=(2, 3, 4))


@pytest.fixture(scope="module")
def y():
    return jax.random.uniform(jax.random.key(0), (64, 2))


def test_the_divergence_of_a_sample_from_itself_vanishes(y):
    """For the usual iterations a tenth of that of another sample of the same size."""
    other = jax.random.uniform(jax.random.key(1), (64, 2))
    for iterations, part in (20, 0.1), (2000, 1e-5):
        own, between = (divergence(y, x, 0.05, 3.0, iterations) for x in (y, other))
        assert abs(own) < part * between


@pytest.mark.parametrize("scale", [1.0, 0.5, 0.25])
def test_the_divergence_of_a_translated_sample(y, scale):
    """|shift|²/2, exactly so for converged iterations; the usual ones leave 1 %."""
    exact = scale**2 * SHIFT @ SHIFT / 2
    moved = y + scale * SHIFT
    for iterations, gap in (20, 0.01), (2000, 1e-4):
        found = float(divergence(moved, y, 0.05, 3.0, iterations))
        assert found == pytest.approx(exact, rel=gap)


def test_the_divergence_of_samples_of_different_sizes(y):
    """Doubled points are the same measure."""
    doubled = jnp.concatenate([y, y]) + SHIFT
    once, twice = (divergence(x, y, *USUAL) for x in (y + SHIFT, doubled))
    np.testing.assert_allclose(twice, once, rtol=1e-3)


def test_the_gradient_of_the_divergence_by_finite_differences(x64):
    """Of converged iterations: the gradient holds the dual potentials fixed."""
    x, y, way = jax.random.uniform(jax.random.key(1), (3, 16, 2))

    @jax.jit
    def value(x):
        return divergence(x, y, 0.2, 1.0, 1000)

    step = 1e-4
    difference = (value(x + step * way) - value(x - step * way)) / (2 * step)
    found = jnp.sum(jax.grad(value)(x) * way)
    np.testing.assert_allclose(found, difference, rtol=1e-5)
    # Away from a minimum.
    assert abs(difference) > 1e-3


def test_the_usual_gradient_points_along_the_translation(y):
    """At each of n points shift/n, all but a tenth."""
    gradient = len(y) * jax.grad(lambda x: divergence(x, y, *USUAL))(y + SHIFT)
    np.testing.assert_allclose(gradient, np.tile(SHIFT, (64, 1)), atol=0.07)


@pytest.fixture(scope="module")
def bridge(well, make_method):
    return build(well, make_method("nlsb"), key=jax.random.key(1))


def test_random_times_estimate_the_losses_of_all_times(well, make_method, bridge):
    """Without bias: the mean difference of 400 keys is within four standard errors.

    Paths and ends of a key are the same whatever the times.
    """
    keys = jax.random.split(jax.random.key(2), 400)
    x, y = well.source.sample(keys[0], 8), well.target.sample(keys[1], 8)

    def terms(cost_times):
        config = make_method("nlsb", cost_times=cost_times, sinkhorn_iterations=2)
        return jax.jit(jax.vmap(lambda key: losses(bridge, well, config, x, y, key)))(
            keys
        )

    every, some = terms(0), terms(3)
    np.testing.assert_allclose(some["divergence"], every["divergence"], rtol=1e-5)
    for term in ("action", "residual"):
        a, b = every[term], some[term]
        gaps = np.asarray(b - a, np.float64)
        assert gaps.std() > 0.01 * a.mean()
        assert abs(gaps.mean()) < 4 * gaps.std() / np.sqrt(len(gaps))


def test_losses_of_straight_motion(free, make_method, make_quadratic):
    """The translation by v in time T costs |v|²T/2, with residual |v|²/2 at all times.

    Without noise it leads the source onto the target.
    """
    key, v = jax.random.key(3), np.array([2.25, 0.0])
    bridge = make_quadratic(b=(-2.25, 0.0, 0.0))
    x, y = free.source.sample(key, 32), free.target.sample(key, 32)
    found = eqx.filter_jit(losses)(
        bridge, free, make_method("nlsb", cost_times=3), x, y, key
    )
    for term in ("action", "residual"):
        assert float(found[term]) == pytest.approx(v @ v / 2, rel=1e-4)
    assert abs(found["divergence"]) < 1e-3


@pytest.fixture(scope="module")
def config(make_method):
    return make_method(
        "nlsb",
        steps=60,
        optimiser={"learning_rate": 3e-2},
        report_every=20,
        cost_times=2,
    )


@pytest.fixture(scope="module")
def trained(free, config):
    return nlsb.train(free, config, stream(0, "training"), Reporter("test"))


def test_training_moves_the_ends_to_the_target(free, config, trained):
    """From the other side, within a fifth of the way."""
    bridge, history = trained
    x = free.source.sample(jax.random.key(4), 200)
    noise = jax.random.normal(jax.random.key(5), (200, config.time_steps, 2))
    ends = jax.vmap(lambda a, w: nlsb.simulate(bridge, a, w)[-1])(x, noise)
    gap = jnp.linalg.norm(ends.mean(0) - free.target.mean)
    assert gap < 0.2 * 2.25
    assert [record["step"] for record in history] == [20, 40, 60]
    assert {record["phase"] for record in history} == {"training"}
    first, *_, last = history
    assert all(last[term] < first[term] for term in ("divergence", "residual"))


def test_the_key_fixes_the_weights(free, config, trained):
    again, other = (
        nlsb.train(free, config, stream(seed, "training"), Reporter("test"))[0]
        for seed in (0, 1)
    )
    assert eqx.tree_equal(trained[0], again)
    for a, b in zip(jax.tree.leaves(again), jax.tree.leaves(other), strict=True):
        assert not eqx.is_array(a) or jnp.any(a != b)


def test_the_average_of_the_weights_is_returned(free, config, trained):
    """It lags behind the last weights, by less than they moved."""
    averaging = config.model_copy(update={"average": 0.9})
    key = stream(0, "training")
    averaged, _ = nlsb.train(free, averaging, key, Reporter("test"))
    start = build(free, config, key=jax.random.split(key)[0])
    lag, way = (
        jnp.linalg.norm(trained[0].potential.b - bridge.potential.b)
        for bridge in (averaged, start)
    )
    assert 0 < lag < 0.5 * way


def test_divergence_names_quantity_and_step(free, make_method):
    config = make_method("nlsb", optimiser={"learning_rate": 1e30, "clip": None})
    with pytest.raises(DivergenceError, match=r"test: \w+ is \w+ at step 1 \(phase"):
        nlsb.train(free, config, stream(0, "training"), Reporter("test"))
