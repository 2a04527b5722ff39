"""Files of generated data."""

import json

import jax
import numpy as np
import pytest

from nlot.config import parse_config
from nlot.measures.sequences import GivenSamples, read_sequence
from nlot.networks.velocity_fields import Trajectories
from nlot.runs.data import make_data, write_trajectories

from ..conftest import sequence_settings


@pytest.fixture(scope="module")
def data():
    """Two groups of six particles at ten times, and four that are held out."""
    points = np.random.default_rng(0).normal(size=(10, 16, 2))
    return Trajectories(points[:, :12], points[:, 12:])


@pytest.fixture(scope="module")
def stored(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "data.npz"
    write_trajectories(path, data, {"problem": "round"}, jax.random.key(5))
    return path


def read(path, dimension=2):
    file = GivenSamples.Config(kind="samples", path=str(path), dimension=dimension)
    return read_sequence(file)[1]


def test_samples_are_stored_without_who_went_where(data, stored):
    """Each time in an order of its own."""
    orders = []
    for found, true in zip(read(stored), data.particles, strict=True):
        equal = np.all(found[:, None] == true, axis=-1)
        np.testing.assert_array_equal(equal.sum(0), 1)
        np.testing.assert_array_equal(equal.sum(1), 1)
        orders.append(tuple(equal.argmax(1)))
    # Two of ten orders of twelve are equal with a chance of 1e-7.
    assert len({tuple(range(12)), *orders}) == 11


def test_groups_follow_each_other_and_are_mixed_inside(data, tmp_path):
    """Two orders of six are equal with a chance of 1/720, ten of them never."""
    path = tmp_path / "data.npz"
    write_trajectories(path, data, {}, jax.random.key(5), groups=2)
    orders = []
    for found, true in zip(read(path), data.particles, strict=True):
        order = np.all(found[:, None] == true, axis=-1).argmax(1)
        assert sorted(order[:6]) == list(range(6))
        assert sorted(order[6:]) == list(range(6, 12))
        orders += [tuple(order[:6]), tuple(order[6:] - 6)]
    assert len(set(orders)) > 10


def test_held_out_particles_and_header_are_stored_as_they_are(data, stored):
    with np.load(stored, allow_pickle=False) as file:
        np.testing.assert_array_equal(file["held_out"], data.held_out)
        assert json.loads(file["header"].item()) == {"problem": "round"}


def test_stored_data_are_those_of_the_key(data, stored, tmp_path):
    write_trajectories(tmp_path / "a.npz", data, {}, jax.random.key(5))
    write_trajectories(tmp_path / "b.npz", data, {}, jax.random.key(6))
    samples = [
        np.stack(read(path))
        for path in (stored, tmp_path / "a.npz", tmp_path / "b.npz")
    ]
    np.testing.assert_array_equal(samples[0], samples[1])
    assert np.any(samples[0] != samples[2])


@pytest.mark.parametrize("d", [1, 3, 5])
def test_any_dimension(tmp_path, d):
    points, path = np.random.default_rng(d).normal(size=(2, 9, d)), tmp_path / "x.npz"
    write_trajectories(path, Trajectories(points, points), {}, jax.random.key(0))
    samples = read(path, d)
    for found, true in zip(samples, points, strict=True):
        assert sorted(map(tuple, found)) == sorted(map(tuple, true))


def test_a_single_particle_at_a_time_can_be_stored(tmp_path):
    points = np.arange(8.0).reshape(4, 1, 2)
    path = tmp_path / "data.npz"
    write_trajectories(path, Trajectories(points, points + 1), {}, jax.random.key(0))
    with np.load(path) as file:
        np.testing.assert_array_equal(file["samples"], points)


@pytest.fixture(scope="module")
def made(sequences_experiment, tmp_path_factory):
    """The data of a problem for a seed, and their file."""
    path = tmp_path_factory.mktemp("made") / "seed_3.npz"
    return make_data(sequences_experiment, "crossing", 3, path), path


def test_data_are_made_for_a_seed_with_their_provenance(made, sequences_experiment):
    """Two groups of four particles, and of two that are held out, at four times."""
    data, path = made
    config = sequences_experiment.problems["crossing"]
    sequence, held_out, _, _ = config.load_particles(path)
    assert sequence.points.shape == (4, 8, 2)
    for found, true in zip(sequence.measures, data.particles, strict=True):
        assert sorted(map(tuple, found)) == sorted(map(tuple, np.float32(true)))
    np.testing.assert_array_equal(held_out, data.held_out)
    assert held_out.shape == (4, 4, 2)
    with np.load(path, allow_pickle=False) as file:
        header = json.loads(file["header"].item())
    assert header["problem"] == "crossing"
    assert header["data_config"] == config.data.model_dump(mode="json")
    assert header["provenance"]["seed"] == 3


def test_a_seed_fixes_the_data(made, sequences_experiment, tmp_path):
    """Whatever the problem is called."""
    raw = sequence_settings()
    raw["problems"]["other"] = raw["problems"]["crossing"]
    again = make_data(parse_config(raw), "other", 3, tmp_path / "a.npz")
    np.testing.assert_array_equal(again.particles, made[0].particles)
    other = make_data(sequences_experiment, "crossing", 4, tmp_path / "b.npz")
    assert np.all(other.particles[0] != made[0].particles[0])
