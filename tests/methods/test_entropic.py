"""Schrödinger bridges between Gaussians, where plan and paths are known."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import nlot
from nlot.config import parse_config
from nlot.costs.closed_forms import bridge_clock

from ..conftest import EVALUATION

MEANS, VARIANCES = (-1.0, 1.0), (0.5, 1.5)
TIMES = np.array([0.1, 0.5, 0.8])


def experiment(epsilon, potential=None):
    ends = (
        {"kind": "gaussian", "mean": [mean], "covariance": [[variance]]}
        for mean, variance in zip(MEANS, VARIANCES, strict=True)
    )
    source, target = ends
    given = {"kind": "newtonian", "potential": potential}
    return parse_config(
        {
            "preset": "test",
            "seeds": [0],
            "problems": {
                "line": {
                    "kind": "transport",
                    "source": source,
                    "target": target,
                    "lagrangian": given,
                }
            },
            "methods": {
                "entropic": {"kind": "entropic", "epsilon": epsilon, "points": 256}
            },
            "evaluation": EVALUATION,
        }
    )


@pytest.fixture(scope="module")
def bridge(tmp_path_factory):
    """At a high temperature."""
    folder = tmp_path_factory.mktemp("entropic")
    return nlot.train(experiment(0.2), "line", "entropic", 0, folder)


def test_images_covary_with_their_points_as_the_entropic_plan_has_it(bridge):
    r"""$\mathrm{Cov}(x, y) = \sqrt{s^2 t^2 + ε^2/4} - ε/2$ for variances s², t².

    Janati et al. (2020), for costs |x - y|²/2. Of 20,000 draws from 256 samples, whose
    own variances are off by a hundredth.
    """
    epsilon = float(bridge.networks.epsilon)
    x = MEANS[0] + math.sqrt(VARIANCES[0]) * jax.random.normal(
        jax.random.key(1), (20_000, 1)
    )
    y = bridge.transport(x, jax.random.key(2), outside="warn")
    found = np.cov(np.asarray(x)[:, 0], np.asarray(y)[:, 0])
    truth = math.sqrt(math.prod(VARIANCES) + epsilon**2 / 4) - epsilon / 2
    assert truth < 0.8 * math.sqrt(math.prod(VARIANCES)), "far from optimal transport"
    np.testing.assert_allclose(found[0, 1], truth, rtol=0.05)
    np.testing.assert_allclose(found[1, 1], VARIANCES[1], rtol=0.05)


def test_the_dual_value_is_that_of_the_plan(bridge):
    """E[f] + E[g] = E[c] + ε KL(P | product), over the samples."""
    plan, epsilon = bridge.networks, float(bridge.networks.epsilon)
    x, y = (np.asarray(z, np.float64) for z in (plan.x, plan.y))
    costs = (x - y.T) ** 2 / 2
    f, g = (np.asarray(z, np.float64) for z in (plan.f, plan.g))
    shares = np.exp((f[:, None] + g - costs) / epsilon)
    np.testing.assert_allclose(shares.mean(0), 1, atol=1e-4)
    value = np.mean(shares * costs) + epsilon * np.mean(shares * np.log(shares))
    np.testing.assert_allclose(f.mean() + g.mean(), value, rtol=1e-4)
    # The extensions agree with the variables at the samples.
    np.testing.assert_allclose(bridge.dual(plan.x), f, atol=1e-4)
    np.testing.assert_allclose(bridge.potential(plan.y), g, atol=1e-4)


@pytest.mark.parametrize("omega", [0.0, 1.5])
def test_noise_has_the_covariance_of_greens_function(omega):
    """The solution of -G'' + ω² G = δ that vanishes at both ends, by differences."""
    horizon, n = 2.0, 400
    inner = np.linspace(0, horizon, n + 1)[1:-1]
    step = horizon / n
    steps = 2 * np.eye(n - 1) - np.eye(n - 1, k=1) - np.eye(n - 1, k=-1)
    greens = np.linalg.inv(steps / step**2 + omega**2 * np.eye(n - 1)) / step
    size, clock = bridge_clock(inner, omega, horizon)
    found = np.outer(size, size) * np.minimum.outer(clock, clock)
    np.testing.assert_allclose(found, greens, atol=1e-4)


def test_paths_start_and_end_where_they_should(bridge):
    x, key = jnp.linspace(-2, 0, 9)[:, None], jax.random.key(3)
    path = bridge.path(x, [0.0, 0.5, 1.0], key)
    np.testing.assert_allclose(path[:, 0], x, atol=1e-6)
    np.testing.assert_allclose(path[:, -1], bridge.transport(x, key), atol=1e-6)
    again = bridge.path(x, [0.5], key)
    assert np.abs(np.asarray(path[:, 1] - (path[:, 0] + path[:, 2]) / 2)).max() > 0.05
    assert again.shape == (9, 1, 1)


def test_cold_plans_are_nearly_optimal(tmp_path):
    """T(x) = 1 + √3 (x + 1): ε of a thousandth leaves noise of √ε."""
    cold = nlot.train(experiment(1e-3), "line", "entropic", 0, tmp_path / "run")
    x = jnp.linspace(-2, 0, 50)[:, None]
    error = np.asarray(cold.transport(x) - (1 + math.sqrt(3) * (x + 1)))
    assert np.sqrt(np.mean(error**2)) < 3 * math.sqrt(float(cold.networks.epsilon))
    assert cold.failures == 0


def test_other_costs_are_refused(tmp_path):
    hill = {"kind": "hill", "strength": 1.0}
    with pytest.raises(ValueError, match=r"potential\.kind is 'hill'"):
        nlot.train(experiment(0.1, hill), "line", "entropic", 0, tmp_path)
