"""Reads samples from files and validates them."""

import stat
import time
import zlib
from pathlib import Path
from zipfile import BadZipFile, is_zipfile

import numpy as np
from jaxtyping import Float
from pydantic import Field, PositiveInt

from nlot.config.base import Part

# Minimum number of samples per measure.
MIN_SAMPLES = 8
# Computations are in single precision.
_LARGEST = float(np.finfo(np.float32).max)
# Seconds by which the clocks of machines that share files may differ.
_CLOCKS = 2.0
# Raised on reading a damaged archive; RuntimeError if its flags are damaged.
_DAMAGE = (OSError, EOFError, RuntimeError, ValueError, BadZipFile, zlib.error)


class FileConfig(Part):
    """Base of the settings of samples read from a file."""

    path: str = Field(
        min_length=1, description="the file, relative to the working directory"
    )
    array: str = Field("samples", description="name of the array in an `.npz` file")
    dimension: PositiveInt = Field(2, description="number of coordinates of a sample")


class SampleError(ValueError):
    """An unusable sample file; the message names the file and the fault."""


def read_samples(
    path: str | Path, array: str, dimension: int
) -> Float[np.ndarray, "n d"]:
    """Samples of shape `(n, dimension)` from an `.npz` or `.csv` file.

    `array` names the array of an `.npz` file. A `.csv` file has one column per
    coordinate and an optional header line. Raises `SampleError` for a missing or
    unreadable file, a wrong shape, fewer than 8 samples or non-finite values.
    """
    points = read_array(path, array)
    if points.ndim != 2 or points.shape[1] != dimension:
        raise SampleError(
            f"{path}: found an array of shape {points.shape}; expected (n, {dimension})"
        )
    if len(points) < MIN_SAMPLES:
        raise SampleError(
            f"{path}: found {len(points)} samples; at least {MIN_SAMPLES} are needed"
        )
    bad = np.flatnonzero(~np.isfinite(points).all(axis=1))
    if bad.size:
        raise SampleError(
            f"{path}: {bad.size} samples are not finite, the first in row {bad[0]}"
        )
    return points


def read_array(path: str | Path, array: str) -> np.ndarray:
    """Numbers from the named array of an `.npz` file, or from a `.csv` table.

    Raises `SampleError` for a missing or unreadable file, or an unknown format.
    """
    path = Path(path)
    try:
        mode = path.stat().st_mode
    # ValueError: an invalid file name.
    except (OSError, ValueError) as error:
        raise SampleError(f"{path}: no such sample file: {error}") from error
    if not stat.S_ISREG(mode):
        raise SampleError(f"{path}: no such sample file: a folder or a device")
    if path.suffix not in {".npz", ".csv"}:
        raise SampleError(
            f"{path}: unknown format {path.suffix!r}; valid: '.npz', '.csv'"
        )
    numbers = _read_npz(path, array) if path.suffix == ".npz" else _read_csv(path)
    if np.any(np.isfinite(numbers) & (np.abs(numbers) > _LARGEST)):
        raise SampleError(f"{path}: a value is beyond single precision, {_LARGEST:.2g}")
    return numbers


def check_age(path: str | Path) -> None:
    """Raise `SampleError` for a file whose modification time is in the future.

    Snakemake would discard finished results made from it, as older than their input.
    """
    ahead = Path(path).stat().st_mtime - time.time()
    if ahead > _CLOCKS:
        raise SampleError(
            f"{path}: was changed {ahead:.0f} s in the future, and what is made from "
            "it would seem out of date; set the clock, or touch the file"
        )


def _read_npz(path: Path, array: str) -> np.ndarray:
    try:
        # Opened here because NumPy does not close a damaged file.
        with path.open("rb") as raw:
            if not is_zipfile(raw):
                raise SampleError(f"{path}: not a readable .npz file: no zip archive")
            raw.seek(0)
            with np.load(raw, allow_pickle=False) as file:
                if array not in file:
                    raise SampleError(
                        f"{path}: no array {array!r}; valid: {', '.join(file.files)}"
                    )
                points = file[array]
    except _DAMAGE as error:
        if isinstance(error, SampleError):
            raise
        raise SampleError(f"{path}: not a readable .npz file: {error}") from error
    if points.dtype.kind not in "iuf":
        raise SampleError(
            f"{path}: array {array!r} holds {points.dtype}, not real numbers"
        )
    return points.astype(np.float64)


def _read_csv(path: Path) -> np.ndarray:
    try:
        # Spreadsheets write a byte order mark.
        text = path.read_text(encoding="utf-8-sig").splitlines()
        if text and not any(map(_is_numeric, text[0].split(","))):
            text = text[1:]
        if not text:
            raise ValueError("no lines of numbers")
        return np.loadtxt(text, delimiter=",", ndmin=2)
    except (OSError, ValueError) as error:
        raise SampleError(f"{path}: not a table of numbers: {error}") from error


def _is_numeric(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
