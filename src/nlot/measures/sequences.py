"""Reads samples of measures in time from files and validates them."""

import itertools
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
import pydantic
from jaxtyping import Float, Int
from pydantic import Field

from nlot.config.names import check_once
from nlot.measures.files import (
    SampleError,
    check_number,
    check_weights,
    read_array,
)
from nlot.measures.layout import CELLS, TABLES, Column, FileConfig

Samples = list[Float[np.ndarray, "_ d"]]
Times = tuple[float, ...]


class GivenSamples:
    """Samples at all times, from one file or several."""

    class Config(FileConfig):
        """Given samples.

        An array of shape (times, n, d) in an `.npz` or `.npy` file; or rows of samples
        with a time each, in any unit, any number of them per time: a `.csv`, `.tsv` or
        `.parquet` table, or an array of shape (n, d) with `time`, also of an `.h5ad`
        file.
        """

        kind: Literal["samples"]
        time: Column | None = Field(
            None,
            description="time of each row: a column, also of `obs` in an `.h5ad` "
            "file, or an array of an `.npz` file; none: the first column, of those "
            "chosen, of a table",
        )
        times: Times | None = Field(
            None,
            description="times of the measures, increasing, in any unit; none: those "
            "of the rows, or 0, 1, 2, ... of an array of shape (times, n, d)",
        )
        weights: Column | None = Field(
            None,
            description="weight of each row, as `time`; each sample is repeated in "
            "proportion to its weight, rounded so that their number at a time stays; "
            "none: equal",
        )
        velocities: Annotated[str, Field(min_length=1)] | None = Field(
            None,
            description="array of an `.npz` or `.h5ad` file with a velocity of each "
            "row, in coordinates per unit of time; predictions are compared with their "
            "directions",
        )
        more: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
            (), description="further files of rows, laid out alike"
        )
        whiten: bool = Field(
            False,
            description="whether coordinates are shifted and scaled so that all "
            "samples of all times together, also held-out ones, have mean 0 and "
            "variance 1",
        )

        @property
        def files(self) -> tuple[str, ...]:
            return (self.path, *self.more)

        @property
        def in_rows(self) -> bool:
            """Whether each row has a time, and not each array."""
            return self.suffix in TABLES or self.time is not None

        @pydantic.model_validator(mode="after")
        def _of_rows(self) -> "GivenSamples.Config":
            check_once("more", self.files)
            if self.velocities and not (
                self.suffix in (".npz", CELLS) and self.time is not None
            ):
                raise ValueError(
                    f"velocities: are of the rows of an .npz or .h5ad file with "
                    f"`time`, found {self.path!r}"
                )
            if self.weights is not None and not self.in_rows:
                raise ValueError(
                    f"weights: needs rows with a time each, found {self.path!r}, an "
                    "array of all times; name `time`"
                )
            if self.more and self.sha256:
                raise ValueError("sha256: is of one file; name no `more`")
            if self.more and not self.in_rows:
                raise ValueError(
                    f"more: needs rows with a time each, found {self.path!r}, an array "
                    "of all times; name `time`"
                )
            return self

        @pydantic.model_validator(mode="after")
        def _increasing(self) -> "GivenSamples.Config":
            if self.times is not None:
                increasing_times(self.times, len(self.times))
            return self

        @property
        def held_out(self) -> int:
            """Number of held-out particles with known trajectories: none."""
            return 0


def increasing_times(times: Any, number: int) -> Times:
    """The times of `number` measures as plain numbers; None: 0, 1, 2, ...

    Raises `ValueError` for another number of them, and for any that are not finite or
    do not increase.
    """
    if times is None:
        return tuple(map(float, range(number)))
    found = np.asarray(times)
    if found.dtype.kind not in "iuf" or found.ndim != 1:
        raise ValueError(
            f"times: expected a list of numbers, found {found.dtype} of shape "
            f"{found.shape}"
        )
    if len(found) != number:
        raise ValueError(f"times: found {len(found)} for {number} measures")
    found = found.astype(np.float64)
    if not np.isfinite(found).all():
        raise ValueError(f"times: {found[~np.isfinite(found)][0]} is not finite")
    late = np.flatnonzero(np.diff(found) <= 0)
    if late.size:
        a, b = found[late[0]], found[late[0] + 1]
        raise ValueError(f"times: must increase, found {b:.12g} after {a:.12g}")
    return tuple(found.tolist())


def check_motion(times: Times, samples: Samples) -> None:
    """Raise `ValueError` if the samples of two consecutive times are the same."""
    for i, (a, b) in enumerate(itertools.pairwise(samples)):
        if sorted(map(tuple, a)) == sorted(map(tuple, b)):
            raise ValueError(
                f"the samples of times {times[i]:.12g} and {times[i + 1]:.12g} are the "
                "same; nothing moves between them"
            )


class GivenMeasures(NamedTuple):
    """The times of all measures, in order; the samples at each, and their velocities.

    `velocities` is None where there are none.
    """

    times: Times
    samples: Samples
    velocities: Samples | None


def read_sequence(file: "GivenSamples.Config") -> GivenMeasures:
    """The measures of a file, or of several.

    Raises `SampleError` for a missing or unreadable file, a wrong shape or number of
    times, non-finite values, fewer than 2 times, fewer than 8 different samples at a
    time, or the same samples at two consecutive times.
    """
    path = file.path
    numbers, samples, velocities = (_from_rows if file.in_rows else _from_array)(file)
    try:
        times = increasing_times(file.times or numbers, len(samples))
    except ValueError as error:
        raise SampleError(f"{path}: {error}") from None
    if len(samples) < 2:
        raise SampleError(
            f"{path}: found {len(samples)} measures; at least 2 are needed"
        )
    for i, part in enumerate(samples):
        try:
            check_number(part, f"samples at time {times[i]:.12g}")
        except ValueError as error:
            raise SampleError(f"{path}: {error}") from None
    try:
        check_motion(times, samples)
    except ValueError as error:
        raise SampleError(f"{path}: {error}") from None
    return GivenMeasures(times, samples, velocities)


def _from_rows(
    file: "GivenSamples.Config",
) -> tuple[list[float], Samples, Samples | None]:
    """From rows with a time each, in any order."""
    rows, column = _rows(file, file.array)
    velocities = None
    if file.velocities is not None:
        velocities, _ = _rows(file, file.velocities)
        if len(velocities) != len(rows):
            raise SampleError(
                f"{file.path}: {file.velocities!r} has {len(velocities)} rows, "
                f"{file.array!r} has {len(rows)}"
            )
    if file.whiten:
        deviation, rows = rows.std(0), _whitened(file.path, rows)
        velocities = None if velocities is None else velocities / deviation
    times = np.unique(column)

    def sort(values: Float[np.ndarray, "n d"]) -> Samples:
        return [values[column == t] for t in times]

    moving = None if velocities is None else sort(velocities)
    return times.tolist(), sort(rows), moving


def _rows(
    file: "GivenSamples.Config", array: str
) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, " n"]]:
    """The rows of an array of all files, or of tables, and their times.

    Each is there as often as its weight asks for.
    """
    labels = [x for x in (file.time, file.weights) if x is not None]
    parts, columns, weights = [], [], []
    for path in file.files:
        one = file.model_copy(update={"path": path, "array": array})
        rows, found = read_array(one, labels)
        if rows.ndim != 2:
            raise SampleError(
                f"{path}: found an array of shape {rows.shape}; expected (n, "
                f"{file.dimension})"
            )
        if file.time is None:
            rows, found = rows[:, 1:], [rows[:, 0], *found]
        if rows.shape[1] != file.dimension:
            raise SampleError(
                f"{path}: found {1 + rows.shape[1]} columns; expected the time and "
                f"{file.dimension} coordinates"
            )
        for name, label in zip(("time", "weights"), found, strict=False):
            if label.shape != rows.shape[:1]:
                raise SampleError(
                    f"{path}: {name}: found shape {label.shape}; expected "
                    f"({len(rows)},)"
                )
        column, *weight = found
        _check_finite(path, np.column_stack([column, rows]))
        parts.append(rows)
        columns.append(column)
        weights += weight
    rows, column = np.concatenate(parts), np.concatenate(columns)
    if weights:
        index = _repeats(file.path, column, np.concatenate(weights))
        rows, column = rows[index], column[index]
    return rows, column


def _repeats(
    path: str, column: Float[np.ndarray, " n"], weights: Float[np.ndarray, " n"]
) -> Int[np.ndarray, " n"]:
    """Rows, each as often as its weight among those of its time, rounded."""
    index = []
    for time in np.unique(column):
        own = np.flatnonzero(column == time)
        try:
            check_weights(weights[own], len(own))
        except ValueError as error:
            raise SampleError(f"{path}: at time {time:.12g}: {error}") from None
        ends = np.cumsum(weights[own])
        at = (np.arange(len(own)) + 0.5) / len(own) * ends[-1]
        index.append(own[np.searchsorted(ends, at)])
    return np.concatenate(index)


def _from_array(file: "GivenSamples.Config") -> tuple[None, Samples, None]:
    """From an array of shape (times, n, d)."""
    path, dimension = file.path, file.dimension
    array, _ = read_array(file)
    if array.ndim != 3 or array.shape[2] != dimension:
        raise SampleError(
            f"{path}: found an array of shape {array.shape}; expected (times, n, "
            f"{dimension}), or (n, {dimension}) with `time`"
        )
    _check_finite(path, array)
    if file.whiten:
        rows = _whitened(path, array.reshape(-1, dimension))
        array = rows.reshape(array.shape)
    return None, list(array), None


def _whitened(path: str, rows: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
    deviation = rows.std(0)
    flat = np.flatnonzero(deviation == 0)
    if flat.size:
        raise SampleError(f"{path}: whiten: coordinate {flat[0]} is always the same")
    return (rows - rows.mean(0)) / deviation


def _check_finite(path: str, values: Float[np.ndarray, "..."]) -> None:
    if not np.isfinite(values).all():
        first = tuple(map(int, np.argwhere(~np.isfinite(values))[0]))
        raise SampleError(f"{path}: a value is not finite, the first at index {first}")
