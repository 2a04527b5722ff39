"""Densities by what defines them, and the metrics that they make."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy

from nlot.config import LeastActionConfig
from nlot.config.kinds import settings_class
from nlot.costs.closed_forms import power_action
from nlot.costs.densities import (
    GaussianDensity,
    MixtureDensity,
    OwnDensity,
    PowerDensity,
    RingDensity,
)
from nlot.costs.kernel_density import KernelDensity, likeliest
from nlot.costs.lagrangians import Riemannian
from nlot.costs.metrics import DensityMetric
from nlot.paths.multistart import optimal_paths

MEANS = ((-2.0, 0.0), (2.0, 0.5), (2.2, 0.3))
GIVEN = {
    "gaussian": {
        "kind": "gaussian",
        "mean": (0.5, -1.0),
        "covariance": ((1.0, 0.3), (0.3, 0.5)),
    },
    "mixture": {
        "kind": "gaussian_mixture",
        "means": MEANS,
        "stds": (0.5, 0.4, 0.8),
        "weights": (1.0, 2.0, 0.5),
    },
    "ring": {"kind": "ring", "std": 0.2},
    "thick_ring": {"kind": "ring", "radius": 0.5, "std": 0.6},
}


@pytest.fixture(params=GIVEN)
def name(request):
    return request.param


@pytest.fixture
def density(name):
    given = GIVEN[name]
    return settings_class("density", given["kind"]).model_validate(given).build()


def grid(n, width=5.0):
    line = np.linspace(-width, width, n)
    return np.stack(np.meshgrid(line, line), -1).reshape(-1, 2).astype(np.float32)


def test_the_largest_value_is_zero(density):
    """Almost reached on a fine grid, and nowhere exceeded beyond rounding."""
    values = jax.vmap(density)(grid(801))
    assert -2e-3 < values.max() <= 1e-5


def test_gaussians_and_mixtures_are_those_of_scipy():
    """Up to a constant."""
    x = grid(7)
    build = {k: settings_class("density", g["kind"]) for k, g in GIVEN.items()}
    normal = scipy.stats.multivariate_normal
    gaussian = GIVEN["gaussian"]
    known = normal(gaussian["mean"], gaussian["covariance"]).logpdf(x)
    found = jax.vmap(build["gaussian"].model_validate(gaussian).build())(x)
    assert np.ptp(found - known) < 1e-4
    parts = zip(MEANS, GIVEN["mixture"]["stds"], (1.0, 2.0, 0.5), strict=True)
    known = sum(w * normal(m, s**2).pdf(x) for m, s, w in parts)
    found = jax.vmap(build["mixture"].model_validate(GIVEN["mixture"]).build())(x)
    assert np.ptp(found - np.log(known)) < 1e-4


@pytest.mark.parametrize("std", [0.1, 0.2, 0.5])
def test_a_ring_is_a_mixture_of_many_gaussians(std):
    """Within 1e-3 of log ρ, single precision, up to a constant."""
    turn = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    circle = np.stack([np.cos(turn), np.sin(turn)], -1)
    many = MixtureDensity.of(circle, np.full(400, std), np.ones(400))
    x = grid(9, 1.5)
    difference = jax.vmap(many)(x) - jax.vmap(RingDensity.of(1.0, std))(x)
    assert np.ptp(difference) < 1e-3


def test_gradients_are_finite_where_log_densities_are_far_below_the_peak():
    """At the centre of a thin ring ρ is 1e20 times smaller than on it."""
    ring = RingDensity.of(1.0, 0.1)
    x = jnp.zeros(2)
    assert ring(x) < -45
    metric = DensityMetric(ring, 2.0)
    assert jnp.all(jnp.isfinite(metric(x)))
    assert jnp.all(jnp.isfinite(jax.jacobian(metric)(x)))


def test_the_metric_is_one_at_the_peak_and_the_power_elsewhere(x64):
    x = jnp.array([1.5, -0.5])
    metric = DensityMetric(lambda y: -jnp.sum(y**2), 0.5)
    np.testing.assert_allclose(metric(jnp.zeros(2)), np.eye(2))
    np.testing.assert_allclose(metric(x), np.exp(1.25) * np.eye(2))
    np.testing.assert_allclose(metric.anneal(jnp.array(0.0))(x), np.eye(2))
    half = Riemannian(metric).anneal(jnp.array(0.5)).metric
    np.testing.assert_allclose(half(x), np.exp(0.625) * np.eye(2))


@pytest.mark.parametrize("d", [2, 5])
@pytest.mark.parametrize("exponent", [-1.0, -0.5, 1.0])
def test_least_paths_of_powers_have_the_cost_of_cones_and_cylinders(exponent, d):
    """Within 0.01 %, on paths of 128 segments that stay away from the origin."""
    rng = np.random.default_rng(0)
    x, turn = rng.normal(size=(2, 4, d))
    x /= np.linalg.norm(x, axis=1)[:, None]
    y = 1.5 * (x + 0.7 * turn / np.linalg.norm(turn, axis=1)[:, None])
    lagrangian = Riemannian(DensityMetric(PowerDensity(-2 * exponent)))
    found = optimal_paths(lagrangian, 1.0, 2.0, LeastActionConfig(segments=128), x, y)
    known = jax.vmap(lambda a, b: power_action(a, b, exponent))(x, y)
    assert found.converged.all()
    np.testing.assert_allclose(found.action, known, rtol=1e-4)


def test_kernels_recover_a_density():
    """The likeliest width is near that of least error for a Gaussian, (4/(d+2))^(1/6)
    n^(-1/6) in the plane (Silverman, 1986, eq. 4.14), and log ρ is right to 0.2 where
    most samples lie.
    """
    n = 4000
    points = np.random.default_rng(0).normal(size=(n, 2))
    width = likeliest(points)
    assert 0.6 < width / n ** (-1 / 6) < 1.6
    found = KernelDensity.fit(points)
    x = grid(9, 1.5)
    difference = jax.vmap(found)(x) + jnp.sum(x**2, -1) / 2
    assert np.std(difference) < 0.2
    narrow = KernelDensity.fit(points, 0.01)
    assert narrow(jnp.full(2, 3.5)) < found(jnp.full(2, 3.5)) < 0


@pytest.mark.parametrize(
    ("points", "width", "fault"),
    [
        (np.ones((9, 3)), None, "found 1 different points among 9 samples"),
        (np.ones((9, 3)), 0.1, "found 1 different points among 9 samples"),
        (np.arange(18.0).reshape(9, 2), 0.0, "bandwidth: expected a positive number"),
        (np.arange(18.0).reshape(9, 2), -1.0, "positive number, found -1.0"),
        (np.diag([np.inf] * 9), 1.0, "9 of 9 samples are not finite"),
        (np.arange(9.0), 1.0, r"expected samples of shape \(n, d\), found \(9,\)"),
    ],
)
def test_samples_without_a_kernel_density_are_named(unchecked, points, width, fault):
    with pytest.raises(ValueError, match=fault):
        KernelDensity.fit(points, width)


def test_samples_of_a_density_have_it(name, density):
    """The mean of log ρ over samples is that over a grid weighted with ρ.

    Within five standard errors.
    """
    x = grid(601)
    weight = np.exp(np.asarray(jax.vmap(density)(x), np.float64))
    mean = weight @ np.log(weight + 1e-300) / weight.sum()
    found = jax.vmap(density)(density.measure.sample(jax.random.key(0), 4000))
    assert abs(found.mean() - mean) < 5 * found.std() / np.sqrt(4000)


def test_only_some_densities_have_samples():
    assert PowerDensity(-1.0).measure is None
    assert OwnDensity(lambda x: -jnp.sum(x**2)).measure is None


@pytest.mark.parametrize("alpha", [-1.0, np.nan, jnp.array(-0.5)])
def test_a_negative_power_is_refused(alpha):
    with pytest.raises(ValueError, match="alpha: expected a number from 0"):
        DensityMetric(lambda x: -jnp.sum(x**2), alpha)


def test_powers_may_be_traced():
    def value(alpha):
        return DensityMetric(lambda x: -jnp.sum(x**2), alpha)(jnp.ones(1))[0, 0]

    np.testing.assert_allclose(jax.jit(value)(2.0), np.exp(2.0), rtol=1e-6)


def test_functions_are_densities_by_their_logarithm():
    metric = DensityMetric(lambda x: -jnp.sum(x**2))
    assert isinstance(metric.density, OwnDensity)
    with pytest.raises(ValueError, match=r"log ρ\(x\): expected shape \(\), found"):
        DensityMetric(lambda x: x)(jnp.ones(2))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"stds": (0.5, 0.4)}, "stds: expected 1 or 3, found 2"),
        ({"weights": (1.0,)}, "weights: expected 3, found 1"),
        ({"means": ((0.0, 1.0), (2.0,))}, "all means must have the same length"),
    ],
)
def test_settings_that_do_not_fit_together_are_named(changes, fault):
    config = settings_class("density", "gaussian_mixture")
    with pytest.raises(ValueError, match=fault):
        config.model_validate({**GIVEN["mixture"], **changes})


def test_a_gaussian_is_one_of_any_dimension():
    density = GaussianDensity(jnp.zeros(5), jnp.eye(5))
    np.testing.assert_allclose(density(jnp.ones(5)), -2.5)
