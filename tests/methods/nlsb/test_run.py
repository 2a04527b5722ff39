import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.methods.nlsb.run import BridgeRun
from nlot.methods.nlsb.training import build

from ...conftest import WALL

KEY = jax.random.key(0)


def opened(problem, config, networks):
    header = {"problem": "some", "method": "nlsb", "provenance": {"seed": 3}}
    return BridgeRun(problem, config, networks, header)


@pytest.fixture(scope="module")
def run(well, make_method):
    """An untrained bridge."""
    config = make_method("nlsb")
    return opened(well, config, build(well, config, key=KEY))


@pytest.fixture
def x(well):
    return well.source.sample(jax.random.key(1), 6)


def test_variants_have_names_of_their_own(run):
    stochastic, expected = run.variants
    names = [variant.header["method"] for variant in run.variants]
    assert names == ["nlsb_stochastic", "nlsb_expected"]
    assert (stochastic.expected, expected.expected) == (False, True)
    assert run.header["method"] == "nlsb"
    for variant in run.variants:
        assert {**variant.header, "method": "nlsb"} == run.header
        assert variant.networks is run.networks


def test_variants_have_maps_of_their_own(run, x):
    stochastic, expected = (variant.transport(x) for variant in run.variants)
    np.testing.assert_array_equal(stochastic, run.transport(x))
    assert np.any(stochastic != expected)


@pytest.mark.parametrize("variant", [0, 1])
def test_paths_lead_from_x_to_its_image(make_problem, run, x, variant):
    """At the simulated steps through them, and linearly between."""
    problem = make_problem(horizon=2.5)
    run = opened(problem, run.config, run.networks).variants[variant]
    times = np.linspace(0, 2.5, 2 * run.config.time_steps + 1)
    path, steps = run.path(x, times), run.steps(x)
    np.testing.assert_array_equal(path[:, 0], x)
    np.testing.assert_array_equal(path[:, -1], run.transport(x))
    np.testing.assert_allclose(path[:, ::2], steps, atol=1e-6)
    middles = (steps[:, 1:] + steps[:, :-1]) / 2
    np.testing.assert_allclose(path[:, 1::2], middles, atol=1e-6)


def test_the_key_fixes_the_path(run, x):
    """Without one, that of the run's seed."""
    times = np.linspace(0, 1, 4)
    for variant in run.variants:
        paths = [variant.path(x, times, key) for key in (None, KEY, jax.random.key(1))]
        for key, path in zip((None, KEY), paths, strict=False):
            np.testing.assert_array_equal(variant.path(x, times, key), path)
        for other in paths[1:]:
            assert np.all(other[:, 1:] != paths[0][:, 1:])
    reseeded = {**run.header, "provenance": {"seed": 4}}
    other = BridgeRun(run.problem, run.config, run.networks, reseeded)
    assert np.all(other.transport(x) != run.transport(x))


def test_an_expected_path_is_the_mean_of_some(free, make_quadratic, make_method):
    """Ends of dx = v dt + σ dW in T = 1: mean x + v; variance σ², and σ²/16 of means.

    Of 4,000 coordinates of independent paths, within four standard errors.
    """
    config = make_method("nlsb", averaged_paths=16)
    run = opened(free, config, make_quadratic(b=(-2.0, 0.5, 0.0), sigma=0.4))
    start = np.array([-1.125, 0.0])
    x = jnp.tile(start, (2000, 1))
    for variant, variance in zip(run.variants, (0.16, 0.01), strict=True):
        ends = np.asarray(variant.transport(x, KEY), np.float64) - start - [2.0, -0.5]
        gap = 4 * np.sqrt(variance / 2000)
        np.testing.assert_allclose(ends.mean(0), 0, atol=gap)
        gap = 4 * variance * np.sqrt(2 / 4000)
        assert ends.var() == pytest.approx(variance, abs=gap)


def test_straight_motion_costs_half_its_squared_speed(
    make_problem, make_quadratic, make_method
):
    """A way of 2.5 in T = 2 costs 2.5²/2T. Noise adds nothing for a single path.

    To the cost of the mean of m paths in n steps it adds n d σ²/(2mT) in the mean,
    found within four standard errors.
    """
    problem = make_problem(lagrangian={"kind": "newtonian"}, horizon=2.0)
    x, config = problem.source.sample(KEY, 500), make_method("nlsb")
    for sigma in (0.0, 0.5):
        run = opened(problem, config, make_quadratic(b=(-1.5, 2.0, 0.0), sigma=sigma))
        single, expected = (
            np.asarray(variant.actions(variant.steps(x)), np.float64)
            for variant in run.variants
        )
        np.testing.assert_allclose(single, 1.5625, rtol=1e-5)
        added = config.time_steps * 2 * sigma**2 / (4 * config.averaged_paths)
        gap = 4 * expected.std() / np.sqrt(len(x)) + 1e-5
        assert expected.mean() == pytest.approx(1.5625 + added, abs=gap)
        assert gap < 0.2


def test_actions_in_the_well(well, make_quadratic, make_method):
    """|v|²/2 + 3.61 ∫|x + tv|² dt: by left ends of steps, and better by middles.

    The rectangle rule is off by half a step times the difference of the ends.
    """
    v, steps = np.array([1.5, -2.0]), 200
    networks = make_quadratic(b=(-1.5, 2.0, 0.0))
    run = opened(
        well, make_method("nlsb", time_steps=steps, averaged_paths=1), networks
    )
    x = np.array([[-1.0, 0.5], [0.3, 0.9]])
    y = x + v
    exact = 3.125 + 3.61 * np.sum(x * x + x * y + y * y, axis=1) / 3
    left = 3.61 * np.sum(x**2 - y**2, axis=1) / (2 * steps)
    stochastic, expected = (r.actions(r.steps(x)) for r in run.variants)
    np.testing.assert_allclose(expected, exact, rtol=1e-4)
    np.testing.assert_allclose(stochastic, exact + left, rtol=1e-4)
    assert np.all(np.abs(left) > 1e-3 * exact)


@pytest.mark.parametrize("shape", [(3,), (), (4, 3), (1, 4, 2)])
def test_points_of_another_shape_are_an_error(run, unchecked, shape):
    for method in (run.transport, run.steps):
        with pytest.raises(ValueError, match=r"expected points of shape \(n, 2\), fou"):
            method(np.zeros(shape))


@pytest.mark.parametrize("times", [[-0.1], [0.5, 1.1], [np.nextafter(1, 2)]])
def test_times_outside_the_horizon_are_an_error(run, x, times):
    with pytest.raises(ValueError, match=r"times must be a list within \[0, 1.0\]"):
        run.path(x, np.array(times))


def test_own_paths_are_measured_as_they_are_drawn(
    make_problem, make_quadratic, make_method
):
    """Straight through a box of width 1, of a way of 2.25: action and time inside.

    The time is a share of the simulated steps, whose spacing is the tolerance.
    """
    config = make_method("nlsb", time_steps=100)
    bridge = make_quadratic(b=(-2.25, 0.0, 0.0))
    run = opened(make_problem(lagrangian=WALL), config, bridge)
    x = jnp.array([[-1.125, 0.0], [-1.125, 0.9]])
    for variant in run.variants:
        found = variant.own_paths(x, variant.transport(x, KEY), KEY)
        np.testing.assert_allclose(found.action, variant.actions(variant.steps(x, KEY)))
        np.testing.assert_allclose(found.obstacle_time, [1 / 2.25, 0.0], atol=0.01)
