"""Kernel paths where the optimum is known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.config.kinds import settings_class
from nlot.costs.lagrangians import Newtonian
from nlot.methods.kernel_paths.run import KernelPathsRun
from nlot.methods.kernel_paths.training import momenta, train
from nlot.paths.chebyshev import Chebyshev
from nlot.paths.quadrature import Quadrature
from nlot.training.progress import Reporter
from nlot.training.streams import stream

CLOUD = {"kind": "gaussian_mixture", "means": [[1.0, 0.0]], "std": 0.2}
TURNED = {"kind": "turned", "of": CLOUD, "degrees": 90}
# A Euclidean metric, and one that makes motion near the origin cheap.
FLAT = {
    "kind": "riemannian",
    "metric": {
        "kind": "density",
        "alpha": 0,
        "density": {"kind": "power", "exponent": 1},
    },
}
GAUSSIAN = {
    "kind": "riemannian",
    "metric": {
        "kind": "density",
        "density": {
            "kind": "gaussian",
            "mean": [0.0, 0.0],
            "covariance": [[1.0, 0.0], [0.0, 1.0]],
        },
    },
}


def config(**changes):
    given = {"kind": "kernel_paths", "points": 32, "modes": 3, "nodes": 8, **changes}
    return settings_class("method", "kernel_paths").model_validate(given)


def solved(problem, settings, seed=0):
    report = Reporter("kernel paths")
    networks, history = train(problem, settings, stream(seed, "training"), report)
    header = {"problem": "some", "method": "mine", "provenance": {"seed": seed}}
    return KernelPathsRun(problem, settings, networks, header, history)


@pytest.fixture(scope="module")
def flat(make_problem):
    """Solved between clouds of the same covariance: the optimum is a translation."""
    problem = make_problem(source=CLOUD, target=TURNED, lagrangian=FLAT)
    return solved(problem, config(steps=6000, step_size=0.02))


def test_between_equal_gaussians_paths_translate(flat):
    """The squared distance is then least, by means alone: |m₁ - m₀|²/2."""
    x, y = flat.samples
    apart = np.asarray(y.mean(axis=0) - x.mean(axis=0))
    least = apart @ apart / 2
    # Covariances of 32 samples agree up to the turn.
    assert float(flat.actions.mean()) == pytest.approx(least, rel=0.03)
    start, end = (np.asarray(z) for z in flat.ends)
    spread = np.std(end - start, axis=0)
    assert spread.max() < 0.1


def test_ends_keep_the_moments_of_the_samples(flat):
    for ends, samples in zip(flat.ends, flat.samples, strict=True):
        np.testing.assert_allclose(ends.mean(axis=0), samples.mean(axis=0), atol=0.01)
        np.testing.assert_allclose(
            np.cov(np.asarray(ends).T), np.cov(np.asarray(samples).T), atol=0.004
        )


def test_pairs_are_a_permutation_whatever_the_order_of_samples(flat):
    x, y = flat.samples
    order = flat.match(x, y)
    assert sorted(order) == list(range(len(x)))
    shuffled = np.random.default_rng(0).permutation(len(x))
    again = flat.match(x[shuffled], y)
    np.testing.assert_array_equal(again, order[shuffled])


def test_other_samples_are_solved_for_anew(flat):
    x, y = flat.samples
    order = flat.match(x + 0.01, y + 0.01)
    assert sorted(order) == list(range(len(x)))


def test_curves_run_between_the_ends(flat):
    curves = flat.curves([0.0, 0.5, 1.0])
    for ends, at in zip(flat.ends, (curves[:, 0], curves[:, -1]), strict=True):
        np.testing.assert_allclose(ends, at, atol=1e-6)


def test_momenta_are_the_slopes_of_the_action_where_a_path_is_stationary():
    """At the ends of a straight path under |v|²/2 exactly."""
    x, y = jnp.array([0.1, 0.2]), jnp.array([1.0, -0.3])
    straight = jnp.zeros((3, 2))
    rule = Quadrature(Chebyshev(3), 8, "gauss")
    slopes = jax.grad(lambda a, b: rule(Newtonian(), a, b, straight), argnums=(0, 1))(
        x, y
    )
    first, last = momenta(Newtonian(), 3, x, y, straight)
    np.testing.assert_allclose(-first, slopes[0], rtol=1e-5)
    np.testing.assert_allclose(last, slopes[1], rtol=1e-5)


def test_paths_bend_to_where_the_density_is_high(make_problem):
    problem = make_problem(source=CLOUD, target=TURNED, lagrangian=GAUSSIAN)
    run = solved(problem, config(points=16, steps=2000))
    middle = np.asarray(run.curves([0.5]))[:, 0]
    chord = np.asarray(sum(run.ends)) / 2
    radii = [np.linalg.norm(z, axis=1) for z in (middle, chord)]
    assert radii[0].mean() < radii[1].mean() - 0.02


@pytest.mark.parametrize("lagrangian", [{"kind": "newtonian"}])
def test_other_lagrangians_are_refused(make_problem, lagrangian):
    given = settings_class("problem", "transport").model_validate(
        {
            "kind": "transport",
            "source": CLOUD,
            "target": TURNED,
            "lagrangian": lagrangian,
        }
    )
    assert "newtonian" in config().refuses(given)


def test_too_few_given_samples_are_refused(make_problem, tmp_path):
    np.save(tmp_path / "few.npy", np.random.default_rng(0).normal(size=(20, 2)))
    given = {
        "kind": "samples",
        "path": str(tmp_path / "few.npy"),
        "held_out": 0,
    }
    problem = make_problem(source=given, target=CLOUD, lagrangian=FLAT)
    assert "20" in config(points=32).refuses_data(problem)
    assert config(points=16).refuses_data(problem) is None
