"""A run's folder: weights behind a JSON header, and the history of its training."""

import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, Float

from nlot.paths.splines import CubicSpline
from nlot.provenance.files import whole_file

MODEL, HISTORY = "model.eqx", "history.csv"
_FORMAT = 2


class RunError(ValueError):
    """A run folder that cannot be opened; the message names the file and the fault."""


def write_run(
    folder: str | Path,
    header: Mapping[str, Any],
    networks: Any,
    history: list[dict[str, Any]],
) -> dict[str, Any]:
    """Write history and weights; returns the header as stored."""
    folder = Path(folder)
    text = json.dumps({"format": _FORMAT, **header})
    with whole_file(folder / HISTORY) as path:
        pd.DataFrame(history).to_csv(path, index=False)
    weights = serialised(networks)
    with whole_file(folder / MODEL) as path:
        path.write_bytes(text.encode() + b"\n" + weights)
    return json.loads(text)


def serialised(tree: Any) -> bytes:
    """The leaves of a pytree, in Equinox's format.

    In memory, to be written by the caller: Equinox hides what a full disk says.
    """
    buffer = io.BytesIO()
    eqx.tree_serialise_leaves(buffer, tree)
    return buffer.getvalue()


def read_run(
    folder: str | Path, kind: str, skeleton: Callable[[Mapping[str, Any]], Any]
) -> tuple[dict[str, Any], Any]:
    """Header and networks; `skeleton(header)` gives the shapes of the networks.

    Raises `RunError` for a missing, truncated or foreign file, or a run of another
    `kind`.
    """
    path = Path(folder) / MODEL
    if not path.is_file():
        raise RunError(f"{path}: no such file; is {folder} the folder of a run?")
    with path.open("rb") as file:
        header = _read_header(path, file)
        if header.get("kind") != kind:
            raise RunError(
                f"{path}: a run of kind {header.get('kind')!r}, expected {kind!r}"
            )
        try:
            shapes = skeleton(header)
        except (KeyError, ValueError) as error:
            raise RunError(f"{path}: settings of another version: {error}") from error
        try:
            networks = eqx.tree_deserialise_leaves(file, shapes)
        except (EOFError, OSError, RuntimeError, ValueError) as error:
            raise RunError(f"{path}: damaged weights: {error}") from error
    return header, networks


def read_header(folder: str | Path) -> dict[str, Any]:
    """The header alone, of a run of any kind; errors are those of `read_run`."""
    path = Path(folder) / MODEL
    with path.open("rb") as file:
        return _read_header(path, file)


def _read_header(path: Path, file: BinaryIO) -> dict[str, Any]:
    try:
        header = json.loads(file.readline())
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise RunError(f"{path}: not a run of nlot: no JSON header") from None
    if not isinstance(header, dict) or header.get("format") != _FORMAT:
        raise RunError(f"{path}: unknown format; this version reads format {_FORMAT}")
    return header


def spline_positions(
    spline: CubicSpline,
    s: Float[np.ndarray, " times"],
    x: Float[Array, "n d"],
    y: Float[Array, "n d"],
    coefficients: Float[Array, "n size d"],
) -> Float[Array, "n times d"]:
    """Positions of paths at the fractions `s` of their horizon."""
    basis = jnp.asarray(spline.position(s), x.dtype)
    fraction = jnp.asarray(s, x.dtype)[:, None]
    line = x[:, None] + fraction * (y - x)[:, None]
    return line + jnp.einsum("tk,nkd->ntd", basis, coefficients)
