"""Reads samples of measures in time from a file and validates them."""

import itertools
from typing import Any, Literal

import numpy as np
import pydantic
from jaxtyping import Float
from pydantic import Field

from nlot.measures.files import SampleError, check_number, read_array
from nlot.measures.layout import TABLES, FileConfig

Samples = list[Float[np.ndarray, "_ d"]]
Times = tuple[float, ...]


class GivenSamples:
    """Samples at all times from one file."""

    class Config(FileConfig):
        """Given samples.

        An array of shape (times, n, d) in an `.npz` or `.npy` file; or a `.csv`, `.tsv`
        or `.parquet` table, whose first column, of those chosen, is the time, in any
        unit, with any number of samples per time.
        """

        kind: Literal["samples"]
        times: Times | None = Field(
            None,
            description="times of the measures of an array, increasing, in any unit; "
            "none: 0, 1, 2, ...",
        )

        @pydantic.model_validator(mode="after")
        def _times_of_an_array(self) -> "GivenSamples.Config":
            if self.times is not None:
                if self.suffix in TABLES:
                    raise ValueError(
                        f"times: are in the first column of {self.path!r}, a table"
                    )
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


def read_sequence(file: FileConfig) -> tuple[Times, Samples]:
    """The times of all measures, in order, and the samples at each.

    From an array of shape (times, n, d), or a table with columns for time and
    coordinates. The times of an array are those of the settings, if they have any, and
    otherwise 0, 1, 2, ...

    Raises `SampleError` for a missing or unreadable file, a wrong shape or number of
    times, non-finite values, fewer than 2 times, fewer than 8 different samples at a
    time, or the same samples at two consecutive times.
    """
    path, dimension = file.path, file.dimension
    table, _ = read_array(file)
    if file.suffix in TABLES:
        if table.shape[1] != 1 + dimension:
            raise SampleError(
                f"{path}: found {table.shape[1]} columns; expected the time and "
                f"{dimension} coordinates"
            )
        column = table[:, 0]
        times = tuple(np.unique(column).tolist())
        samples = [table[column == t, 1:] for t in times]
    else:
        if table.ndim != 3 or table.shape[2] != dimension:
            raise SampleError(
                f"{path}: found an array of shape {table.shape}; expected (times, n, "
                f"{dimension})"
            )
        samples = list(table)
        try:
            times = increasing_times(getattr(file, "times", None), len(samples))
        except ValueError as error:
            raise SampleError(f"{path}: {error}") from None
    if not np.isfinite(table).all():
        first = tuple(map(int, np.argwhere(~np.isfinite(table))[0]))
        raise SampleError(f"{path}: a value is not finite, the first at index {first}")
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
    return times, samples
