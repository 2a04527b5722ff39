"""Least actions by fast marching, against closed forms and the path solver."""

import jax.numpy as jnp
import numpy as np
import pytest

from nlot.config import LeastActionConfig
from nlot.costs.closed_forms import power_action
from nlot.costs.densities import GaussianDensity, PowerDensity, RingDensity
from nlot.costs.lagrangians import Riemannian
from nlot.costs.metrics import CircleMetric, DensityMetric, OwnMetric
from nlot.costs.radial import radial_action
from nlot.paths.eikonal import Eikonal, eikonal_costs
from nlot.paths.multistart import optimal_paths

ROUND = GaussianDensity(jnp.zeros(2), jnp.eye(2))


def polar(angles, seed=0):
    """Points near the unit circle."""
    r = np.random.default_rng(seed).uniform(0.8, 1.2, len(angles))
    return r[:, None] * np.stack([np.cos(angles), np.sin(angles)], 1)


def power(exponent):
    """The metric of |x|^2k |v|²/2."""
    return DensityMetric(PowerDensity(-2 * exponent), 1.0)


def errors(exponent, x, y, nodes=401):
    """Relative ones of the action of each pair."""
    found = eikonal_costs(power(exponent), x, y, horizon=2.0, nodes=nodes)
    known = [
        [power_action(jnp.asarray(a), jnp.asarray(b), exponent, 2.0) for b in y]
        for a in x
    ]
    return np.abs(found / np.array(known) - 1)


@pytest.mark.parametrize("exponent", [-1.0, -0.5, 0.5])
def test_it_is_the_closed_form_of_cones_and_the_cylinder(exponent, x64):
    """At angles θ from 40° to 100°, where paths keep away from the origin."""
    x, y = polar(np.linspace(-0.2, 0.2, 3)), polar(np.linspace(1.0, 1.5, 3), 1)
    assert errors(exponent, x, y).max() < 5e-4


def test_errors_fall_with_the_square_of_the_resolution(x64):
    """By at least a factor of 3 each time that nodes are twice as near."""
    x, y = polar(np.linspace(-0.3, 0.3, 5)), polar(np.linspace(1.0, 1.8, 5), 1)
    found = [errors(0.5, x, y, nodes).mean() for nodes in (101, 201, 401)]
    assert found[0] > 3 * found[1] > 9 * found[2]


def test_it_is_clairauts_integral_in_a_gaussian_background():
    x, y = polar(np.array([0.0, 2.0])), 1.5 * polar(np.array([3.0, 4.0]), 1)
    found = eikonal_costs(DensityMetric(ROUND, 1.0), x, y)
    known = [[radial_action(lambda r: np.exp(r**2 / 2), a, b) for b in y] for a in x]
    np.testing.assert_allclose(found, known, rtol=5e-4)


@pytest.mark.parametrize("std", [0.1, 0.2])
def test_least_paths_round_a_ring_have_this_action(std):
    """Polygons of 128 segments are themselves within 0.01 % here."""
    metric = DensityMetric(RingDensity.of(1.0, std), 1.0)
    x, y = polar(np.array([0.0, 0.1])), polar(np.array([2.6, 1.5]), 1)
    settings = LeastActionConfig(segments=128)
    known = optimal_paths(Riemannian(metric), 1.0, 2.0, settings, x, y)
    assert known.converged.all()
    found = np.diagonal(eikonal_costs(metric, x, y))
    np.testing.assert_allclose(found, known.action, rtol=5e-4)


def test_lengths_are_symmetric_and_vanish_at_the_source():
    """Wherever the source is in its cell."""
    points = polar(np.linspace(0, 3, 4))
    grid = Eikonal.of(DensityMetric(ROUND, 1.0), points)
    lengths = np.stack([grid.distances(a, points) for a in points])
    np.testing.assert_array_equal(np.diagonal(lengths), 0)
    np.testing.assert_allclose(lengths, lengths.T, rtol=3e-4)


def test_a_metric_with_directions_is_refused():
    with pytest.raises(ValueError, match=r"needs a metric w\(x\) I with w ≥ 0, found"):
        Eikonal.of(CircleMetric(0.1), polar(np.arange(3.0)))


def test_points_out_of_the_plane_and_a_single_one_are_refused():
    metric = DensityMetric(ROUND, 1.0)
    with pytest.raises(ValueError, match=r"shape \(n, 2\), found \(4, 3\)"):
        Eikonal.of(metric, np.zeros((4, 3)))
    with pytest.raises(ValueError, match="there are no paths"):
        Eikonal.of(metric, np.ones((4, 2)))


def test_motion_that_costs_nothing_anywhere_is_refused():
    metric = OwnMetric(lambda x: jnp.zeros((2, 2)))
    with pytest.raises(ValueError, match=r"costs nothing, .* everywhere between"):
        Eikonal.of(metric, polar(np.arange(3.0)))
