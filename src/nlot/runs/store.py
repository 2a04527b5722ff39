"""A run's folder: weights after a JSON header, and the history of its training."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import equinox as eqx
import jax
import pandas as pd

from nlot.config.kinds import settings_class, target
from nlot.measures.files import SampleError
from nlot.provenance.files import whole_file
from nlot.training.checkpoints import serialised

KIND, MODEL, HISTORY = "run", "model.eqx", "history.csv"
_FORMAT = 3


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


def load(folder: str | Path) -> Any:
    """Open the run that a training job wrote to `folder`.

    **Returns:** the run, with the capabilities of its method
    (`nlot.methods.capabilities`). Sample files named by its problem are read again.

    Raises `RunError` for a missing, truncated or foreign file, and
    `nlot.measures.files.SampleError` for an unusable sample file.
    """
    path = _model(folder)
    with path.open("rb") as file:
        header = _read_header(path, file)
        if header.get("kind") != KIND:
            raise RunError(f"{path}: kind {header.get('kind')!r}, expected {KIND!r}")
        try:
            method = target("method", header["method_config"]["kind"])
            config = method.Config.model_validate(header["method_config"])
            given = header["problem_config"]
            settings: Any = settings_class("problem", given["kind"])
            problem = settings.model_validate(given).reopen(header["outline"])
            shapes = eqx.filter_eval_shape(
                lambda key: method.build(problem, config, key=key), jax.random.key(0)
            )
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, SampleError):
                raise
            raise RunError(f"{path}: settings of another version: {error}") from error
        try:
            networks = eqx.tree_deserialise_leaves(file, shapes)
        except (EOFError, OSError, RuntimeError, ValueError) as error:
            raise RunError(f"{path}: damaged weights: {error}") from error
    return method.open(problem, config, networks, header)


def read_header(folder: str | Path) -> dict[str, Any]:
    """The header alone; raises `RunError` for a missing or foreign file."""
    path = _model(folder)
    with path.open("rb") as file:
        return _read_header(path, file)


def _model(folder: str | Path) -> Path:
    path = Path(folder) / MODEL
    if not path.is_file():
        raise RunError(f"{path}: no such file; is {folder} the folder of a run?")
    return path


def _read_header(path: Path, file: BinaryIO) -> dict[str, Any]:
    try:
        header = json.loads(file.readline())
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise RunError(f"{path}: not a run of nlot: no JSON header") from None
    if not isinstance(header, dict) or header.get("format") != _FORMAT:
        raise RunError(f"{path}: unknown format; this version reads format {_FORMAT}")
    return header
