"""Reads arrays of cells from `.h5ad` files, the format of AnnData."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy
from jaxtyping import Float

from nlot.config.errors import unknown
from nlot.measures.layout import Column, FileConfig
from nlot.measures.tables import chosen, real_numbers

# Where arrays with a row for each cell lie, beside `X`.
_FOLDERS = ("obsm", "layers")


def read_cells(file: FileConfig, labels: Sequence[Column]) -> Float[np.ndarray, "n k"]:
    """The chosen columns of an array of cells, then the columns `labels` of `obs`.

    Only these are read, and not the other arrays of the file.

    Raises `ValueError` for an array or a column that is not there or holds anything but
    numbers, and if no package that reads the format is installed; `OSError` for a
    damaged file.
    """
    try:
        import h5py
        from anndata.io import read_elem
    except ImportError:
        raise ValueError("anndata reads it: pip install nlot[h5ad]") from None
    with h5py.File(file.path) as stored:
        valid = [f"{name}/{key}" for name in _FOLDERS for key in stored.get(name, ())]
        valid = [*(["X"] if "X" in stored else []), *valid]
        if file.array not in valid:
            raise ValueError(unknown("array", file.array, valid))
        values, names = _plain(read_elem(stored[file.array]))
        if names is None and not file.array.startswith("obsm"):
            names = list(map(str, read_elem(stored["var"]).index))
        about = read_elem(stored["obs"]) if labels else None
    if values.dtype.kind not in "iuf" or values.ndim != 2:
        raise ValueError(
            f"array {file.array!r} holds {values.dtype} of shape {values.shape}, not "
            "rows of real numbers"
        )
    values = values[:, chosen(file, (), names, values.shape[1])].astype(np.float64)
    return values if about is None else np.hstack([values, _labels(about, labels)])


def _plain(array: Any) -> tuple[np.ndarray, list[str] | None]:
    """A dense array, and the names of its columns if it has any."""
    if hasattr(array, "columns"):
        return array.to_numpy(), list(map(str, array.columns))
    return array.toarray() if scipy.sparse.issparse(array) else np.asarray(array), None


def _labels(about: Any, labels: Sequence[Column]) -> Float[np.ndarray, "n k"]:
    """Columns of a data frame; categories count as what they name."""
    for label in labels:
        if label not in about:
            raise ValueError(unknown("column of obs", label, list(about)))
    frame = about[list(labels)]
    kinds = {
        name: kind.categories.dtype
        for name, kind in frame.dtypes.items()
        if hasattr(kind, "categories")
    }
    return real_numbers(frame.astype(kinds), "with numbers")
