import re

import numpy as np
import pandas as pd
import pytest

from nlot.config import settings_class
from nlot.config.base import dimension_of
from nlot.measures.files import SampleError
from nlot.measures.sequences import (
    increasing_times,
    read_sequence,
)

RNG = np.random.default_rng(0)
GOOD = RNG.normal(size=(3, 10, 2))


def read(path, dimension=2, **more):
    given = {"kind": "samples", "path": str(path), "dimension": dimension, **more}
    return read_sequence(settings_class("data", "samples").model_validate(given))[:2]


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
    times, samples = read(path)
    assert times == (0.0, 1.0, 2.0)
    np.testing.assert_array_equal(samples, GOOD)
    np.testing.assert_array_equal(read(path, array="other")[1], GOOD + 1)
    assert read(path, times=[-1, 0.5, 2e9])[0] == (-1.0, 0.5, 2e9)


def test_csv_is_sorted_by_its_uneven_times(tmp_path):
    """Rows of a time need not stand together, nor times be equally spaced."""
    times = RNG.permutation(np.repeat([0.25, -3.0, 1e3], (8, 9, 12)))
    points = RNG.normal(size=(29, 2))
    found, samples = read(written(tmp_path, times, points))
    assert found == (-3.0, 0.25, 1e3)
    assert [len(part) for part in samples] == [9, 8, 12]
    for time, part in zip(found, samples, strict=True):
        np.testing.assert_array_equal(part, points[times == time])


@pytest.mark.parametrize("d", [1, 3, 5])
def test_any_dimension(tmp_path, d):
    """Three times of ten points, from both kinds of file."""
    points = np.random.default_rng(d).normal(size=(3, 10, d))
    times, table = np.repeat([0.0, 0.5, 2.0], 10), points.reshape(-1, d)
    for path in (saved(tmp_path, points), written(tmp_path, times, table)):
        _, found = read(path, d)
        assert [part.shape for part in found] == [(10, d)] * 3
        np.testing.assert_array_equal(found, points)


def test_settings_are_of_the_plane_unless_they_say_so():
    config = settings_class("data", "samples")
    given = {"kind": "samples", "path": "a.npz"}
    assert dimension_of(config.model_validate(given)) == 2
    five = config.model_validate({**given, "dimension": 5})
    assert dimension_of(five) == 5
    assert five.held_out == 0


@pytest.mark.parametrize("suffix", [".tsv", ".npy", ".parquet"])
def test_other_formats(tmp_path, suffix):
    """Tables with the time among other columns, and a bare array."""
    path = tmp_path / f"measures{suffix}"
    times = np.repeat([0.0, 0.5, 2.0], 10)
    frame = pd.DataFrame(GOOD.reshape(-1, 2), columns=["x", "y"]).assign(day=times)
    columns = {"columns": ["day", "x", "y"]}
    if suffix == ".npy":
        np.save(path, GOOD)
        columns = {}
    elif suffix == ".tsv":
        frame.to_csv(path, sep="\t")
    else:
        pytest.importorskip("pyarrow")
        frame.to_parquet(path)
    found, samples = read(path, **columns)
    np.testing.assert_array_equal(samples, GOOD)
    assert found == ((0.0, 1.0, 2.0) if suffix == ".npy" else (0.0, 0.5, 2.0))


EVEN, EVEN18 = np.repeat([0, 1], 8), np.repeat([0, 1], 9)
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
    "csv one point": (
        lambda d: written(d, EVEN, np.ones((16, 2))),
        "found 1 different points among 8 samples at time 0; at least 8",
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


@pytest.mark.parametrize(
    "times, fault",
    [
        ([0, 1], "found 2 for 3 measures"),
        ([0, 1, 1], "must increase, found 1 after 1"),
        ([0, 2, 1.5], "must increase, found 1.5 after 2"),
        ([0, 1, np.inf], "inf is not finite"),
        ([[0, 1, 2]], "expected a list of numbers, found int64 of shape (1, 3)"),
        (["a", "b", "c"], "expected a list of numbers, found <U1"),
    ],
)
def test_times_that_are_none(times, fault):
    with pytest.raises(ValueError, match=re.escape(f"times: {fault}")) as caught:
        increasing_times(times, 3)
    assert str(caught.value).startswith("times: ")


def test_times_of_a_file_are_those_of_its_measures(tmp_path):
    """As many as there are; of a table, in place of its own."""
    path = saved(tmp_path, GOOD)
    with pytest.raises(SampleError, match="npz: times: found 2 for 3 measures"):
        read(path, times=[0, 1])
    with pytest.raises(ValueError, match="times: must increase, found 1 after 3"):
        read(path, times=[0, 3, 1])
    table = written(tmp_path, 3.0 - EVEN)
    found, samples = read(table, times=[5, 9])
    assert found == (5.0, 9.0)
    np.testing.assert_array_equal(samples, read(table)[1])
    with pytest.raises(SampleError, match="csv: times: found 3 for 2 measures"):
        read(table, times=[5, 7, 9])


@pytest.mark.parametrize("case", CASES)
def test_unusable_files(tmp_path, case):
    """One message that begins with the file and names the fault."""
    make, fault = CASES[case]
    path = make(tmp_path)
    with pytest.raises(SampleError, match=re.escape(fault)) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_rows_of_an_array_have_times_of_their_own(tmp_path):
    """As those of a table do; chosen columns are coordinates."""
    times, points = np.repeat([2.0, 0.5], 9), RNG.normal(size=(18, 5))
    path = saved(tmp_path, points, when=times)
    found, samples = read(path, time="when", columns=[3, 1])
    assert found == (0.5, 2.0)
    np.testing.assert_array_equal(samples[0], points[9:, [3, 1]])
    table = tmp_path / "named.csv"
    frame = pd.DataFrame(points[:, [3, 1]], columns=["a", "b"]).assign(hour=times)
    frame.to_csv(table, index=False)
    for kept, same in zip(read(table, time="hour")[1], samples, strict=True):
        np.testing.assert_allclose(kept, same, rtol=1e-12)


def test_files_are_read_together(tmp_path):
    """Whether a time is in one of them or in several."""
    points = RNG.normal(size=(30, 2))
    times = np.repeat([0.0, 1.0, 2.0], 10)
    whole = read(written(tmp_path, times, points))
    paths = []
    for name, rows in (("a", slice(12)), ("b", slice(12, None))):
        (tmp_path / name).mkdir()
        paths.append(written(tmp_path / name, times[rows], points[rows]))
    first, second = map(str, paths)
    found, samples = read(first, more=[second])
    assert found == whole[0]
    for part, same in zip(samples, whole[1], strict=True):
        np.testing.assert_array_equal(part, same)
    with pytest.raises(ValueError, match=r"more: .* is listed twice"):
        read(first, more=[first])
    with pytest.raises(ValueError, match="more: needs rows with a time each"):
        read(saved(tmp_path, GOOD), more=[first])


def test_whitening_is_by_all_samples(tmp_path):
    """Of all times together, and exact for any unit."""
    far = 1e4 + 300 * GOOD * [1.0, 0.1]
    _, samples = read(saved(tmp_path, far), whiten=True)
    rows = np.concatenate(samples)
    np.testing.assert_allclose(rows.mean(0), 0, atol=1e-9)
    np.testing.assert_allclose(rows.std(0), 1, rtol=1e-9)
    moved = GOOD.reshape(-1, 2) - GOOD.reshape(-1, 2).mean(0)
    np.testing.assert_allclose(rows, moved / moved.std(0), atol=1e-8)
    flat = GOOD * [1.0, 0.0]
    with pytest.raises(SampleError, match="whiten: coordinate 1 is always the same"):
        read(saved(tmp_path, flat), whiten=True)


def test_velocities_are_those_of_the_rows(tmp_path):
    """In the same order, and in the unit of whitened coordinates."""
    times, points = np.repeat([2.0, 0.5], 9), 5 * RNG.normal(size=(18, 2))
    speeds = RNG.normal(size=(18, 2))
    path = saved(tmp_path, points, when=times, v=speeds, short=speeds[:-1])
    given = {"kind": "samples", "path": str(path), "time": "when", "velocities": "v"}
    settings = settings_class("data", "samples")
    found = read_sequence(settings.model_validate(given)).velocities
    np.testing.assert_array_equal(found[0], speeds[9:])
    whitened = settings.model_validate({**given, "whiten": True})
    found = read_sequence(whitened).velocities
    np.testing.assert_allclose(found[1], speeds[:9] / points.std(0))
    with pytest.raises(SampleError, match=r"time: found shape \(18,\); expected \(17,"):
        read_sequence(settings.model_validate({**given, "velocities": "short"}))
    with pytest.raises(ValueError, match="velocities: are of the rows of an"):
        settings.model_validate({**given, "time": None})


def test_samples_are_repeated_as_their_weights_ask(tmp_path):
    """Shares of mass to within one sample; none of weight zero, in any unit."""
    times, points = np.repeat([0.0, 1.0], (40, 60)), RNG.normal(size=(100, 2))
    weights = RNG.exponential(size=100) * (RNG.random(100) < 0.8)
    path = saved(tmp_path, points, when=times, w=7 * weights, v=2 * points)
    given = {"time": "when", "weights": "w", "velocities": "v"}
    _, samples = read(path, **given)
    for time, part in zip((0.0, 1.0), samples, strict=True):
        own = weights[times == time] / weights[times == time].sum()
        copies = [(part == x).all(1).sum() for x in points[times == time]]
        assert sum(copies) == len(part) == len(own)
        np.testing.assert_array_less(np.abs(copies - len(part) * own), 1 + 1e-9)
    settings = settings_class("data", "samples")
    config = settings.model_validate({"kind": "samples", "path": str(path), **given})
    moved = read_sequence(config).velocities
    for part, moving in zip(samples, moved, strict=True):
        np.testing.assert_array_equal(moving, 2 * part)
    equal = saved(tmp_path, points, when=times, w=np.ones(100))
    for part, time in zip(
        read(equal, time="when", weights="w")[1], (0, 1), strict=True
    ):
        np.testing.assert_array_equal(part, points[times == time])


@pytest.mark.parametrize(
    "weights, fault",
    [
        (np.ones(17), "weights: found shape (17,); expected (18,)"),
        (np.repeat([1.0, 0.0], 9), "at time 1: weights: all are zero"),
        (np.repeat([1.0, -1.0], 9), "at time 1: weights: 9 are negative or not fin"),
    ],
)
def test_unusable_weights(tmp_path, weights, fault):
    path = saved(tmp_path, GOOD[:2, :9].reshape(-1, 2), w=weights, when=EVEN18)
    with pytest.raises(SampleError, match=re.escape(f"{path}: {fault}")):
        read(path, time="when", weights="w")


def test_settings_of_rows_alone(tmp_path):
    for key, value in (("weights", "w"), ("velocities", "v")):
        with pytest.raises(ValueError, match=f"{key}: "):
            read(saved(tmp_path, GOOD), **{key: value})
    with pytest.raises(ValueError, match="sha256: is of one file"):
        read(tmp_path / "a.csv", more=["b.csv"], sha256="0" * 64)
