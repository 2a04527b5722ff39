"""Rows of learned metrics and of controls, on data whose truth is known."""

import jax
import numpy as np
import pytest

from nlot.config import SequenceConfig
from nlot.evaluation.metric_rows import (
    SequenceData,
    load_data,
    metric_control_rows,
    metric_rows,
)
from nlot.evaluation.tidy import COLUMNS
from nlot.measures.files import SampleError
from nlot.measures.sequences import Sequence
from nlot.networks.pairwise import build_pair_networks
from nlot.networks.velocity_fields import Trajectories, write_trajectories
from nlot.runs.metric import MetricRun

SCORES = ["alignment", "alignment_data"]
POPULATION, TRAJECTORY = "population_error", "trajectory_error"
CONTROLS = ["true_metric", "euclidean_metric", "random_metric", "nearest_particle"]


@pytest.fixture(scope="module")
def data(translations):
    """Translations, and five particles that move with them."""
    x = np.random.default_rng(1).uniform(-0.5, 0.5, (5, 2))
    held_out = x + np.arange(4)[:, None, None] * translations.shift
    return SequenceData(translations.sequence, held_out)


@pytest.fixture(scope="module")
def rows(sequences_config, data):
    """By name of the control: value and size of each measure."""

    def measured(name, control, data=data, seed=0):
        table = metric_control_rows(sequences_config, name, control, seed, data)
        assert tuple(table.columns) == COLUMNS
        assert set(table["method"]) <= {control}
        pairs = zip(table["value"], table["n"], strict=True)
        return dict(zip(table["measure"], pairs, strict=True))

    return measured


@pytest.fixture(scope="module")
def run(make_learner, translations):
    config, sequence = make_learner("nlot_plus"), translations.sequence
    networks = build_pair_networks(
        sequence.pairs,
        sequence.centre,
        sequence.half_width,
        config,
        key=jax.random.key(0),
    )
    header = {
        "sequence": "crossing",
        "method": "nlot_plus",
        "sequence_shape": {"bounds": sequence.bounds},
        "provenance": {"seed": 3, "minutes": 1.5, "device": "cpu"},
    }
    return MetricRun(config, networks, header)


def test_the_true_metric_is_aligned_everywhere(rows):
    found = rows("crossing", "true_metric")
    assert list(found) == [*SCORES, POPULATION, TRAJECTORY]
    assert [found[name] for name in SCORES] == [
        (pytest.approx(1.0, abs=1e-9), 900),
        (pytest.approx(1.0, abs=1e-9), 64),
    ]


def test_a_random_metric_scores_two_over_pi(rows):
    """|cos| of a uniform angle: mean 2/π, standard deviation 0.31.

    Four standard errors of 900 grid points are 0.041, of 64 samples 0.154.
    """
    found = rows("crossing", "random_metric")
    assert list(found) == SCORES
    assert found["alignment"][0] == pytest.approx(2 / np.pi, abs=0.041)
    assert found["alignment_data"][0] == pytest.approx(2 / np.pi, abs=0.154)
    assert rows("crossing", "random_metric") == found
    assert rows("crossing", "random_metric", seed=1) != found


def test_the_euclidean_metric_is_half_a_right_angle_off_the_diagonals(rows):
    """The eigenvectors of the identity are the axes, those of the cross diagonals."""
    found = rows("crossing", "euclidean_metric")
    for name in SCORES:
        assert found[name][0] == pytest.approx(np.sqrt(0.5), abs=1e-6)


def test_a_translation_is_predicted_by_euclidean_couplings(rows):
    """Particles and populations, up to 32 bits."""
    found = rows("crossing", "euclidean_metric")
    assert found[TRAJECTORY] == (pytest.approx(0, abs=1e-5), 5)
    assert found[POPULATION] == (pytest.approx(0, abs=1e-5), 5)


def test_a_translation_is_predicted_by_the_nearest_particle(rows):
    found = rows("crossing", "nearest_particle")
    exact = (pytest.approx(0, abs=1e-6), 5)
    assert found == {POPULATION: exact, TRAJECTORY: exact}


@pytest.mark.parametrize("control", CONTROLS)
def test_rows_without_a_true_metric(rows, control):
    expected = {"euclidean_metric": [POPULATION, TRAJECTORY]}
    expected["nearest_particle"] = [POPULATION, TRAJECTORY]
    assert list(rows("given", control)) == expected.get(control, [])


@pytest.mark.parametrize("control", CONTROLS)
def test_rows_without_held_out_particles(rows, data, control):
    expected = {
        "nearest_particle": [],
        "random_metric": SCORES,
    }
    unknown = data._replace(held_out=None)
    found = rows("crossing", control, data=unknown)
    assert list(found) == expected.get(control, [*SCORES, POPULATION])


def test_a_run_is_measured_against_truth_and_particles(run, sequences_config, data):
    table = metric_rows(run, sequences_config.sequences["crossing"], data)
    assert table["measure"].tolist() == [*SCORES, POPULATION, TRAJECTORY]
    assert table["n"].tolist() == [900, 64, 5, 5]
    assert set(table["seed"]) == {3}
    assert set(table["minutes"]) == {1.5}
    values = dict(zip(table["measure"], table["value"], strict=True))
    carried = np.asarray(run.carry(data.held_out[0]))
    squared = np.sum((carried - data.held_out)[1:] ** 2, axis=-1)
    assert values[TRAJECTORY] == pytest.approx(np.sqrt(squared.mean()), rel=1e-6)
    assert 0 < values["alignment"] < 1


def test_a_run_without_truth_or_particles(run, sequences_config, data):
    given = sequences_config.sequences["given"]
    table = metric_rows(run, given, data._replace(held_out=None))
    assert table["measure"].tolist() == [POPULATION]


@pytest.mark.parametrize("held_out", [0, 3])
def test_generated_data_are_read_with_their_held_out_particles(
    tmp_path, sequences_config, held_out
):
    points = np.random.default_rng(2).normal(size=(4, 9 + held_out, 2))
    written = Trajectories(points[:, :9], points[:, 9:])
    path = tmp_path / "data.npz"
    write_trajectories(path, written, {}, jax.random.key(0))
    found = load_data(sequences_config.sequences["crossing"], path)
    assert found.sequence.points.shape == (4, 9, 2)
    if held_out:
        np.testing.assert_array_equal(found.held_out, written.held_out)
    else:
        assert found.held_out is None


def test_given_data_have_no_held_out_particles(tmp_path, sequences_config):
    path, table = tmp_path / "given.csv", np.zeros((20, 3))
    table[:8, 0], table[:, 1] = -1, np.arange(20)
    np.savetxt(path, table, delimiter=",")
    found = load_data(sequences_config.sequences["given"], path)
    assert isinstance(found.sequence, Sequence)
    assert found.sequence.counts.tolist() == [8, 12]
    assert found.held_out is None


def test_the_array_of_given_data_has_the_configured_name(tmp_path):
    path = tmp_path / "given.npz"
    np.savez(path, mine=np.random.default_rng(3).normal(size=(2, 8, 2)))
    data = {"kind": "samples", "path": str(path)}
    grid = {"low": [-1, -1], "high": [1, 1]}
    named = SequenceConfig(data={**data, "array": "mine"}, grid=grid)
    assert load_data(named, path).sequence.pairs == 1
    with pytest.raises(SampleError, match="no array 'samples'"):
        load_data(SequenceConfig(data=data, grid=grid), path)
