import re

import numpy as np
import pytest

from nlot.config import settings_class
from nlot.config.base import dimension_of
from nlot.measures.files import SampleError
from nlot.measures.sequences import read_sequence

RNG = np.random.default_rng(0)
GOOD = RNG.normal(size=(3, 10, 2))


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


@pytest.mark.parametrize("d", [1, 3, 5])
def test_any_dimension(tmp_path, d):
    """Three times of ten points, from both kinds of file."""
    points = np.random.default_rng(d).normal(size=(3, 10, d))
    times, table = np.repeat([0.0, 0.5, 2.0], 10), points.reshape(-1, d)
    for path in (saved(tmp_path, points), written(tmp_path, times, table)):
        found = read_sequence(path, "samples", d)
        assert [part.shape for part in found] == [(10, d)] * 3
        np.testing.assert_array_equal(found, points)


def test_settings_are_of_the_plane_unless_they_say_so():
    config = settings_class("data", "samples")
    given = {"kind": "samples", "path": "a.npz"}
    assert dimension_of(config.model_validate(given)) == 2
    five = config.model_validate({**given, "dimension": 5})
    assert dimension_of(five) == 5
    assert five.held_out == 0


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
    "nothing moves": (
        lambda d: saved(d, [GOOD[0], GOOD[1], GOOD[1][::-1]]),
        "the samples of times 1 and 2 are the same; nothing moves between them",
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
