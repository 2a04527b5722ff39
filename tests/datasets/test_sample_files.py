import re

import numpy as np
import pytest

from nlot.datasets.files import SampleError, read_samples

GOOD = np.random.default_rng(0).normal(size=(10, 2))


def saved(folder, samples, name="points.npz", **others):
    path = folder / name
    np.savez(path, samples=samples, **others)
    return path


def written(folder, text, name="points.csv"):
    path = folder / name
    path.write_text(text)
    return path


def spoiled(row, value):
    points = GOOD.copy()
    points[row, 1] = value
    return points


def test_npz_is_read_as_it_was_saved(tmp_path):
    path = saved(tmp_path, GOOD, other=GOOD + 1)
    np.testing.assert_array_equal(read_samples(path, "samples", 2), GOOD)
    np.testing.assert_array_equal(read_samples(path, "other", 2), GOOD + 1)


@pytest.mark.parametrize("header", ["", "x,y\n"])
def test_csv_is_read_with_and_without_a_header(tmp_path, header):
    rows = "\n".join(f"{float(x)!r},{float(y)!r}" for x, y in GOOD)
    path = written(tmp_path, header + rows + "\n")
    np.testing.assert_array_equal(read_samples(path, "samples", 2), GOOD)


def test_a_single_column_keeps_its_shape(tmp_path):
    path = written(tmp_path, "\n".join("12345678"))
    assert read_samples(path, "samples", 1).shape == (8, 1)


CASES = {
    "missing": (lambda d: d / "none.npz", "no such sample file"),
    "folder": (lambda d: d, "no such sample file"),
    "suffix": (
        lambda d: written(d, "1,2", "points.txt"),
        "unknown format '.txt'; valid: '.npz', '.csv'",
    ),
    "one axis": (lambda d: saved(d, GOOD[0]), "shape (2,); expected (n, 2)"),
    "three axes": (lambda d: saved(d, GOOD[None]), "shape (1, 10, 2); expected (n, 2)"),
    "coordinates": (
        lambda d: saved(d, np.ones((9, 3))),
        "shape (9, 3); expected (n, 2)",
    ),
    "csv columns": (
        lambda d: written(d, "1,2,3\n" * 9),
        "shape (9, 3); expected (n, 2)",
    ),
    "too few": (lambda d: saved(d, GOOD[:7]), "found 7 samples; at least 8"),
    "no rows": (lambda d: saved(d, GOOD[:0]), "found 0 samples; at least 8"),
    "nan": (
        lambda d: saved(d, spoiled(3, np.nan)),
        "1 samples are not finite, the first in row 3",
    ),
    "infinite": (lambda d: saved(d, spoiled(0, -np.inf)), "the first in row 0"),
    "csv nan": (lambda d: written(d, "1,2\n" * 8 + "nan,1\n"), "the first in row 8"),
    "objects": (
        lambda d: saved(d, np.array([[1, "a"]] * 9, object)),
        "not a readable .npz file",
    ),
    "text": (lambda d: saved(d, np.full((9, 2), "a")), "holds <U1, not numbers"),
    "not npz": (lambda d: written(d, "hello", "p.npz"), "not a readable .npz file"),
    "empty npz": (lambda d: written(d, "", "p.npz"), "not a readable .npz file"),
    "truncated": (
        lambda d: truncated(saved(d, np.ones((500, 2)))),
        "not a readable .npz file",
    ),
    "csv text": (lambda d: written(d, "x,y\n1,2\nhello,3\n"), "not a table of numbers"),
    "csv ragged": (lambda d: written(d, "1,2\n1,2,3\n"), "not a table of numbers"),
    "csv empty": (lambda d: written(d, ""), "no lines of numbers"),
    "csv header only": (lambda d: written(d, "x,y\n"), "no lines of numbers"),
    "csv binary": (
        lambda d: saved(d, GOOD).rename(d / "points.csv"),
        "not a table of numbers",
    ),
    "npy": (lambda d: bare(d / "points.npz"), "not a readable .npz file"),
}


def bare(path):
    """A single array, saved under the suffix of an archive."""
    with path.open("wb") as file:
        np.save(file, GOOD)
    return path


def truncated(path):
    path.write_bytes(path.read_bytes()[:-40])
    return path


@pytest.mark.parametrize("case", CASES)
def test_unusable_files(tmp_path, case):
    """One message that begins with the file and names the fault."""
    make, fault = CASES[case]
    path = make(tmp_path)
    with pytest.raises(SampleError, match=re.escape(fault)) as caught:
        read_samples(path, "samples", 2)
    assert str(caught.value).startswith(f"{path}: ")


def test_a_missing_array_lists_those_there_are(tmp_path):
    path = saved(tmp_path, GOOD, other=GOOD)
    with pytest.raises(SampleError, match="no array 'points'; valid: samples, other"):
        read_samples(path, "points", 2)
