import hashlib
import os
import re
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nlot.measures.files import SampleError, check_age, read_samples
from nlot.measures.layout import FileConfig

GOOD = np.random.default_rng(0).normal(size=(10, 2))


def read(path, dimension=2, weights=None, **more):
    """The samples, or with `weights` both."""
    file = FileConfig(kind="samples", path=str(path), dimension=dimension, **more)
    points, found = read_samples(file, weights)
    return points if weights is None else (points, found)


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
    np.testing.assert_array_equal(read(path), GOOD)
    np.testing.assert_array_equal(read(path, array="other"), GOOD + 1)


@pytest.mark.parametrize("header", ["", "x,y\n", "\ufeff", "\ufeffx,y\n"])
def test_csv_is_read_with_and_without_a_header(tmp_path, header):
    rows = "\n".join(f"{float(x)!r},{float(y)!r}" for x, y in GOOD)
    path = written(tmp_path, header + rows + "\n")
    np.testing.assert_array_equal(read(path), GOOD)


def test_a_single_column_keeps_its_shape(tmp_path):
    path = written(tmp_path, "\n".join("12345678"))
    assert read(path, 1).shape == (8, 1)


@pytest.mark.parametrize("d", [3, 5])
def test_any_dimension(tmp_path, d):
    points = np.random.default_rng(d).normal(size=(9, d))
    rows = "\n".join(",".join(map(repr, row)) for row in points.tolist())
    for path in (saved(tmp_path, points), written(tmp_path, rows)):
        np.testing.assert_array_equal(read(path, d), points)


SIGNS = {"tab": "\t", "semicolon": ";", "comma": ",", "blank": "  "}


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".CSV"])
@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("separator", SIGNS)
def test_separators_are_found_or_named(tmp_path, separator, named, suffix):
    """With names of columns, comments, and numbers without a fraction at the end."""
    rows = [*GOOD.tolist(), [1, 2]]
    lines = ["# not a number", '"x","y"'.replace(",", SIGNS[separator])]
    lines += [SIGNS[separator].join(map(repr, row)) for row in rows]
    path = written(tmp_path, "\n".join(lines), f"points{suffix}")
    found = read(path, **({"separator": separator} if named else {}))
    np.testing.assert_array_equal(found, rows)


@pytest.mark.parametrize("separator", SIGNS)
def test_decimal_commas_are_named_or_found_between_semicolons(tmp_path, separator):
    """Between commas numbers are quoted."""
    rows = [*GOOD.tolist(), [1, 2]]
    cells = [[repr(number).replace(".", ",") for number in row] for row in rows]
    if separator == "comma":
        cells = [[f'"{cell}"' for cell in row] for row in cells]
    text = "\n".join(map(SIGNS[separator].join, cells))
    path = written(tmp_path, text)
    np.testing.assert_array_equal(read(path, decimal="comma"), rows)
    if separator == "semicolon":
        np.testing.assert_array_equal(read(path), rows)


def test_decimal_commas_of_a_single_column(tmp_path):
    path = written(tmp_path, "\n".join(f"{i},5" for i in range(9)))
    found = read(path, 1, decimal="comma")
    np.testing.assert_array_equal(found[:, 0], np.arange(9) + 0.5)


def test_a_first_line_that_counts_is_what_it_is_said_to_be(tmp_path):
    frame = pd.DataFrame(GOOD)
    path = tmp_path / "frame.csv"
    frame.to_csv(path, index=False)
    np.testing.assert_array_equal(read(path, header=True), GOOD)
    np.testing.assert_array_equal(read(path, header=False), [[0, 1], *GOOD])
    frame.to_csv(path)
    found = read(path, header=True, columns=["0", "1"])
    np.testing.assert_array_equal(found, GOOD)
    # Column 1 is the second, but is named "0".
    with pytest.raises(SampleError, match="the number of one and the name of another"):
        read(path, header=True, columns=[0, 1])


def test_columns_are_chosen_by_name_or_number(tmp_path):
    path = tmp_path / "frame.csv"
    frame = pd.DataFrame(GOOD, columns=["x1", "y1"], index=list("abcdefghij"))
    frame.assign(cell="T cell").to_csv(path)
    array = tmp_path / "array.npy"
    np.save(array, np.column_stack([np.arange(10), GOOD]))
    for given, columns in ((path, ["y1", "x1"]), (path, [2, "x1"]), (array, [2, 1])):
        np.testing.assert_array_equal(read(given, columns=columns), GOOD[:, ::-1])
    for given, columns, fault in (
        (path, ["x1", "y2"], "unknown column 'y2'; valid columns: , x1, y1, cell"),
        (path, [1, 4], "no column 4: 4 are there, from 0"),
        (path, ["x1", "cell"], "could not convert string 'T cell'"),
        (path, None, "choose columns of numbers with `columns`"),
        (array, ["x", 1], "no column 'x': the file names none; use numbers"),
        (path, ["x1", 1], "column 'x1' is chosen twice"),
    ):
        with pytest.raises(SampleError, match=re.escape(fault)) as caught:
            read(given, columns=columns)
        assert str(caught.value).startswith(f"{given}: ")


@pytest.mark.parametrize("masks", [{"mask": GOOD > 9}, {"other_mask": GOOD > 0}])
def test_masks_that_mask_nothing_here_do_not_matter(tmp_path, masks):
    np.testing.assert_array_equal(read(saved(tmp_path, GOOD, **masks)), GOOD)


def test_npy_is_read_as_it_was_saved(tmp_path):
    np.testing.assert_array_equal(read(bare(tmp_path / "x.npy")), GOOD)


def test_parquet_is_read_as_it_was_saved(tmp_path):
    path = tmp_path / "frame.parquet"
    frame = pd.DataFrame(GOOD, columns=["x", "y"]).assign(w=np.arange(10), cell="T")
    frame[["x", "y"]].to_parquet(path)
    np.testing.assert_array_equal(read(path), GOOD)
    frame[["y", "w", "x"]].to_parquet(path)
    points, weights = read(path, weights="w", columns=["x", "y"])
    np.testing.assert_array_equal(points, GOOD)
    np.testing.assert_array_equal(weights, np.arange(10))
    frame.to_parquet(path)
    np.testing.assert_array_equal(read(path, columns=["x", "y"]), GOOD)
    with pytest.raises(SampleError, match="column 'cell' holds str, not real numbers"):
        read(path)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(SampleError, match="not a table of numbers"):
        read(path)


def test_parquet_without_a_reader_says_what_to_install(tmp_path, monkeypatch):
    """None in `sys.modules`: a package that is not there."""
    for package in ("pyarrow", "fastparquet"):
        monkeypatch.setitem(sys.modules, package, None)
    path = written(tmp_path, "PAR1", "points.parquet")
    with pytest.raises(SampleError, match=r"pip install nlot\[parquet\]"):
        read(path)


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
        "unknown format '.txt'; valid: '.npz', '.npy', '.csv', '.tsv', '.parquet'",
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
    "decimal commas between tabs": (
        lambda d: written(d, "0,5\t1,5\n" * 9),
        "'0,5' to float64 at row 0, column 1.; for decimal commas say `decimal: comma`",
    ),
    "decimal commas between blanks": (
        lambda d: written(d, "0,5 1,5\n" * 9 + "1 2\n"),
        "for decimal commas say `decimal: comma`",
    ),
    "points and decimal commas": (
        lambda d: written(d, "0,5;1,5\n" * 9 + "0.5;1,5\n"),
        "string '0.5' to float64 at row 9, column 1.; numbers are expected to have "
        "decimal commas",
    ),
    "names of a data frame without names": (
        lambda d: written(d, "0,1\n" + "1,2\n" * 9),
        "the first line is 0,1, which may be names, as of a data frame without names, "
        "or numbers; say `header: true` or `header: false`",
    ),
    "the same with its index": (
        lambda d: written(d, ",0,1\n" + "0,1,2\n" * 9),
        "the first line is ,0,1, which may be names",
    ),
    "one point": (
        lambda d: saved(d, np.ones((200, 2))),
        "found 1 different points among 200 samples; at least 8",
    ),
    "few points": (
        lambda d: saved(d, np.tile(GOOD[:7], (9, 1))),
        "found 7 different points among 63 samples; at least 8",
    ),
    "mask": (
        lambda d: saved(d, GOOD, mask=GOOD > 1),
        "'mask' masks some of 'samples'; save the samples without the masked ones",
    ),
    "mask of its name": (
        lambda d: saved(d, GOOD, samples_mask=GOOD[:, 0] > 1),
        "'samples_mask' masks some of 'samples'",
    ),
    "mask beside the name of the array": (
        lambda d: saved(
            d,
            GOOD,
            "a.npz",
            lambda p, samples, mask: np.savez(p, a=samples, mask=mask),
            mask=GOOD > 1,
        ),
        "no array 'samples'; valid: a, mask",
    ),
    "names of rows": (
        lambda d: written(
            d,
            '"x","y"\n'
            + "\n".join(f'"{i}",{a!r},{b!r}' for i, (a, b) in enumerate(GOOD.tolist())),
        ),
        "the first line names 2 columns, the next has 3 numbers",
    ),
    "filled": (
        lambda d: saved(d, np.ma.masked_greater(GOOD.astype("f4"), 1).filled()),
        "a value is 1e+20, with which NumPy fills masked entries",
    ),
    "single number": (lambda d: saved(d, 1.0), "array 'samples' is a single number"),
    "npy damaged": (
        lambda d: truncated(bare(d / "points.npy")),
        "not a readable .npy file",
    ),
    "npy of objects": (
        lambda d: bare(d / "points.npy", np.array([[1, "a"]] * 9, object)),
        "not a readable .npy file",
    ),
    "npy of text": (
        lambda d: bare(d / "points.npy", GOOD.astype(str)),
        "the array holds <U32, not real numbers",
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


def bare(path, array=GOOD):
    """A single array, under any suffix."""
    with path.open("wb") as file:
        np.save(file, array)
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
        read(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_a_missing_array_lists_those_there_are(tmp_path):
    path = saved(tmp_path, GOOD, other=GOOD)
    with pytest.raises(SampleError, match="no array 'points'; valid: samples, other"):
        read(path, array="points")


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
            found = read(path)
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


def test_weights_are_a_column_or_an_array(tmp_path):
    weight = np.arange(10.0)
    table = np.column_stack([GOOD[:, 0], weight, GOOD[:, 1]])
    path = tmp_path / "frame.csv"
    pd.DataFrame(table, columns=["x", "w", "y"]).to_csv(path, index=False)
    given = [
        (path, "w"),
        (path, 1),
        (saved(tmp_path, GOOD, w=weight), "w"),
        (saved(tmp_path, table, "table.npz"), 1),
        (bare(tmp_path / "table.npy", table), 1),
    ]
    for file, weights in given:
        points, found = read(file, weights=weights)
        np.testing.assert_array_equal(points, GOOD)
        np.testing.assert_array_equal(found, weight)


ONES = np.ones(10)


@pytest.mark.parametrize(
    "weights, fault",
    [
        (-ONES, "weights: 10 are negative or not finite, the first in row 0"),
        (np.where(np.eye(10)[4], np.nan, 1), "weights: 1 are negative or not finite"),
        (0 * ONES, "weights: all are zero"),
        (np.ones(9), "weights: found shape (9,); expected (10,)"),
        (np.ones((10, 1)), "weights: found shape (10, 1); expected (10,)"),
        (
            np.where(np.arange(10) < 7, 1, 0),
            "found 7 samples of positive weight; at least 8 are needed",
        ),
    ],
)
def test_weights_that_are_none(tmp_path, weights, fault):
    path = saved(tmp_path, GOOD, w=weights)
    with pytest.raises(SampleError, match=re.escape(f"{path}: {fault}")):
        read(path, weights="w")


@pytest.mark.parametrize(
    "settings, fault",
    [
        (
            {"path": "a.npz", "separator": "tab"},
            "separator: is for .csv and .tsv files",
        ),
        ({"path": "a.parquet", "header": False}, "header: is for .csv and .tsv files"),
        ({"path": "a.csv", "columns": ["x", "x"]}, "columns: 'x' is listed twice"),
        ({"path": "a.csv", "separator": ";"}, "'tab', 'semicolon', 'comma' or 'blank'"),
        ({"path": "a.csv", "columns": [-1]}, "greater than or equal to 0"),
    ],
)
def test_a_layout_that_does_not_fit_is_refused(settings, fault):
    with pytest.raises(ValueError, match=re.escape(fault)):
        FileConfig(kind="samples", **settings)


def test_another_file_than_that_of_the_settings(tmp_path):
    path = saved(tmp_path, GOOD)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    np.testing.assert_array_equal(read(path, sha256=digest), GOOD)
    saved(tmp_path, GOOD + 1)
    with pytest.raises(SampleError, match=f"its SHA-256 is .*, not {digest}"):
        read(path, sha256=digest)
