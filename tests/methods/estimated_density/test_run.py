"""Costs under densities that are known by samples, against those of the densities."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy

import nlot
from nlot.config.kinds import settings_class, target
from nlot.costs.densities import GaussianDensity, PowerDensity
from nlot.costs.lagrangians import Riemannian
from nlot.costs.metrics import CircleMetric, DensityMetric
from nlot.measures.distributions import GaussianMixture
from nlot.methods.estimated_density.run import through
from nlot.paths.eikonal import eikonal_costs
from nlot.training.progress import Reporter

KIND = "estimated_density"
N = 12


def draws(problem, n=N):
    parts = problem.source, problem.target
    return [np.asarray(m.sample(jax.random.key(5), n)) for m in parts]


def trained(problem, **settings):
    config = settings_class("method", KIND).model_validate({"kind": KIND, **settings})
    method = target("method", KIND)
    networks, _ = method.train(problem, config, jax.random.key(0), Reporter(KIND))
    return method.open(problem, config, networks, {})


def error(found, known):
    """Relative error of a matrix after the best common factor."""
    factor = np.sum(found * known) / np.sum(found**2)
    return np.linalg.norm(factor * found - known) / np.linalg.norm(known)


@pytest.fixture(scope="module")
def hill(make_problem):
    """Two clouds beside the peak of a Gaussian."""
    density = GaussianDensity(jnp.zeros(2), jnp.eye(2))
    sides = ([-0.7, -0.5], [0.7, -0.5])
    clouds = [GaussianMixture(jnp.array([m]), jnp.array(0.2)) for m in sides]
    between = type(make_problem()).between
    return between(*clouds, Riemannian(DensityMetric(density, 1.0)), horizon=2.0)


@pytest.fixture(scope="module")
def truth(hill):
    metric = hill.lagrangian.metric
    return eikonal_costs(metric, *draws(hill), horizon=2.0, nodes=101)


@pytest.mark.parametrize(
    ("estimate", "few", "many", "most"),
    [("kernel", 50, 4000, 0.03), ("fermat", 100, 8000, 0.1)],
)
def test_costs_come_nearer_to_the_truth_with_samples(
    hill, truth, estimate, few, many, most
):
    """At least twice as near; shortest paths converge slowly, as n^(-1/4) here."""
    errors = []
    for n in (few, many):
        run = trained(hill, estimate=estimate, samples=n, nodes=101)
        errors.append(error(run.costs(*draws(hill)), truth))
    assert errors[1] < most
    assert errors[1] < errors[0] / 2


def test_a_flow_that_is_fitted_for_a_short_time_finds_costs_too(hill, truth):
    run = trained(hill, estimate="flow", samples=1000, steps=400, nodes=101)
    assert error(run.costs(*draws(hill)), truth) < 0.05


def test_a_matching_is_the_cheapest_under_its_own_costs(hill):
    run = trained(hill, samples=100, nodes=64)
    x, y = draws(hill)
    order, costs = run.match(x, y), run.costs(x, y)
    best = scipy.optimize.linear_sum_assignment(costs)[1]
    np.testing.assert_allclose(
        costs[range(N), order].sum(), costs[range(N), best].sum(), rtol=1e-9
    )
    assert sorted(order) == list(range(N))


def test_in_space_paths_are_found_one_by_one(make_problem):
    """Under a wide Gaussian costs are almost Euclidean, whatever the estimate."""
    density = GaussianDensity(jnp.zeros(3), 0.1 * jnp.eye(3))
    clouds = [
        GaussianMixture(jnp.array([[side, 0.0, 0.0]]), jnp.array(0.2))
        for side in (-1.0, 1.0)
    ]
    lagrangian = Riemannian(DensityMetric(density, 0.1))
    problem = type(make_problem()).between(*clouds, lagrangian)
    run = trained(problem, samples=500, paths={"segments": 8, "waves": 0})
    x, y = draws(problem, 4)
    found = run.costs(x, y)
    assert error(found, scipy.spatial.distance.cdist(x, y, "sqeuclidean")) < 0.02


def test_shortest_paths_go_through_samples_alone():
    """Along a row of them 0.1 apart, p = 3: each step costs 0.001, and other ends are
    no stations.
    """
    row = np.stack([np.linspace(0, 1, 11), np.zeros(11)], axis=1)
    x, y = np.array([[0.0, 0.05], [0.5, 0.0]]), np.array([[1.0, 0.0], [0.9, -0.05]])
    found = through(row, 3.0, x, y, 2)
    known = [[0.05**3 + 0.01, 2 * 0.05**3 + 0.009], [0.005, 0.05**3 + 0.004]]
    np.testing.assert_allclose(found, known, rtol=1e-9)
    alone = through(row, 3.0, x[:1], y[:1], 2)
    np.testing.assert_allclose(alone, found[:1, :1], rtol=1e-9)


@pytest.mark.parametrize("estimate", ["kernel", "flow", "fermat"])
def test_a_run_is_kept_as_it_was(hill, tmp_path, estimate):
    """Written by `nlot.solve`, and opened with its Lagrangian given again."""
    rng = np.random.default_rng(0)
    x, y = (rng.normal(size=(10, 2)) / 4 + [side, 0.0] for side in (-0.5, 0.5))
    settings = {"estimate": estimate, "samples": 40, "steps": 20, "nodes": 32}
    run = nlot.solve(
        x, y, hill.lagrangian, method=KIND, settings=settings, folder=tmp_path
    )
    again = nlot.load(tmp_path, lagrangian=hill.lagrangian)
    np.testing.assert_array_equal(again.costs(x, y), run.costs(x, y))
    np.testing.assert_array_equal(again.match(x, y), run.match(x, y))


def test_other_problems_are_refused(make_method, well, hollow, hill):
    config = make_method(KIND)
    assert "a metric of kind 'density' is needed" in config.refuses_data(well)
    assert config.refuses_data(hollow) is None
    for lagrangian, fault in (
        (Riemannian(CircleMetric()), "found 'CircleMetric'"),
        (Riemannian(DensityMetric(PowerDensity(1.0))), "'PowerDensity', cannot be sam"),
        (
            Riemannian(DensityMetric(lambda x: -x @ x)),
            "'OwnDensity', cannot be sampled",
        ),
    ):
        problem = type(hill).between(hill.source, hill.target, lagrangian)
        assert fault in config.refuses_data(problem)


@pytest.mark.parametrize(
    ("lagrangian", "fault"),
    [
        ({"kind": "newtonian"}, "found 'newtonian'"),
        ({"kind": "riemannian", "metric": {"kind": "circle"}}, "found 'circle'"),
        (
            {
                "kind": "riemannian",
                "metric": {
                    "kind": "density",
                    "density": {"kind": "power", "exponent": 1.0},
                },
            },
            "'power', cannot be sampled",
        ),
    ],
)
def test_settings_of_other_problems_are_refused(
    make_method, make_problem, lagrangian, fault
):
    settings = {**SETTINGS, "lagrangian": lagrangian}
    problem = settings_class("problem", "transport").model_validate(settings)
    assert fault in make_method(KIND).refuses(problem)


SETTINGS = {
    "kind": "transport",
    "source": {"kind": "uniform", "low": [0, 0], "high": [1, 1]},
    "target": {"kind": "uniform", "low": [2, 0], "high": [3, 1]},
}


def test_a_bandwidth_is_for_kernels():
    with pytest.raises(ValueError, match="bandwidth is for kernels, estimate is 'flow"):
        settings_class("method", KIND).model_validate(
            {"kind": KIND, "estimate": "flow", "bandwidth": 0.1}
        )
