import numpy as np
import pytest

from nlot.costs.metrics import CircleMetric
from nlot.evaluation.prediction import (
    carried_by_couplings,
    nearest_particle,
    population_error,
    trajectory_error,
)
from nlot.problems.sequence import Sequence

RNG = np.random.default_rng(0)


def test_trajectory_error_by_hand():
    """Distances 3, 4, 0 and 12: the root of (9 + 16 + 144) / 4.

    What is off at the first time, where particles are given, does not count.
    """
    true = RNG.normal(size=(3, 2, 2))
    gaps = np.array([[[50, 0], [0, 50]], [[3, 0], [0, -4]], [[0, 0], [0, 12]]])
    assert trajectory_error(true + gaps, true) == pytest.approx(6.5)


def test_population_error_of_moved_populations():
    """Moved by 3 and by 4 at the two later times, in any order of the particles."""
    measures = [RNG.normal(size=(10, 2)) for _ in range(3)]
    moves = [(50, 0), (3, 0), (0, 4)]
    predicted = np.stack(
        [RNG.permutation(m) + move for m, move in zip(measures, moves, strict=True)]
    )
    found = population_error(predicted, measures)
    assert found == pytest.approx(np.sqrt(12.5), rel=1e-5)


def test_population_error_of_the_measures_themselves_is_zero():
    measures = [RNG.normal(size=(10, 2)) for _ in range(3)]
    shuffled = np.stack([RNG.permutation(m) for m in measures])
    assert population_error(shuffled, measures) < 1e-6


@pytest.mark.parametrize("metric", [None, CircleMetric()])
def test_points_are_carried_along_a_translation(metric, translations):
    """Exact but for 32 bits; off the samples as on them.

    The circle metric would rather turn, but a step far below the distances between
    samples is cheaper than any other coupling.
    """
    first = translations.sequence.measures[0]
    shift = 0.01 * translations.shift
    sequence = Sequence.of([first + k * shift for k in range(4)])
    x = first + RNG.uniform(-1e-3, 1e-3, first.shape)
    carried = carried_by_couplings(sequence, metric, x)
    expected = x + np.arange(4)[:, None, None] * shift
    np.testing.assert_allclose(carried, expected, atol=1e-5)


def test_points_follow_the_nearest_sample():
    """Two groups that part: each takes along what is near."""
    left, right = np.array([-5.0, 0.0]), np.array([5.0, 0.0])
    start = np.stack([left, left + 0.1, right, right + 0.1])
    away = np.repeat([[-1.0, 2.0], [1.0, 3.0]], 2, axis=0)
    x = np.array([[-2.0, 1.0], [3.0, -1.0]])
    carried = carried_by_couplings(Sequence.of([start, start + away]), None, x)
    np.testing.assert_allclose(carried[0], x)
    np.testing.assert_allclose(carried[1], x + away[::2], atol=1e-5)


def test_unequal_numbers_of_samples_are_carried_to_the_next_measure():
    """Points on samples land on samples, at every time."""
    sequence = Sequence.of([RNG.normal(size=(n, 2)) for n in (6, 11, 4)])
    carried = carried_by_couplings(sequence, None, sequence.measures[0])
    for stop, measure in zip(carried, sequence.measures, strict=True):
        gaps = np.abs(stop[:, None] - measure).max(-1).min(1)
        np.testing.assert_allclose(gaps, 0, atol=1e-5)


def test_nearest_particle_by_hand():
    """Neighbours on a line: the second is nearest to both, and the first to it."""
    start = np.array([[0.0, 0.0], [1.0, 0.0], [3.0, 0.0]])
    moves = np.array([[0.0, 1.0], [0.0, 2.0], [0.0, 4.0]])
    true = np.stack([start, start + moves, start + 3 * moves])
    lent = moves[[1, 0, 1]]
    expected = np.stack([start, start + lent, start + 3 * lent])
    np.testing.assert_allclose(nearest_particle(true), expected)


def test_nearest_particle_is_exact_where_all_move_alike():
    start = RNG.normal(size=(7, 2))
    true = np.stack([start, start + 1.5, start - 0.5])
    assert trajectory_error(nearest_particle(true), true) == pytest.approx(0, abs=1e-12)
