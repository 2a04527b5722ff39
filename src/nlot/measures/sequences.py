"""Reads samples of measures in time from a file and validates them."""

import itertools
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float

from nlot.measures.files import MIN_SAMPLES, FileConfig, SampleError, read_array

Samples = list[Float[np.ndarray, "_ d"]]


class GivenSamples:
    """Samples at all times from one file."""

    class Config(FileConfig):
        """Given samples.

        An `.npz` array of shape (times, n, d), or a `.csv` table whose first column is
        the time, with any number of samples per time.
        """

        kind: Literal["samples"]

        @property
        def held_out(self) -> int:
            """Number of held-out particles with known trajectories: none."""
            return 0


def read_sequence(path: str | Path, array: str, dimension: int) -> Samples:
    """The samples at each time, in order of time.

    From an `.npz` array of shape (times, n, d), or a `.csv` table with columns for time
    and coordinates. Raises `SampleError` for a missing or unreadable file, a wrong
    shape, non-finite values, fewer than 2 times, fewer than 8 samples at a time, or the
    same samples at two consecutive times.
    """
    path = Path(path)
    table = read_array(path, array)
    if path.suffix == ".csv":
        if table.shape[1] != 1 + dimension:
            raise SampleError(
                f"{path}: found {table.shape[1]} columns; expected the time and "
                f"{dimension} coordinates"
            )
        samples = [table[table[:, 0] == t, 1:] for t in np.unique(table[:, 0])]
    else:
        if table.ndim != 3 or table.shape[2] != dimension:
            raise SampleError(
                f"{path}: found an array of shape {table.shape}; expected (times, n, "
                f"{dimension})"
            )
        samples = list(table)
    if not np.isfinite(table).all():
        first = tuple(map(int, np.argwhere(~np.isfinite(table))[0]))
        raise SampleError(f"{path}: a value is not finite, the first at index {first}")
    if len(samples) < 2:
        raise SampleError(
            f"{path}: found {len(samples)} measures; at least 2 are needed"
        )
    for i, part in enumerate(samples):
        if len(part) < MIN_SAMPLES:
            raise SampleError(
                f"{path}: found {len(part)} samples at time {i}; at least "
                f"{MIN_SAMPLES} are needed"
            )
    for i, (a, b) in enumerate(itertools.pairwise(samples)):
        if sorted(map(tuple, a)) == sorted(map(tuple, b)):
            raise SampleError(
                f"{path}: the samples of times {i} and {i + 1} are the same; nothing "
                "moves between them"
            )
    return samples
