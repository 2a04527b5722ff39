"""Densities fitted to a problem's samples, and the costs that are made of them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.config import LeastActionConfig, settings_class
from nlot.costs.densities import MixtureDensity
from nlot.costs.fitted_density import FittedDensity, fitted, untrained
from nlot.costs.kernel_density import KernelDensity
from nlot.costs.lagrangians import Newtonian
from nlot.costs.land import LandMetric
from nlot.costs.log_density import LogDensity
from nlot.paths.multistart import optimal_paths

POINTS = np.random.default_rng(0).normal(size=(200, 3)) * [1.0, 0.5, 0.2]
FEW = {"kind": "fitted", "kernels": 16, "bandwidth": 0.3}
FITTED = settings_class("density", "fitted")


def test_few_gaussians_have_the_moments_of_all_kernels():
    """Mean, and variance summed over coordinates: those of samples, and of a kernel."""
    measure = FittedDensity.fit(POINTS, FITTED(**FEW)).measure
    np.testing.assert_allclose(measure.mean, POINTS.mean(0), atol=1e-5)
    variance = POINTS.var(0).sum() + 3 * 0.3**2
    assert float(jnp.trace(measure.covariance)) == pytest.approx(variance, rel=1e-4)


@pytest.mark.parametrize("kernels", [200, 300])
def test_as_many_gaussians_as_samples_are_the_kernel_estimate(kernels):
    """Also if there are more: some samples then have several."""
    settings = FITTED(**{**FEW, "kernels": kernels})
    found = FittedDensity.fit(POINTS, settings)
    exact = KernelDensity.fit(POINTS, 0.3)
    x = jnp.asarray(POINTS[:50] + 0.1, jnp.float32)
    np.testing.assert_allclose(jax.vmap(found)(x), jax.vmap(exact)(x), atol=1e-4)


def test_densities_are_fitted_wherever_they_are():
    """Untrained ones have the same shapes."""
    given = {"kind": "riemannian", "metric": {"kind": "density", "density": FEW}}
    settings = settings_class("lagrangian", "riemannian").model_validate(given)
    found = fitted(settings, POINTS).build()
    alike = untrained(settings, 3).build()
    assert jax.tree.structure(found) == jax.tree.structure(alike)
    shapes = [jax.tree.map(jnp.shape, tree) for tree in (found, alike)]
    assert shapes[0] == shapes[1]
    with pytest.raises(ValueError, match="for methods of kind 'legs'"):
        settings.build()


def gaussian(std):
    one = np.ones(1)
    return MixtureDensity.of(np.zeros((1, 2)), std * one, one)


def test_land_of_one_gaussian_is_known():
    r"""$h_j = (x_j^2 + σ^2) e^{-|x|^2/2σ^2} / σ^2$."""
    std, floor = 0.7, 0.01
    x = np.array([0.4, -0.9])
    spread = (x**2 + std**2) * np.exp(-np.sum(x**2) / (2 * std**2)) / std**2
    found = LandMetric(gaussian(std), floor)(jnp.asarray(x))
    np.testing.assert_allclose(found, np.diag(1 / (spread + floor)), rtol=1e-5)


def test_land_needs_a_mixture():
    ring = {"kind": "ring", "std": 0.1}
    with pytest.raises(ValueError, match="a mixture of Gaussians, found 'ring'; valid"):
        settings_class("metric", "land")(kind="land", density=ring)


def test_paths_under_a_log_density_keep_their_energy():
    """|v|²/2 + U is constant, and motion slow where ρ is high."""
    lagrangian = Newtonian(LogDensity(gaussian(0.5), jnp.array(0.3)))
    ends = np.array([[-1.0, 0.2]]), np.array([[1.0, 0.2]])
    settings = LeastActionConfig(segments=256)
    path = optimal_paths(lagrangian, 1.0, 1.0, settings, *ends).path[0]
    v = 256 * np.diff(path, axis=0)
    middle = jnp.asarray((path[1:] + path[:-1]) / 2)
    u = np.asarray(jax.vmap(lagrangian.potential)(middle))
    energy = 0.5 * np.sum(v**2, axis=1) + u
    # Of second order in the segments.
    np.testing.assert_allclose(energy, energy.mean(), atol=2e-3)
    speed = np.linalg.norm(v, axis=1)
    assert speed.argmin() in range(120, 136)
