"""Reads samples from files and validates them."""

import csv
import hashlib
import stat
import time
import zlib
from collections.abc import Sequence
from pathlib import Path
from zipfile import BadZipFile, is_zipfile

import numpy as np
from jaxtyping import Float

from nlot.measures.cells import read_cells
from nlot.measures.layout import ARRAYS, CELLS, FORMATS, Column, FileConfig
from nlot.measures.tables import chosen, read_parquet, read_text

# Minimum number of different samples per measure.
MIN_SAMPLES = 8
# NumPy's default for masked entries.
_FILL = 1e20
# Computations are in single precision.
_LARGEST = float(np.finfo(np.float32).max)
# What reads tables that are not of text.
_TABLES = {".parquet": read_parquet, CELLS: read_cells}
# Seconds by which the clocks of machines that share files may differ.
_CLOCKS = 2.0
# Raised on reading a damaged archive; RuntimeError if its flags are damaged.
_DAMAGE = (OSError, EOFError, RuntimeError, ValueError, BadZipFile, zlib.error)


class SampleError(ValueError):
    """An unusable sample file; the message names the file and the fault."""


def read_samples(
    file: FileConfig, weights: Column | None = None
) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, " n"] | None]:
    """Samples of shape `(n, dimension)` from a file, and their weights if named.

    **Arguments:** the settings, and `weights`: a column, also of `obs` in an `.h5ad`
    file, or an array of an `.npz` file.

    Raises `SampleError` for a missing or unreadable file, a wrong shape, fewer than 8
    different samples, non-finite values, and weights that do not suit.
    """
    points, found = read_array(file, () if weights is None else (weights,))
    weight = found[0] if found else None
    if points.ndim != 2 or points.shape[1] != file.dimension:
        hint = (
            "; set `dimension`, or name `columns`"
            if points.ndim == 2 and points.shape[1] > file.dimension
            else ""
        )
        raise SampleError(
            f"{file.path}: found an array of shape {points.shape}; expected (n, "
            f"{file.dimension}){hint}"
        )
    bad = np.flatnonzero(~np.isfinite(points).all(axis=1))
    if bad.size:
        raise SampleError(
            f"{file.path}: {bad.size} samples are not finite, the first in row {bad[0]}"
        )
    try:
        check_number(points)
        if weight is not None:
            check_weights(weight, len(points))
            check_number(points[weight > 0], "samples of positive weight")
    except ValueError as error:
        raise SampleError(f"{file.path}: {error}") from None
    return points, weight


def check_number(points: Float[np.ndarray, "n d"], what: str = "samples") -> None:
    """Raise `ValueError` for fewer than 8 samples, or fewer than 8 different ones."""
    if len(points) < MIN_SAMPLES:
        raise ValueError(
            f"found {len(points)} {what}; at least {MIN_SAMPLES} are needed"
        )
    different = len(np.unique(points, axis=0))
    if different < MIN_SAMPLES:
        raise ValueError(
            f"found {different} different points among {len(points)} {what}; at least "
            f"{MIN_SAMPLES} are needed"
        )


def check_weights(weights: Float[np.ndarray, "..."], n: int) -> None:
    """Raise `ValueError` for anything but weights of `n` samples.

    They are finite, none is negative, and not all are zero; any sum will do.
    """
    if weights.shape != (n,):
        raise ValueError(f"weights: found shape {weights.shape}; expected ({n},)")
    bad = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if bad.size:
        raise ValueError(
            f"weights: {bad.size} are negative or not finite, the first in row {bad[0]}"
        )
    if not np.any(weights):
        raise ValueError("weights: all are zero")


def read_array(
    file: FileConfig, labels: Sequence[Column] = ()
) -> tuple[Float[np.ndarray, "..."], list[Float[np.ndarray, "..."]]]:
    """The chosen columns of a file, by default all but the labels; and the labels.

    **Arguments:** the settings, and `labels`, such as weights or times: columns, also
    of `obs` in an `.h5ad` file, or arrays of an `.npz` file.

    Raises `SampleError` for a missing or unreadable file, another hash than that of the
    settings, an unknown format, and columns or arrays that are not there.
    """
    path = Path(file.path)
    try:
        mode = path.stat().st_mode
    # ValueError: an invalid file name.
    except (OSError, ValueError) as error:
        raise SampleError(f"{path}: no such sample file: {error}") from error
    if not stat.S_ISREG(mode):
        raise SampleError(f"{path}: no such sample file: a folder or a device")
    if file.suffix not in FORMATS:
        valid = ", ".join(map(repr, FORMATS))
        raise SampleError(f"{path}: unknown format {path.suffix!r}; valid: {valid}")
    _check_hash(path, file.sha256)
    apart = [x for x in labels if isinstance(x, str) and file.suffix == ".npz"]
    values = _read(path, file, [x for x in labels if x not in apart])
    width = values.shape[-1] - len(labels) + len(apart)
    columns = iter(np.moveaxis(values[..., width:], -1, 0))
    found = [_read_npz(path, str(x)) if x in apart else next(columns) for x in labels]
    return values[..., :width], found


def _check_hash(path: Path, expected: str | None) -> None:
    if expected is None:
        return
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected:
        raise SampleError(
            f"{path}: is another file than the settings are for: its SHA-256 is "
            f"{found}, not {expected}"
        )


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


def _read(path: Path, file: FileConfig, labels: Sequence[Column]) -> np.ndarray:
    """The chosen columns of a file, those of `labels` last."""
    if file.suffix in ARRAYS:
        npz = file.suffix == ".npz"
        values = _read_npz(path, file.array) if npz else _read_npy(path)
        try:
            values = values[..., chosen(file, labels, None, values.shape[-1])]
        except ValueError as error:
            raise SampleError(f"{path}: {error}") from None
    else:
        read = _TABLES.get(file.suffix, read_text)
        try:
            values = read(file, labels)
        # csv.Error: an endless cell.
        except (OSError, ValueError, csv.Error) as error:
            raise SampleError(f"{path}: not a table of numbers: {error}") from error
    if np.any(np.isfinite(values) & (np.abs(values) > _LARGEST)):
        raise SampleError(f"{path}: a value is beyond single precision, {_LARGEST:.2g}")
    if np.any(np.isin(values, [_FILL, float(np.float32(_FILL))])):
        raise SampleError(
            f"{path}: a value is {_FILL:g}, with which NumPy fills masked entries; "
            "save the samples without them"
        )
    return values


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
                for name in file.files:
                    if _is_mask(name, array) and np.any(file[name]):
                        raise SampleError(
                            f"{path}: {name!r} masks some of {array!r}; save the "
                            "samples without the masked ones, and no mask"
                        )
    except _DAMAGE as error:
        if isinstance(error, SampleError):
            raise
        raise SampleError(f"{path}: not a readable .npz file: {error}") from error
    return _real(points, f"{path}: array {array!r}")


def _read_npy(path: Path) -> np.ndarray:
    try:
        with path.open("rb") as raw:
            points = np.lib.format.read_array(raw, allow_pickle=False)
    except _DAMAGE as error:
        raise SampleError(f"{path}: not a readable .npy file: {error}") from error
    return _real(points, f"{path}: the array")


def _real(points: np.ndarray, what: str) -> np.ndarray:
    if points.dtype.kind not in "iuf":
        raise SampleError(f"{what} holds {points.dtype}, not real numbers")
    if not points.ndim:
        raise SampleError(f"{what} is a single number")
    return points.astype(np.float64)


def _is_mask(name: str, array: str) -> bool:
    """Whether a name is `mask`, alone or with that of an array, as `samples_mask`."""
    name, array = name.lower(), array.lower()
    return "mask" in (name, name.replace(array, "").strip("_.- "))
