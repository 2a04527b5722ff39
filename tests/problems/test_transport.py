import json
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import yaml

from nlot.costs.lagrangians import Newtonian
from nlot.costs.potentials import Hill, Well
from nlot.measures.empirical import Empirical
from nlot.measures.files import SampleError
from nlot.problems.transport import Transport, as_points

from ..conftest import CIRCLE, EUCLIDEAN, SLAB

PRESET = Path(__file__).parents[2] / "config" / "config.yaml"
PROBLEMS = {
    name: problem
    for name, problem in yaml.safe_load(PRESET.read_text())["problems"].items()
    if problem["kind"] == "transport"
}


def build(name):
    return Transport.Config.model_validate(PROBLEMS[name]).load()


@pytest.mark.parametrize("name", PROBLEMS)
def test_samples_lie_in_the_domain(name):
    """All of them for boxes, and all but a few of a Gaussian's."""
    problem = build(name)
    for measure in (problem.source, problem.target):
        x = measure.sample(jax.random.key(0), 1000)
        assert x.shape == (1000, problem.dimension)
        assert jnp.mean(problem.domain.contains(x)) > 0.99


@pytest.mark.parametrize("name", ["box", "slit", "hill", "well"])
def test_targets_of_table_1_are_the_source_moved(name):
    """The translation that the control row relies on."""
    problem, key = build(name), jax.random.key(1)
    moved = problem.source.sample(key, 100) + jnp.array([2.25, 0.0])
    np.testing.assert_allclose(problem.target.sample(key, 100), moved, atol=1e-6)


@pytest.mark.parametrize("name", ["box", "slit", "gmm"])
def test_measures_lie_outside_the_obstacles(name):
    problem = build(name)
    for measure in (problem.source, problem.target):
        x = measure.sample(jax.random.key(2), 1000)
        assert not jnp.any(jax.vmap(problem.lagrangian.contains)(x))


@pytest.mark.parametrize(
    "name, inside, outside",
    [
        ("box", [0.4, -0.4], [0.0, 0.6]),
        ("slit", [0.05, 0.3], [0.05, 0.2]),
        ("gmm", [6.0, 7.0], [-6.0, 6.0]),
    ],
)
def test_obstacles_are_where_they_should_be(name, inside, outside):
    contains = build(name).lagrangian.contains
    assert contains(jnp.array(inside))
    assert not contains(jnp.array(outside))


def test_hill_and_well_are_built_as_such():
    assert isinstance(build("hill").lagrangian.potential, Hill)
    assert isinstance(build("well").lagrangian.potential, Well)


def test_without_annealing_the_temperature_stays():
    """`temperature_start` defaults to `temperature`."""
    potential = build("box").lagrangian.potential
    assert potential.temperature_start == potential.temperature


def from_file(path, **changes):
    samples = {"kind": "samples", "path": str(path)}
    data = {**PROBLEMS["well"], "source": samples, **changes}
    return Transport.Config.model_validate(data)


def test_samples_from_a_file(tmp_path):
    points = np.random.default_rng(0).normal(size=(40, 2))
    np.savez(tmp_path / "points.npz", samples=points)
    source = from_file(tmp_path / "points.npz").load().source
    assert isinstance(source, Empirical)
    np.testing.assert_allclose(source.points, points, rtol=1e-6)


def test_all_given_samples_lie_in_the_support_and_the_domain():
    """The few in the tails of a wide distribution, too."""
    x, y = np.random.default_rng(0).standard_t(3, size=(2, 20_000, 2))
    problem = Transport.between(Empirical(x), Empirical(y), Newtonian())
    x, y = map(jnp.asarray, (x, y))
    assert problem.support.contains(x).all()
    assert problem.domain.contains(x).all() and problem.domain.contains(y).all()


@pytest.mark.parametrize(
    ("held_out", "fault"),
    [(0.2, "found 2 held-out samples; .* with 0, num"), (0.9, "found 1 samples to tr")],
)
def test_both_parts_of_the_samples_are_large_enough(tmp_path, held_out, fault):
    path = tmp_path / "few.npz"
    np.savez(path, samples=np.random.default_rng(0).normal(size=(10, 2)))
    given = {"kind": "samples", "path": str(path), "held_out": held_out}
    with pytest.raises(SampleError, match=rf"few\.npz: {fault}"):
        Empirical.Config.model_validate(given).build()
    whole = Empirical.Config.model_validate({**given, "held_out": 0}).build()
    assert len(whole.held_out.points) == len(whole.training.points) == 10


def test_an_unusable_file_is_an_error(tmp_path):
    with pytest.raises(SampleError, match=r"none\.npz: no such sample file"):
        from_file(tmp_path / "none.npz").load()


def test_files_are_those_of_source_and_target_each_once():
    assert from_file("a.npz").files == ("a.npz",)
    one, other = ({"kind": "samples", "path": f"{n}.npz"} for n in "ab")
    assert from_file("a.npz", target=other).files == ("a.npz", "b.npz")
    assert from_file("a.npz", target=one).files == ("a.npz",)
    assert Transport.Config.model_validate(PROBLEMS["well"]).files == ()


def gaussians(d, **more):
    """A Gaussian moved by one, in `d` dimensions."""
    source, target = (
        {"kind": "gaussian_mixture", "means": [[m] * d], "std": 0.5} for m in (0, 1)
    )
    data = {"source": source, "target": target, "lagrangian": EUCLIDEAN, **more}
    return Transport.Config.model_validate({**SLAB, **data})


@pytest.mark.parametrize("d", [1, 3, 5])
def test_any_dimension(d):
    problem = gaussians(d).load()
    assert problem.dimension == gaussians(d).dimension == d
    assert problem.source.sample(jax.random.key(0), 7).shape == (7, d)


@pytest.mark.parametrize(
    "d, asked, found",
    [
        (1, None, True),
        (3, None, True),
        (4, None, False),
        (2, False, False),
        (5, True, True),
    ],
)
def test_ground_truth_is_an_option_and_is_left_out_in_many_dimensions(d, asked, found):
    assert gaussians(d, ground_truth=asked).has_ground_truth == found


@pytest.mark.parametrize(
    "changes, fault",
    [
        ({"lagrangian": CIRCLE}, "source has dimension 3, lagrangian has dimension 2"),
        ({"target": SLAB["target"]}, "source has dimension 3, target has dimension 2"),
    ],
)
def test_parts_of_another_dimension_are_refused(changes, fault):
    with pytest.raises(ValueError, match=fault):
        gaussians(3, **changes)


def test_it_is_reopened_with_the_coordinates_it_had():
    config = gaussians(3)
    problem = config.load()
    outline = json.loads(json.dumps(problem.outline))
    assert eqx.tree_equal(config.reopen(outline), problem)
    outline["frame"]["scale"] = 7.0
    assert config.reopen(outline).frame.scale == 7.0


def test_a_cost_in_standard_coordinates_is_the_cost_in_its_unit(make_problem):
    """Of any path: a straight one here, in a problem of another place and duration."""
    problem = make_problem(
        source={"kind": "uniform", "low": [39.0, -2.0], "high": [40.0, 0.0]},
        target={"kind": "uniform", "low": [49.0, -2.0], "high": [52.0, 0.0]},
        lagrangian={"kind": "newtonian", "potential": {"kind": "well", "strength": 1}},
        horizon=3.0,
    )
    standard = problem.standard
    x, y = np.array([39.5, -1.0]), np.array([51.0, 0.0])
    a, b = problem.frame.inward(x), problem.frame.inward(y)

    def action(problem, x, y):
        s = (np.arange(100) + 0.5) / 100
        path, v = x + s[:, None] * (y - x), (y - x) / problem.horizon
        along = jax.vmap(lambda at: problem.lagrangian(at, v))(path)
        return problem.horizon * along.mean()

    found = problem.unit * action(standard, a, b)
    np.testing.assert_allclose(
        found, action(problem, *map(jnp.array, (x, y))), rtol=1e-5
    )
    assert standard.horizon == standard.unit == 1.0
    assert eqx.tree_equal(standard.standard, standard)


def test_a_lagrangian_that_is_not_convex_is_an_error():
    class Concave(Newtonian):
        def __call__(self, x, v):
            return -jnp.sum(v**2)

    measures = (gaussians(2).load().source,) * 2
    with pytest.raises(ValueError, match="convex in v; found -2 as an eigenvalue"):
        Transport.between(*measures, Concave(None, 1.0))


@pytest.mark.parametrize("shape", [(3,), (), (4, 3), (1, 4, 2)])
def test_points_of_another_shape_are_an_error(unchecked, shape):
    with pytest.raises(ValueError, match=r"expected points of shape \(n, 2\), found"):
        as_points(np.zeros(shape), 2)


def test_a_single_point_is_an_array_of_one():
    np.testing.assert_array_equal(as_points(np.array([1.0, 2.0]), 2), [[1.0, 2.0]])


def test_points_that_are_not_finite_are_an_error():
    x = np.zeros((9, 2))
    x[3], x[5, 1] = np.nan, -np.inf
    fault = "2 of 9 points are not finite, the first in row 3"
    with pytest.raises(ValueError, match=fault):
        as_points(x, 2)
    # Inside a compiled function there are no values to look at.
    found = jax.jit(lambda z: as_points(z, 2))(x)
    np.testing.assert_array_equal(found, x.astype(np.float32))


def test_masked_points_are_an_error(unchecked):
    x = np.ma.array(np.ones((9, 2)))
    np.testing.assert_array_equal(as_points(x, 2), 1)
    with pytest.raises(ValueError, match="points are masked"):
        as_points(np.ma.masked_equal(x, 1), 2)


def test_points_are_taken_in_single_precision():
    x = np.random.default_rng(0).normal(size=(5, 2))
    found = as_points(x, 2)
    assert found.dtype == jnp.float32
    np.testing.assert_allclose(found, x, rtol=1e-6)


def test_fractions_are_times_over_the_horizon(make_problem):
    problem = make_problem(horizon=4.0)
    found = problem.fractions(np.array([0.0, 1.0, 4.0]))
    np.testing.assert_array_equal(found, [0.0, 0.25, 1.0])


@pytest.mark.parametrize("times", [[-1e-9], [0.5, 4.1], [[0.0, 1.0]], 0.5])
def test_times_outside_the_horizon_are_an_error(make_problem, unchecked, times):
    with pytest.raises(ValueError, match=r"times must be a list within \[0, 4.0\]"):
        make_problem(horizon=4.0).fractions(np.array(times))


def test_a_density_that_vanishes_on_the_target_is_an_error(make_problem):
    """Before anything else is tried."""
    density = {"kind": "gaussian", "mean": (-1.0, 0.0), "covariance": THIN}
    metric = {"kind": "density", "density": density, "alpha": 2.0}
    with pytest.raises(ValueError, match=r"target: the density .* vanishes on it"):
        make_problem(lagrangian={"kind": "riemannian", "metric": metric})


THIN = ((0.02, 0.0), (0.0, 0.02))
