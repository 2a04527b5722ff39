import numpy as np
import pytest

from nlot.costs.metrics import CircleMetric
from nlot.evaluation.controls import Coupled, NearestParticle
from nlot.problems.sequence import Particles, Sequence

RNG = np.random.default_rng(0)


def carried(sequence, metric, x):
    return Coupled(Particles(sequence, None), metric).carry(x)


@pytest.fixture
def by_the_nearest(sequences_experiment, translations):
    config = sequences_experiment.problems["crossing"]

    def predict(true):
        particles = Particles(translations.sequence, true)
        return NearestParticle(config, particles, 0).carry(true[0])

    return predict


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
    found = carried(sequence, metric, x)
    expected = x + np.arange(4)[:, None, None] * shift
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_points_follow_the_nearest_sample():
    """Two groups that part: each takes along what is near."""
    left, right = np.array([-5.0, 0.0]), np.array([5.0, 0.0])
    start = np.stack([left, left + 0.1, right, right + 0.1])
    away = np.repeat([[-1.0, 2.0], [1.0, 3.0]], 2, axis=0)
    x = np.array([[-2.0, 1.0], [3.0, -1.0]])
    found = carried(Sequence.of([start, start + away]), None, x)
    np.testing.assert_allclose(found[0], x)
    np.testing.assert_allclose(found[1], x + away[::2], atol=1e-5)


def test_unequal_numbers_of_samples_are_carried_to_the_next_measure():
    """Points on samples land on samples, at every time."""
    sequence = Sequence.of([RNG.normal(size=(n, 2)) for n in (6, 11, 4)])
    found = carried(sequence, None, sequence.measures[0])
    for stop, measure in zip(found, sequence.measures, strict=True):
        gaps = np.abs(stop[:, None] - measure).max(-1).min(1)
        np.testing.assert_allclose(gaps, 0, atol=1e-5)


def test_nearest_particle_by_hand(by_the_nearest):
    """Neighbours on a line: the second is nearest to both, and the first to it."""
    start = np.array([[0.0, 0.0], [1.0, 0.0], [3.0, 0.0]])
    moves = np.array([[0.0, 1.0], [0.0, 2.0], [0.0, 4.0]])
    true = np.stack([start, start + moves, start + 3 * moves])
    lent = moves[[1, 0, 1]]
    expected = np.stack([start, start + lent, start + 3 * lent])
    np.testing.assert_allclose(by_the_nearest(true), expected)


def test_nearest_particle_is_exact_where_all_move_alike(by_the_nearest):
    start = RNG.normal(size=(7, 2))
    true = np.stack([start, start + 1.5, start - 0.5])
    np.testing.assert_allclose(by_the_nearest(true), true, atol=1e-12)
