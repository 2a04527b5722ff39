"""Runs with the networks of Algorithm 1: maps, paths, costs and potentials."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

KEY = jax.random.key(0)


@pytest.fixture(scope="module", params=["nlot", "nlot_plus"])
def run(request, open_kind):
    """A short training on the well."""
    return open_kind(request.param)


@pytest.fixture
def x(well):
    return well.source.sample(KEY, 8)


def test_points_are_sent_alone_as_among_many(run):
    """Batches have two sizes, and are filled up by repeating points."""
    many = run.problem.source.sample(jax.random.key(1), 600)
    y = run.transport(many)
    assert y.shape == many.shape
    for part in (slice(0, 1), slice(500, 520)):
        np.testing.assert_allclose(run.transport(many[part]), y[part], atol=1e-5)
    assert run.transport(many[:0]).shape == (0, 2)


def test_nothing_is_drawn_with_a_key(run, x):
    for variant in run.variants:
        assert not variant.stochastic
        np.testing.assert_array_equal(variant.transport(x, KEY), variant.transport(x))


def test_the_network_map_is_a_row_where_it_is_refined(run, x):
    """Its paths lead to its own images."""
    map_ = run.variants[-1]
    np.testing.assert_array_equal(map_.transport(x), run.network_map(x))
    found = map_.path(x, np.array([1.0]))[:, 0]
    np.testing.assert_allclose(found, run.network_map(x), atol=1e-5)
    refined = np.abs(run.transport(x) - run.network_map(x)).max() > 1e-2
    assert refined == (run.config.kind == "nlot")


def test_paths_lead_from_x_to_its_image(run, x):
    path = run.path(x, np.linspace(0, run.problem.horizon, 5))
    assert path.shape == (8, 5, 2)
    np.testing.assert_allclose(path[:, 0], x, atol=1e-5)
    np.testing.assert_allclose(path[:, -1], run.transport(x), atol=1e-5)


def test_costs_are_the_action_of_the_path(run, x):
    """By finite differences of a finely sampled path; first order in the interval."""
    y = run.transport(x)
    path = np.asarray(run.path(x, np.linspace(0, 1, 2001)), np.float64)
    kinetic = np.sum(np.diff(path, axis=1) ** 2, axis=(1, 2)) * 2000 / 2
    potential = 361 * 0.01 * np.mean(np.sum(path**2, axis=2), axis=1)
    for cost in (run.cost(x, y), run.own_paths(x, y, KEY).action):
        assert jnp.all(cost >= 0)
        np.testing.assert_allclose(cost, kinetic + potential, rtol=1e-2)


def test_polygons_are_corners_of_the_paths_in_double_precision(run, x):
    y, s = run.transport(x), np.linspace(0, 1, 7)
    corners = run.polygons(np.asarray(x, np.float64), np.asarray(y, np.float64), s)
    assert corners.dtype == np.float64
    np.testing.assert_allclose(corners, run.path(x, s), atol=1e-5)


def test_the_potential_is_that_of_the_network(run, x):
    found = run.potential(x)
    assert found.shape == (8,)
    expected = [run.networks.potential(point) for point in x]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("shape", [(3,), (), (4, 3), (1, 4, 2)])
def test_points_of_another_shape_are_an_error(run, unchecked, shape):
    for method in (run.transport, run.network_map, run.potential):
        with pytest.raises(ValueError, match=r"expected points of shape \(n, 2\), fou"):
            method(np.zeros(shape))


def test_a_single_point_is_one_of_many(run, x):
    s = np.array([0.0, 0.5, 1.0])
    y = run.transport(x)
    for found, expected in (
        (run.transport(x[2]), y[2:3]),
        (run.network_map(x[2]), run.network_map(x)[2:3]),
        (run.path(x[2], s), run.path(x, s)[2:3]),
        (run.cost(x[2], y[2]), run.cost(x, y)[2:3]),
        (run.potential(y[2]), run.potential(y)[2:3]),
    ):
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_points_that_are_not_finite_are_an_error(run, x):
    bad = np.where(np.arange(8)[:, None] == 6, np.nan, x)
    for use in (
        run.transport,
        run.potential,
        lambda z: run.path(z, np.array([0.5])),
        lambda z: run.cost(x, z),
    ):
        with pytest.raises(ValueError, match=r"1 of 8 points are not finite.* row 6"):
            use(bad)


def test_costs_are_those_of_pairs(run, x, unchecked):
    fault = r"expected pairs of points, found arrays of shapes \(3, 2\) and \(4, 2\)"
    with pytest.raises(ValueError, match=fault):
        run.cost(x[:3], x[:4])


@pytest.mark.parametrize("times", [[-0.1], [0.5, 1.1]])
def test_times_outside_the_horizon_are_an_error(run, x, times):
    with pytest.raises(ValueError, match=r"times must be a list within \[0, 1.0\]"):
        run.path(x, np.array(times))
