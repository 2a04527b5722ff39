"""Maps along rays, against exact couplings of exact costs."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy

from nlot.costs.closed_forms import closed_form, power_action
from nlot.costs.densities import (
    GaussianDensity,
    OwnDensity,
    PowerDensity,
    RingDensity,
)
from nlot.costs.lagrangians import Newtonian, Riemannian
from nlot.costs.metrics import CircleMetric, DensityMetric
from nlot.costs.radial_maps import RadialMap
from nlot.discrete.couplings import assign
from nlot.measures.distributions import Gaussian, GaussianMixture
from nlot.paths.eikonal import eikonal_costs

FIRST, SECOND, HORIZON = 0.5, 0.8, 2.0


def gaussian(std, d=2):
    return Gaussian(jnp.zeros(d), std**2 * jnp.eye(d))


def form(density, alpha=1.0, d=2, source=None):
    lagrangian = Riemannian(DensityMetric(density, alpha))
    first = gaussian(FIRST, d) if source is None else source
    return closed_form(first, gaussian(SECOND, d), lagrangian, HORIZON)


def wide(d):
    return GaussianDensity(jnp.zeros(d), jnp.eye(d) / 2)


@pytest.mark.parametrize("d", [2, 3, 10])
@pytest.mark.parametrize("rise", [0.5, 1.0, 2.0])
def test_on_a_cone_the_cost_is_a_moment(rise, d):
    r"""$(σ_1^m - σ_0^m)^2 E|Z|^{2m}/2m^2T$, m being the `rise`."""
    moment = 2**rise * np.exp(np.diff(scipy.special.gammaln([d / 2, d / 2 + rise])))
    known = (SECOND**rise - FIRST**rise) ** 2 * moment[0] / (2 * rise**2 * HORIZON)
    found = form(PowerDensity(2 * (1 - rise)), d=d)
    np.testing.assert_allclose(found.cost, known, rtol=1e-6)


def test_on_a_cylinder_all_radii_are_scaled_at_one_cost():
    known = np.log(SECOND / FIRST) ** 2 / (2 * HORIZON)
    # Deviations are in single precision.
    np.testing.assert_allclose(form(PowerDensity(1.0), 2.0).cost, known, rtol=1e-5)


@pytest.mark.parametrize("d", [2, 5])
def test_without_a_density_it_is_that_of_brenier(d):
    found = form(wide(d), 0.0, d)
    known = closed_form(gaussian(FIRST, d), gaussian(SECOND, d), Newtonian(), HORIZON)
    np.testing.assert_allclose(found.cost, known.cost, rtol=1e-6)
    x = np.random.default_rng(0).normal(size=(5, d))
    np.testing.assert_allclose(found.map(x), known.map(x), rtol=1e-5)


@pytest.mark.parametrize("density", [wide(2), RingDensity.of(1.0, 1.2)])
def test_its_cost_is_the_mean_cost_of_its_map(density):
    """By the eikonal equation, within five standard errors over 64 points and 0.1 %."""
    found = form(density)
    x = np.asarray(gaussian(FIRST).sample(jax.random.key(0), 64), np.float64)
    metric = DensityMetric(density, 1.0)
    costs = eikonal_costs(metric, x, found.map(x), horizon=HORIZON, nodes=201)
    own = np.diag(costs)
    radii = found.length(np.linalg.norm(np.stack([x, found.map(x)]), axis=2).ravel())
    known = np.diff(radii.reshape(2, -1), axis=0)[0] ** 2 / (2 * HORIZON)
    np.testing.assert_allclose(own, known, rtol=1e-3, atol=1e-5)
    error = own.std() / np.sqrt(len(own))
    assert abs(own.mean() - found.cost) < 5 * error + 1e-3 * found.cost
    # No other matching of the same points is cheaper.
    assert (assign(costs)[0] == np.arange(64)).all()


def test_it_is_the_best_matching_of_its_own_images_in_space():
    """Costs on a cone in R^3 are known in closed form."""
    found = form(PowerDensity(-1.0), d=3)
    x = np.asarray(gaussian(FIRST, 3).sample(jax.random.key(0), 100))
    y = jnp.asarray(found.map(x), jnp.float32)
    one = jax.vmap(lambda a, b: power_action(a, b, 0.5), (None, 0))
    costs = np.asarray(jax.vmap(one, (0, None))(jnp.asarray(x), y), np.float64)
    assert (assign(costs)[0] == np.arange(100)).all()


ASIDE = Gaussian(jnp.array([0.1, 0.0]), jnp.eye(2))
LONG = Gaussian(jnp.zeros(2), jnp.diag(jnp.array([1.0, 2.0])))


@pytest.mark.parametrize(
    "found",
    [
        lambda: form(wide(2), source=ASIDE),
        lambda: form(wide(2), source=LONG),
        lambda: form(GaussianDensity(jnp.ones(2), jnp.eye(2))),
        lambda: form(GaussianDensity(jnp.zeros(2), jnp.diag(jnp.array([1.0, 0.5])))),
        lambda: form(OwnDensity(lambda x: -jnp.sum(x**2) / 2)),
        # Of infinite cost, almost or entirely.
        lambda: form(wide(2), 10.0),
        lambda: form(RingDensity.of(1.0, 0.2)),
        lambda: form(PowerDensity(3.0)),
        lambda: closed_form(
            gaussian(1.0), gaussian(2.0), Riemannian(CircleMetric()), 1.0
        ),
    ],
)
def test_nothing_is_known_of_others(found):
    assert found() is None


def test_a_mixture_of_one_is_a_gaussian():
    one = GaussianMixture(jnp.zeros((1, 2)), jnp.array(FIRST))
    assert isinstance(form(wide(2), source=one), RadialMap)
    two = GaussianMixture(jnp.array([[1.0, 0.0], [-1.0, 0.0]]), jnp.array(FIRST))
    assert form(wide(2), source=two) is None
