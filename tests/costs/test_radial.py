"""Least actions by Clairaut's integral, against closed forms and the path solver."""

import jax.numpy as jnp
import numpy as np
import pytest

from nlot.config import LeastActionConfig
from nlot.costs.closed_forms import power_action
from nlot.costs.densities import GaussianDensity
from nlot.costs.lagrangians import Riemannian
from nlot.costs.metrics import DensityMetric
from nlot.costs.radial import radial_action
from nlot.paths.multistart import optimal_paths


def ends(d, n=6):
    rng = np.random.default_rng(d)
    x, y = rng.normal(size=(2, n, d))
    return x / np.linalg.norm(x, axis=1)[:, None], 1.3 * y * np.sqrt(2 / d)


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0])
def test_it_is_the_closed_form_of_cones(exponent, x64):
    """Also where paths lead through the origin, mθ > π."""
    for x, y in zip(*ends(3), strict=True):
        found = radial_action(lambda r: r ** (2 * exponent), x, y, 2.0)
        known = power_action(jnp.asarray(x), jnp.asarray(y), exponent, 2.0)
        np.testing.assert_allclose(found, known, rtol=1e-6)


@pytest.mark.parametrize("d", [2, 5])
def test_least_paths_in_a_gaussian_background_have_this_action(d):
    """Within 0.01 %, on paths of 128 segments."""
    x, y = ends(d)
    density = GaussianDensity(jnp.zeros(d), jnp.eye(d))
    lagrangian = Riemannian(DensityMetric(density, 1.0))
    found = optimal_paths(lagrangian, 1.0, 2.0, LeastActionConfig(segments=128), x, y)
    known = [
        radial_action(lambda r: np.exp(r**2 / 2), *z) for z in zip(x, y, strict=True)
    ]
    np.testing.assert_allclose(found.action, known, rtol=1e-4)


def test_a_weight_that_falls_too_fast_is_refused():
    with pytest.raises(ValueError, match=r"r √w\(r\) does not rise from 0 to 2"):
        radial_action(lambda r: r**-4.0, np.array([1.0, 0.0]), np.array([0.0, 2.0]))
