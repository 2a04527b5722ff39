import os
import re
import time
from pathlib import Path

import numpy as np
import pytest

from nlot.measures.files import SampleError, check_age, read_samples

GOOD = np.random.default_rng(0).normal(size=(10, 2))


def saved(folder, samples, name="points.npz", save=np.savez, **others):
    path = folder / name
    save(path, samples=samples, **others)
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


@pytest.mark.parametrize("header", ["", "x,y\n", "\ufeff", "\ufeffx,y\n"])
def test_csv_is_read_with_and_without_a_header(tmp_path, header):
    rows = "\n".join(f"{float(x)!r},{float(y)!r}" for x, y in GOOD)
    path = written(tmp_path, header + rows + "\n")
    np.testing.assert_array_equal(read_samples(path, "samples", 2), GOOD)


def test_a_single_column_keeps_its_shape(tmp_path):
    path = written(tmp_path, "\n".join("12345678"))
    assert read_samples(path, "samples", 1).shape == (8, 1)


@pytest.mark.parametrize("d", [3, 5])
def test_any_dimension(tmp_path, d):
    points = np.random.default_rng(d).normal(size=(9, d))
    rows = "\n".join(",".join(map(repr, row)) for row in points.tolist())
    for path in (saved(tmp_path, points), written(tmp_path, rows)):
        np.testing.assert_array_equal(read_samples(path, "samples", d), points)


CASES = {
    "missing": (lambda d: d / "none.npz", "no such sample file"),
    "folder": (lambda d: d, "no such sample file: a folder"),
    "folder of that name": (
        lambda d: made(d / "points.npz", Path.mkdir),
        "no such sample file: a folder",
    ),
    "dangling link": (
        lambda d: made(d / "points.npz", lambda p: p.symlink_to("none")),
        "no such sample file",
    ),
    "pipe": (
        lambda d: made(d / "points.csv", os.mkfifo),
        "no such sample file: a folder or a device",
    ),
    "name without end": (lambda d: d / ("n" * 300 + ".npz"), "File name too long"),
    "name with a null": (lambda d: d / "a\0.npz", "null byte"),
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
    "complex": (lambda d: saved(d, GOOD + 1j), "holds complex128, not real numbers"),
    "booleans": (lambda d: saved(d, GOOD > 0), "holds bool, not real numbers"),
    "dates": (
        lambda d: saved(d, np.full((9, 2), "2024-01-01", "datetime64[D]")),
        "holds datetime64[D], not real numbers",
    ),
    "records": (
        lambda d: saved(d, np.zeros(9, [("x", "f8"), ("y", "f8")])),
        "not real numbers",
    ),
    "too large": (lambda d: saved(d, spoiled(2, 1e39)), "beyond single precision"),
    "csv too large": (
        lambda d: written(d, "1,2\n" * 9 + "1,-1e39\n"),
        "beyond single precision",
    ),
    "text": (lambda d: saved(d, np.full((9, 2), "a")), "holds <U1, not real numbers"),
    "not npz": (lambda d: written(d, "hello", "p.npz"), "not a readable .npz file"),
    "empty npz": (lambda d: written(d, "", "p.npz"), "not a readable .npz file"),
    "truncated": (
        lambda d: truncated(saved(d, np.ones((500, 2)))),
        "not a readable .npz file",
    ),
    "damaged": (lambda d: damaged(saved(d, GOOD)), "not a readable .npz file"),
    "damaged compression": (
        lambda d: damaged(saved(d, GOOD, save=np.savez_compressed)),
        "not a readable .npz file",
    ),
    "encrypted": (lambda d: encrypted(saved(d, GOOD)), "encrypted, password required"),
    "csv typing error in the first row": (
        lambda d: written(d, "1,2.O\n" + "1,2\n" * 9),
        "not a table of numbers",
    ),
    "csv with decimal commas": (
        lambda d: written(d, "0,5;1,5\n" * 9),
        "not a table of numbers",
    ),
    "csv in UTF-16": (
        lambda d: made(d / "p.csv", lambda p: p.write_text("1,2\n" * 9, "utf-16")),
        "not a table of numbers",
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


def made(path, make):
    make(path)
    return path


def damaged(path):
    """With a few bytes in the middle overwritten."""
    whole = bytearray(path.read_bytes())
    middle = len(whole) // 3
    whole[middle : middle + 8] = b"\xff" * 8
    path.write_bytes(whole)
    return path


def encrypted(path):
    """With the flag of an encrypted member in both of its headers."""
    whole = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        whole[whole.index(mark) + offset] |= 1
    path.write_bytes(whole)
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


def test_no_damage_goes_unnamed(tmp_path):
    """Bytes overwritten anywhere: the numbers are right, or the file is refused."""
    path = saved(tmp_path, GOOD, save=np.savez_compressed)
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    refused = 0
    for _ in range(300):
        spoilt = bytearray(whole)
        for position in rng.integers(len(whole), size=3):
            spoilt[position] = rng.integers(256)
        path.write_bytes(spoilt)
        try:
            found = read_samples(path, "samples", 2)
        except SampleError as error:
            assert str(error).startswith(f"{path}: ")
            refused += 1
        else:
            np.testing.assert_array_equal(found, GOOD)
    assert refused > 200


def test_a_file_from_the_future_is_named(tmp_path):
    path = saved(tmp_path, GOOD)
    check_age(path)
    later = time.time() + 100
    os.utime(path, (later, later))
    with pytest.raises(
        SampleError, match=r"points\.npz: was changed (99|100) s in the f"
    ):
        check_age(path)
