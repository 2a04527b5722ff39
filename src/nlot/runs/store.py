"""Opens the folders of runs."""

import json
import warnings
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import BadZipFile

import equinox as eqx
import jax
import pandas as pd
import pydantic

from nlot.config.base import Part
from nlot.config.errors import describe
from nlot.config.given import Given
from nlot.config.kinds import settings_class, target
from nlot.config.names import check_known
from nlot.measures.files import SampleError
from nlot.methods.stored import FORMAT, HISTORY, KIND, MODEL, stored_samples
from nlot.runs.parts import as_part

# Parts of a problem that may be given in place of the stored ones.
_PARTS = ("source", "target", "lagrangian", "domain")


class RunError(ValueError):
    """A run folder that cannot be opened; the message names the file and the fault."""


def load(folder: str | Path, *, trust_code: bool = False, **given: Any) -> Any:
    """Open the run that was written to `folder`.

    **Arguments:**

    - `folder`: that of `nlot.train` or of a run's `save`.
    - `trust_code`: whether Python files that the settings name may run.
    - `given`: parts of the problem by name - `source`, `target`, `lagrangian`,
      `domain` - as `nlot.solve` takes them: needed where they were Python functions,
      and in place of Python files.

    **Returns:** the run, with the capabilities of its method
    (`nlot.methods.capabilities`). Sample files named by its problem are read again.

    Raises `RunError` for a missing, truncated or foreign file, or for code that is
    neither given nor trusted, and `nlot.measures.files.SampleError` for an unusable
    sample file.
    """
    path = _model(folder)
    with path.open("rb") as file:
        header = _read_header(path, file)
        if header.get("kind") != KIND:
            raise RunError(f"{path}: kind {header.get('kind')!r}, expected {KIND!r}")
        try:
            method = target("method", header["method_config"]["kind"])
            config = method.Config.model_validate(header["method_config"])
            stored = header["problem_config"]
            parts = _given(path, stored, given)
            if not trust_code:
                _refuse_code(path, {**stored, **parts})
                _refuse_code(path, header["method_config"])
            settings: Any = settings_class("problem", stored["kind"])
            problem = settings.model_validate({**stored, **parts})
            opened = problem.reopen(header["outline"])
            shapes = eqx.filter_eval_shape(
                lambda key: method.build(opened, config, key=key), jax.random.key(0)
            )
        except pydantic.ValidationError as error:
            fault = describe(error)
            raise RunError(f"{path}: settings of another version: {fault}") from None
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, SampleError | RunError):
                raise
            raise RunError(f"{path}: settings of another version: {error}") from error
        try:
            networks = eqx.tree_deserialise_leaves(file, shapes)
        except (EOFError, OSError, RuntimeError, ValueError) as error:
            raise RunError(f"{path}: damaged weights: {error}") from error
    objects = {name: part.build() for name, part in parts.items()}
    return method.open(opened, config, networks, header, _history(path), objects)


def _given(
    path: Path, stored: Mapping[str, Any], given: Mapping[str, Any]
) -> dict[str, Part]:
    """The parts of a problem that Python objects stand for."""
    valid = [name for name in _PARTS if isinstance(stored.get(name), Mapping)]
    try:
        check_known("the problem's parts", given, valid)
        parts = {name: as_part(name, value) for name, value in given.items()}
    except ValueError as error:
        raise RunError(f"{path}: {error}") from None
    for name, part in parts.items():
        before, now = stored[name].get("code"), getattr(part, "code", None)
        if before is not None and now != before:
            warnings.warn(
                f"{path}: its {name} was {stored[name]['name']!r}, not the same as the "
                "one given",
                stacklevel=3,
            )
    samples = _readable(path.parent, stored_samples)
    for name, part in stored.items():
        if (
            name in parts
            or not isinstance(part, Mapping)
            or part.get("kind") != "given"
        ):
            continue
        if name in samples:
            parts[name] = Given.model_validate(part).holding(samples[name])
        elif name == "data":
            parts[name] = Given.model_validate(part)
        else:
            raise RunError(
                f"{path}: its {name} was the Python object {part['name']!r}, which is "
                f"not stored; pass it: nlot.load({str(path.parent)!r}, {name}=...)"
            )
    return parts


def _refuse_code(path: Path, value: Any) -> None:
    """Raise `RunError` if settings name a Python file, which would run."""
    if not isinstance(value, Mapping):
        return
    if value.get("kind") == "python":
        raise RunError(
            f"{path}: its settings name {value['name']} of {value['file']}, hash "
            f"{value['sha256'][:16]}; to run that file say trust_code=True, or pass "
            "the function where it is a part of the problem"
        )
    for part in value.values():
        _refuse_code(path, part)


def _history(path: Path) -> list[dict[str, Any]]:
    table: Any = _readable(path.with_name(HISTORY), pd.read_csv)
    return table.to_dict("records")


def _readable(path: Path, read: Callable[[Path], Any]) -> Any:
    """What `read` finds at a path; raises `RunError` if it cannot."""
    try:
        return read(path)
    except (OSError, EOFError, ValueError, KeyError, BadZipFile, zlib.error) as error:
        raise RunError(f"{path}: damaged or missing: {error}") from error


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
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise RunError(f"{path}: unknown format; this version reads format {FORMAT}")
    return header
