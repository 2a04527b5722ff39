"""Functions from Python files of the user's own."""

import hashlib
import runpy
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pydantic
from pydantic import Field

from nlot.config.base import Part
from nlot.config.errors import unknown


class PythonConfig(Part):
    """A function in a Python file, which runs when the problem is loaded."""

    file: str = Field(
        min_length=1, description="the file, relative to the working directory"
    )
    name: str = Field(description="the function")
    sha256: str = Field("", description="of the file; found by itself")

    @pydantic.model_validator(mode="before")
    @classmethod
    def _with_hash(cls, data: Any) -> Any:
        if not isinstance(data, Mapping) or not isinstance(data.get("file"), str):
            return data
        try:
            found = hashlib.sha256(Path(data["file"]).read_bytes()).hexdigest()
        except OSError as error:
            raise ValueError(f"file: {data['file']}: not readable: {error}") from None
        if data.get("sha256") not in (None, "", found):
            raise ValueError(
                f"file: {data['file']} has changed: its hash is {found[:16]}…, not "
                f"{data['sha256'][:16]}…"
            )
        return {**data, "sha256": found}

    @property
    def files(self) -> tuple[str, ...]:
        """The file."""
        return (self.file,)

    def function(self) -> Callable[..., Any]:
        """The function; raises `ValueError` if the file fails or does not define it."""
        return _function(self.file, self.name, self.sha256)


@cache
def _function(file: str, name: str, sha256: str) -> Callable[..., Any]:
    try:
        defined = runpy.run_path(file)
    # SystemExit: a script that ends itself.
    except (Exception, SystemExit) as error:
        raise ValueError(f"{file}: {type(error).__name__}: {error}") from error
    functions = {k: v for k, v in defined.items() if callable(v) and k[0] != "_"}
    if name not in functions:
        raise ValueError(f"{file}: {unknown('function', name, functions)}")
    return functions[name]
