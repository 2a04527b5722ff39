import re
from itertools import pairwise

import jax
import numpy as np
import pytest

from nlot.measures.files import SampleError
from nlot.measures.sequences import Sequence, read_sequence

RNG = np.random.default_rng(0)
GOOD = RNG.normal(size=(3, 10, 2))
COUNTS = (3, 5, 8)


@pytest.fixture
def uneven():
    """Measures whose points are all different."""
    return Sequence.of([RNG.normal(size=(n, 2)) for n in COUNTS])


def rows(points):
    """Points in an order of their own, to compare sets."""
    return sorted(map(tuple, np.asarray(points).tolist()))


def counts(drawn, points):
    """How often each of `points` was drawn, and that nothing else was."""
    gaps = np.abs(np.asarray(drawn)[:, None] - points).max(-1)
    assert not gaps.min(1).any()
    return np.bincount(gaps.argmin(1), minlength=len(points))


def test_uneven_measures_are_kept(uneven):
    samples = [RNG.normal(size=(n, 2)) for n in COUNTS]
    sequence = Sequence.of(samples)
    assert (sequence.pairs, sequence.points.shape) == (2, (3, 8, 2))
    for found, expected in zip(sequence.measures, samples, strict=True):
        np.testing.assert_array_equal(found, expected.astype(np.float32))


def test_centre_and_extent_count_every_point_once():
    """One point at (0, 0) and three at (4, 0) to (4, 8): not the fill-up points."""
    few = np.zeros((1, 2))
    many = np.array([[4.0, 0.0], [4.0, 4.0], [4.0, 8.0]])
    sequence = Sequence.of([few, many])
    assert sequence.centre == pytest.approx((3.0, 3.0))
    assert sequence.half_width == pytest.approx(5.0)
    assert sequence.bounds == pytest.approx(1.5 * 8.0)


@pytest.mark.parametrize("n", [4, 8, 30])
def test_draws_go_through_all_points_before_any_comes_again(uneven, n):
    """No point is ahead of another by more than one, and none only fills up."""
    drawn = uneven.draw(jax.random.key(0), n)
    assert drawn.shape == (3, n, 2)
    for part, points in zip(drawn, uneven.measures, strict=True):
        times = counts(part, points)
        assert times.sum() == n
        assert times.max() - times.min() <= 1


def test_drawing_all_is_a_permutation_of_each_measure():
    sequence = Sequence.of(list(GOOD))
    drawn = sequence.draw(jax.random.key(1), 0)
    orders = []
    for part, points in zip(drawn, sequence.measures, strict=True):
        assert rows(part) == rows(points)
        orders.append(np.abs(np.asarray(part)[:, None] - points).max(-1).argmin(1))
    # Measures are shuffled independently of each other.
    assert all(np.any(a != b) for a, b in pairwise([range(10), *orders]))


def test_drawing_all_of_uneven_measures_repeats_the_smaller(uneven):
    drawn = uneven.draw(jax.random.key(2), 0)
    for part, points in zip(drawn, uneven.measures, strict=True):
        assert counts(part, points).min() >= 1


def test_first_draws_are_uniform(uneven):
    """A third for each of three points.

    In 600 draws the standard deviation of the frequency is 0.019; four of them.
    """
    keys = jax.random.split(jax.random.key(3), 600)
    first = jax.vmap(lambda k: uneven.draw(k, 1)[0, 0])(keys)
    frequency = counts(first, uneven.measures[0]) / 600
    np.testing.assert_allclose(frequency, 1 / 3, atol=0.077)


def saved(folder, samples, **others):
    path = folder / "measures.npz"
    np.savez(path, samples=samples, **others)
    return path


def written(folder, times, points=None):
    """A table of `times` and coordinates."""
    path = folder / "measures.csv"
    points = RNG.normal(size=(len(times), 2)) if points is None else points
    np.savetxt(path, np.column_stack([times, points]), delimiter=",", fmt="%.17g")
    return path


def spoiled():
    bad = GOOD.copy()
    bad[1, 4, 0] = np.nan
    return bad


def test_npz_is_read_as_it_was_saved(tmp_path):
    path = saved(tmp_path, GOOD, other=GOOD + 1)
    np.testing.assert_array_equal(read_sequence(path, "samples", 2), GOOD)
    np.testing.assert_array_equal(read_sequence(path, "other", 2), GOOD + 1)


def test_csv_is_sorted_by_its_uneven_times(tmp_path):
    """Rows of a time need not stand together, nor times be equally spaced."""
    times = RNG.permutation(np.repeat([0.25, -3.0, 1e3], (8, 9, 12)))
    points = RNG.normal(size=(29, 2))
    samples = read_sequence(written(tmp_path, times, points), "unused", 2)
    assert [len(part) for part in samples] == [9, 8, 12]
    for time, part in zip((-3.0, 0.25, 1e3), samples, strict=True):
        np.testing.assert_array_equal(part, points[times == time])


EVEN = np.repeat([0, 1], 8)
CASES = {
    "missing": (lambda d: d / "none.npz", "no such sample file"),
    "no such array": (
        lambda d: np.savez(d / "measures.npz", mine=GOOD) or d / "measures.npz",
        "no array 'samples'; valid: mine",
    ),
    "one measure": (lambda d: saved(d, GOOD[:1]), "found 1 measures; at least 2"),
    "no measure": (lambda d: saved(d, GOOD[:0]), "found 0 measures; at least 2"),
    "no times": (lambda d: saved(d, GOOD[0]), "shape (10, 2); expected (times, n, 2)"),
    "coordinates": (
        lambda d: saved(d, np.ones((3, 9, 4))),
        "shape (3, 9, 4); expected (times, n, 2)",
    ),
    "too few": (lambda d: saved(d, GOOD[:, :7]), "found 7 samples at time 0"),
    "nan": (lambda d: saved(d, spoiled()), "not finite, the first at index (1, 4, 0)"),
    "csv one measure": (lambda d: written(d, np.zeros(9)), "found 1 measures"),
    "csv coordinates": (
        lambda d: written(d, EVEN, np.ones((16, 3))),
        "found 4 columns; expected the time and 2 coordinates",
    ),
    "csv too few": (
        lambda d: written(d, np.repeat([0, 1, 2], (8, 7, 9))),
        "found 7 samples at time 1; at least 8",
    ),
    "csv nan": (
        lambda d: written(d, EVEN, np.where(np.eye(16, 2, k=-5), np.nan, 1.0)),
        "not finite, the first at index (5, 1)",
    ),
    "csv nan time": (
        lambda d: written(d, np.where(np.arange(16) == 3, np.nan, EVEN)),
        "not finite, the first at index (3, 0)",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_unusable_files(tmp_path, case):
    """One message that begins with the file and names the fault."""
    make, fault = CASES[case]
    path = make(tmp_path)
    with pytest.raises(SampleError, match=re.escape(fault)) as caught:
        read_sequence(path, "samples", 2)
    assert str(caught.value).startswith(f"{path}: ")
