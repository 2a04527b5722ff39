from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from nlot.config import FitConfig, OptimiserConfig
from nlot.training.loop import (
    DivergenceError,
    Trainee,
    fit,
    iterate,
    optimiser,
    run_chunks,
)
from nlot.training.progress import Reporter

from ..compilations import compilations


def chunks(series, chunk, offset=0):
    """Runs an `advance` that logs the given series, after `offset` other steps."""
    series, report = np.asarray(series), Reporter("box nlot")
    report.start(len(series), chunk)
    report.done = offset

    def advance(state, n):
        return state + n, {"loss": series[state : state + n]}

    state = run_chunks(
        advance, 0, phase="training", steps=len(series), chunk=chunk, report=report
    )
    assert report.done == offset + len(series)
    return state, report.history


def test_history_holds_the_mean_of_each_chunk():
    state, history = chunks([1.0, 3.0, 5.0, 7.0, 10.0], chunk=2, offset=100)
    assert state == 5
    assert history == [
        {"phase": "training", "step": 102, "loss": 2.0},
        {"phase": "training", "step": 104, "loss": 6.0},
        {"phase": "training", "step": 105, "loss": 10.0},
    ]


def test_a_log_file_gets_a_line_a_chunk(capsys):
    chunks([1.0, 3.0, 5.0], chunk=2)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert "box nlot: step 2/3" in lines[0]
    assert "loss 2" in lines[0]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("step", [0, 3])
def test_divergence_names_run_quantity_step_and_phase(bad, step):
    series = np.ones(5)
    series[step:] = bad
    where = rf"box nlot: loss is {bad} at step {10 + step} \(phase training\)"
    with pytest.raises(DivergenceError, match=where):
        chunks(series, chunk=2, offset=10)


def test_weights_that_are_not_finite_are_a_divergence():
    """Losses are computed before the step that spoils the weights."""

    def advance(state, n):
        return state.at[0].set(jnp.nan), {"loss": np.ones(n)}

    with pytest.raises(
        DivergenceError, match="box: weights are not finite after step 4"
    ):
        run_chunks(
            advance,
            jnp.zeros(2),
            phase="training",
            steps=8,
            chunk=5,
            report=Reporter("box"),
        )


def trainee(weights, averaged, step):
    model, mean = {"w": jnp.array(weights)}, {"w": jnp.array(averaged)}
    return Trainee(model, mean, (), jnp.array(step), optax.identity())


def test_average_mixes_weights_and_counts_the_step():
    old = trainee([1.0, 0.0], [0.0, 4.0], step=1000)
    new = old.average(0.75)
    np.testing.assert_allclose(new.averaged["w"], [0.25, 3.0])
    np.testing.assert_array_equal(new.model["w"], old.model["w"])
    assert new.step == 1001
    np.testing.assert_array_equal(old.average(0.0).averaged["w"], old.model["w"])


def test_young_averages_forget_where_training_started():
    """After 100 steps with decay 0.999 the first weights count for less than 1e-9."""
    state = trainee([1.0], [1e6], step=0)
    for _ in range(100):
        state = state.average(0.999)
    np.testing.assert_allclose(state.averaged["w"], 1.0, rtol=1e-3)


def steps(n, gradient, **settings):
    """Positions of a weight that starts at 1 under a constant gradient."""
    config = OptimiserConfig(learning_rate=0.1, **settings)
    state, found = Trainee.start(jnp.array([1.0]), config, n), [1.0]
    for _ in range(n):
        state = state.descend(gradient(state.model))
        found.append(float(state.model[0]))
    return np.array(found)


def test_descend_goes_downhill():
    found = steps(40, jax.grad(lambda w: jnp.sum((w + 0.3) ** 2)))
    assert abs(found[-1] + 0.3) < 0.2


def test_cosine_schedule_ends_at_its_fraction():
    """Adam's step under a constant gradient is the learning rate."""
    lengths = -np.diff(steps(10, jnp.ones_like, final_fraction=0.01))
    decay = 0.505 + 0.495 * np.cos(np.pi * np.arange(10) / 10)
    np.testing.assert_allclose(lengths, 0.1 * decay, rtol=1e-3)


def test_without_a_final_fraction_the_rate_is_constant():
    np.testing.assert_allclose(-np.diff(steps(5, jnp.ones_like)), 0.1, rtol=1e-3)


def test_large_gradients_are_clipped():
    """With β₁ = β₂ = 0 Adam forgets sizes; its first moment shows the clipping."""
    config = OptimiserConfig(learning_rate=0.1, clip=2.0)
    transformation, weight = optimiser(config, 1), jnp.array([3.0, 4.0])
    _, state = transformation.update(
        jnp.array([30.0, 40.0]), transformation.init(weight), weight
    )
    moment = jax.tree.leaves(state)[1]
    np.testing.assert_allclose(moment, 0.1 * jnp.array([1.2, 1.6]), rtol=1e-5)


def test_without_a_bound_gradients_are_not_clipped():
    """The first moment is a tenth of the gradient, however large that is."""
    config = OptimiserConfig(learning_rate=0.1, clip=None)
    transformation, weight = optimiser(config, 1), jnp.array([3.0, 4.0])
    _, state = transformation.update(
        jnp.array([3e6, 4e6]), transformation.init(weight), weight
    )
    moment = jax.tree.leaves(state)[1]
    np.testing.assert_allclose(moment, [3e5, 4e5], rtol=1e-5)


class Quadratic(NamedTuple):
    """A setting that is hashed by its value."""

    curvature: float


def noisy(weight, fixed, key):
    """A quadratic bowl round `centre`, and noise in its slope."""
    centre, settings = fixed
    gap = weight - centre
    slope = 0.1 * jax.random.normal(key, weight.shape)
    loss = settings.curvature * jnp.sum(gap**2) + jnp.sum(slope * gap)
    return loss, {"loss": loss}


def fitted(centre, seed=0, curvature=1.0, decay=0.0, steps=60):
    """A weight after a fit, with its report."""
    report = Reporter("test")
    report.start(steps, 20)
    found = fit(
        noisy,
        jnp.zeros(2),
        FitConfig(steps=steps, batch=1, optimiser={"learning_rate": 0.1}),
        (jnp.array(centre), Quadratic(curvature)),
        jax.random.key(seed),
        phase="bowl",
        report=report,
        decay=decay,
    )
    return found, report


def test_a_fit_finds_the_minimum_and_reports_its_phase():
    found, report = fitted([1.0, -2.0])
    np.testing.assert_allclose(found.model, [1.0, -2.0], atol=0.2)
    assert found.step == 60
    assert [record["phase"] for record in report.history] == 3 * ["bowl"]
    assert [record["step"] for record in report.history] == [20, 40, 60]
    assert report.history[-1]["loss"] < 0.1 * report.history[0]["loss"]


def test_a_fit_draws_anew_in_every_step_and_for_every_key():
    """Same key, same bits; without noise in common the ends differ."""
    first, again, other = (fitted([1.0, 1.0], seed)[0].model for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert jnp.all(first != other)
    # A slope that stayed the same would move the minimum by 0.05 of it.
    long, _ = fitted([1.0, 1.0], steps=400, decay=0.99)
    np.testing.assert_allclose(long.averaged, 1.0, atol=0.02)


def test_a_fit_with_the_same_settings_is_not_traced_again():
    """Other numbers in the arrays, and another key, are the same program."""
    fitted([1.0, 1.0])
    with compilations() as count:
        fitted([0.5, 2.0], seed=1)
    assert count.traced == count.compiled == 0
    with compilations() as count:
        fitted([0.5, 2.0], curvature=2.0)
    assert count.traced > 0


def test_phases_follow_one_another():
    """Steps and history go on counting."""

    def step(state, fixed, key):
        return state + 1, {"value": state}

    report = Reporter("test")
    report.start(5, 2)
    state = jnp.array(0)
    for phase, steps in (("one", 3), ("two", 2)):
        state = iterate(
            step,
            state,
            None,
            jax.random.key(0),
            phase=phase,
            steps=steps,
            report=report,
        )
    assert state == 5
    assert [(r["phase"], r["step"], r["value"]) for r in report.history] == [
        ("one", 2, 0.5),
        ("one", 3, 2.0),
        ("two", 5, 3.5),
    ]
