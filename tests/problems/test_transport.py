from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import yaml

from nlot.config import TaskConfig
from nlot.costs.potentials import Hill, Well
from nlot.measures.distributions import Empirical
from nlot.measures.files import SampleError
from nlot.problems.transport import build_task

PRESET = Path(__file__).parents[2] / "config" / "config.yaml"
TASKS = yaml.safe_load(PRESET.read_text())["tasks"]


def build(name):
    return build_task(TaskConfig.model_validate(TASKS[name]))


@pytest.mark.parametrize("name", TASKS)
def test_samples_lie_within_the_bounds(name):
    """All of them for boxes, and all but a few of a Gaussian's."""
    task = build(name)
    for measure in (task.source, task.target):
        x = measure.sample(jax.random.key(0), 1000)
        assert x.shape == (1000, task.dimension)
        assert jnp.mean(jnp.all(x == task.clip(x), axis=1)) > 0.99


@pytest.mark.parametrize("name", ["box", "slit", "hill", "well"])
def test_targets_of_table_1_are_the_source_moved(name):
    """The translation that the control row relies on."""
    task, key = build(name), jax.random.key(1)
    moved = task.source.sample(key, 100) + jnp.array([2.25, 0.0])
    np.testing.assert_allclose(task.target.sample(key, 100), moved, atol=1e-6)


@pytest.mark.parametrize("name", ["box", "slit", "gmm"])
def test_measures_lie_outside_the_obstacles(name):
    task = build(name)
    for measure in (task.source, task.target):
        x = measure.sample(jax.random.key(2), 1000)
        assert not jnp.any(jax.vmap(task.lagrangian.contains)(x))


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


def from_file(path):
    samples = {"kind": "samples", "path": str(path)}
    return TaskConfig.model_validate({**TASKS["well"], "source": samples})


def test_samples_from_a_file(tmp_path):
    points = np.random.default_rng(0).normal(size=(20, 2))
    np.savez(tmp_path / "points.npz", samples=points)
    source = build_task(from_file(tmp_path / "points.npz")).source
    assert isinstance(source, Empirical)
    np.testing.assert_allclose(source.points, points, rtol=1e-6)


def test_an_unusable_file_is_an_error(tmp_path):
    with pytest.raises(SampleError, match=r"none\.npz: no such sample file"):
        build_task(from_file(tmp_path / "none.npz"))


def test_clip_projects_on_the_cube():
    task = build("box")
    np.testing.assert_array_equal(task.clip(jnp.array([9.0, -0.25])), [1.5, -0.25])


@pytest.mark.parametrize("shape", [(2,), (4, 3), (1, 4, 2)])
def test_points_of_another_shape_are_an_error(free, unchecked, shape):
    with pytest.raises(ValueError, match=r"expected points of shape \(n, 2\), found"):
        free.points(np.zeros(shape))


def test_points_are_taken_in_single_precision(free):
    x = np.random.default_rng(0).normal(size=(5, 2))
    found = free.points(x)
    assert found.dtype == jnp.float32
    np.testing.assert_allclose(found, x, rtol=1e-6)


def test_fractions_are_times_over_the_horizon(make_task):
    task = make_task(horizon=4.0)
    found = task.fractions(np.array([0.0, 1.0, 4.0]))
    np.testing.assert_array_equal(found, [0.0, 0.25, 1.0])


@pytest.mark.parametrize("times", [[-1e-9], [0.5, 4.1], [[0.0, 1.0]], 0.5])
def test_times_outside_the_horizon_are_an_error(make_task, unchecked, times):
    with pytest.raises(ValueError, match=r"times must be a list within \[0, 4.0\]"):
        make_task(horizon=4.0).fractions(np.array(times))
