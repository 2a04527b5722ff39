"""Measures of metrics and of predictions, on data whose truth is known."""

import numpy as np
import pytest

from nlot.evaluation.controls import CONTROLS, RandomMetric
from nlot.evaluation.metrics import minutes, misalignment, populations, trajectories
from nlot.evaluation.rows import measured, rows_table
from nlot.evaluation.sequence_case import SequenceCase
from nlot.problems.sequence import Particles

from .opened import untrained

SCORES = ["alignment", "alignment_data"]
POPULATION, TRAJECTORY = "population_error", "trajectory_error"
RNG = np.random.default_rng(0)
NAMES = ["true_metric", "euclidean_metric", "random_metric", "nearest_particle"]


@pytest.fixture(scope="module")
def data(translations):
    """Translations, and five particles that move with them."""
    x = np.random.default_rng(1).uniform(-0.5, 0.5, (5, 2))
    held_out = x + np.arange(4)[:, None, None] * translations.shift
    return Particles(translations.sequence, held_out)


@pytest.fixture(scope="module")
def of(sequences_experiment, data):
    """Value and size of each measure of a control, by its name."""

    def find(problem, name, data=data, seed=0):
        config = sequences_experiment.problems[problem]
        case = SequenceCase(config, data, None, seed)
        if not case.facts.issuperset(CONTROLS[name].needs):
            return {}
        case.subject = CONTROLS[name].make(*case.given)
        return measured(case, "sequence")

    return find


def test_the_true_metric_is_aligned_everywhere(of):
    found = of("crossing", "true_metric")
    assert list(found) == [*SCORES, TRAJECTORY, POPULATION]
    assert [found[name] for name in SCORES] == [
        (pytest.approx(1.0, abs=1e-9), 900),
        (pytest.approx(1.0, abs=1e-9), 64),
    ]


def test_a_random_metric_scores_two_over_pi(of):
    """|cos| of a uniform angle: mean 2/π, standard deviation 0.31.

    Four standard errors of 900 grid points are 0.041, of 64 samples 0.154.
    """
    found = of("crossing", "random_metric")
    assert list(found) == SCORES
    assert found["alignment"][0] == pytest.approx(2 / np.pi, abs=0.041)
    assert found["alignment_data"][0] == pytest.approx(2 / np.pi, abs=0.154)
    assert of("crossing", "random_metric") == found
    assert of("crossing", "random_metric", seed=1) != found


@pytest.mark.parametrize("d", [2, 3, 5])
def test_random_directions_are_uniform(d, sequences_experiment, data):
    """The cheap directions' second moments are I / d; four standard errors of 4,000."""
    made = RandomMetric(sequences_experiment.problems["crossing"], data, 0)
    values, vectors = np.linalg.eigh(made.metric(np.zeros((4000, d))))
    np.testing.assert_allclose(values[:, 0], 0.1, atol=1e-6)
    np.testing.assert_allclose(values[:, 1:], 1.0, atol=1e-6)
    moments = np.einsum("ni,nj->ij", vectors[..., 0], vectors[..., 0]) / 4000
    np.testing.assert_allclose(moments, np.eye(d) / d, atol=0.03)


def test_the_euclidean_metric_is_half_a_right_angle_off_the_diagonals(of):
    """The eigenvectors of the identity are the axes, those of the cross diagonals."""
    found = of("crossing", "euclidean_metric")
    for name in SCORES:
        assert found[name][0] == pytest.approx(np.sqrt(0.5), abs=1e-6)


def test_a_translation_is_predicted_by_euclidean_couplings(of):
    """Particles and populations, up to 32 bits."""
    found = of("crossing", "euclidean_metric")
    assert found[TRAJECTORY] == (pytest.approx(0, abs=1e-5), 5)
    assert found[POPULATION] == (pytest.approx(0, abs=1e-5), 5)


def test_a_translation_is_predicted_by_the_nearest_particle(of):
    exact = (pytest.approx(0, abs=1e-6), 5)
    assert of("crossing", "nearest_particle") == {TRAJECTORY: exact, POPULATION: exact}


@pytest.mark.parametrize("name", NAMES)
def test_without_a_true_metric(of, name):
    expected = {"euclidean_metric": [TRAJECTORY, POPULATION]}
    expected["nearest_particle"] = [TRAJECTORY, POPULATION]
    assert list(of("given", name)) == expected.get(name, [])


@pytest.mark.parametrize("name", NAMES)
def test_without_held_out_particles(of, data, name):
    expected = {"nearest_particle": [], "random_metric": SCORES}
    found = of("crossing", name, data=data._replace(held_out=None))
    assert list(found) == expected.get(name, [*SCORES, POPULATION])


@pytest.fixture(scope="module")
def run(make_method, data):
    return untrained(data.sequence, make_method("metric_nlot_plus"), "crossing")


def test_a_run_is_measured_against_truth_and_particles(run, sequences_experiment, data):
    config = sequences_experiment.problems["crossing"]
    found = measured(SequenceCase(config, data, run, 0), "sequence")
    assert {name: n for name, (_, n) in found.items()} == {
        "alignment": 900,
        "alignment_data": 64,
        TRAJECTORY: 5,
        POPULATION: 5,
    }
    carried = np.asarray(run.carry(data.held_out[0]))
    squared = np.sum((carried - data.held_out)[1:] ** 2, axis=-1)
    assert found[TRAJECTORY][0] == pytest.approx(np.sqrt(squared.mean()), rel=1e-6)
    assert 0 < found["alignment"][0] < 1


def test_a_run_without_truth_or_particles(run, sequences_experiment, data):
    config = sequences_experiment.problems["given"]
    case = SequenceCase(config, data._replace(held_out=None), run, 0)
    assert list(measured(case, "sequence")) == [POPULATION]


def test_a_metric_without_maps_predicts_nothing(
    make_method, sequences_experiment, data
):
    run = untrained(data.sequence, make_method("scarvelis_solomon"), "crossing")
    config = sequences_experiment.problems["crossing"]
    assert list(measured(SequenceCase(config, data, run, 0), "sequence")) == SCORES


def carried(predicted, true):
    """A case of which no more is known."""
    case = object.__new__(SequenceCase)
    case.carried = predicted, true
    return case


def test_trajectory_error_by_hand():
    """Distances 3, 4, 0 and 12: the root of (9 + 16 + 144) / 4.

    What is off at the first time, where particles are given, does not count.
    """
    true = RNG.normal(size=(3, 2, 2))
    gaps = np.array([[[50, 0], [0, 50]], [[3, 0], [0, -4]], [[0, 0], [0, 12]]])
    found = trajectories(carried(true + gaps, true))
    assert found == (pytest.approx(6.5), 2)


def test_population_error_of_moved_populations():
    """Moved by 3 and by 4 at the two later times, in any order of the particles."""
    measures = [RNG.normal(size=(10, 2)) for _ in range(3)]
    moves = [(50, 0), (3, 0), (0, 4)]
    predicted = np.stack(
        [RNG.permutation(m) + move for m, move in zip(measures, moves, strict=True)]
    )
    found = populations(carried(predicted, measures))
    assert found == (pytest.approx(np.sqrt(12.5), rel=1e-5), 10)


def test_population_error_of_the_measures_themselves_is_zero():
    measures = [RNG.normal(size=(10, 2)) for _ in range(3)]
    shuffled = np.stack([RNG.permutation(m) for m in measures])
    found, _ = populations(carried(shuffled, measures))
    assert found < 1e-6


def test_rows_that_follow_from_others():
    values = {"alignment": (0.75, 9), POPULATION: (2.0, 5)}
    rows = rows_table("crossing", "metric_nlot", 3, values, minutes=1.5, device="cpu")
    for add, name, value in (
        (misalignment, "misalignment", 0.25),
        (minutes, "minutes", 1.5),
    ):
        [found] = add(rows).to_dict("records")
        assert (found["measure"], found["value"], found["seed"]) == (name, value, 3)
    control = rows.assign(minutes=np.nan)
    assert minutes(control).empty
