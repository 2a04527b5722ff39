"""Hashes of functions, and of objects that hold some, to tell them apart."""

import dataclasses
import functools
import hashlib
import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np


def function_hash(value: Any) -> str | None:
    """Hash of a function, or of an object by its fields; None for anything else.

    For a function it covers its source, or its bytecode if there is none; its defaults;
    and the variables outside that it names: numbers, arrays, and functions of the same
    package.
    """
    if not callable(value) and not dataclasses.is_dataclass(value):
        return None
    text = "\0".join(_texts(value, {}))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _texts(value: Any, seen: dict[int, Any]) -> Iterator[str]:
    """Texts that differ if values do, in a fixed order."""
    if id(value) in seen:
        return
    if isinstance(value, bool | int | float | complex | str | bytes | None):
        yield repr(value)
        return
    # Kept alive, as the next object could take over its number.
    seen[id(value)] = value
    if isinstance(value, Mapping):
        for key in sorted(value, key=str):
            yield str(key)
            yield from _texts(value[key], seen)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part, seen)
    elif inspect.ismodule(value):
        yield value.__name__
    elif hasattr(value, "__array__"):
        array = np.asarray(value)
        yield f"{array.dtype} {array.shape}"
        yield hashlib.sha256(array.tobytes()).hexdigest()
    elif isinstance(value, functools.partial):
        yield from _texts([value.func, value.args, value.keywords], seen)
    elif inspect.ismethod(value):
        yield from _texts([value.__func__, value.__self__], seen)
    elif inspect.isfunction(inspect.unwrap(value)):
        yield from _of_function(inspect.unwrap(value), seen)
    elif hasattr(value, "__qualname__"):
        # A class, or a function of a library's own kind.
        yield f"{value.__module__} {value.__qualname__}"
    else:
        yield type(value).__qualname__
        called = inspect.unwrap(type(value).__call__) if callable(value) else None
        # The code of this package is known by its version.
        if inspect.isfunction(called) and _package(called) != _package(_texts):
            yield from _of_function(called, seen)
        yield from _texts(getattr(value, "__dict__", None), seen)


def _of_function(function: Any, seen: dict[int, Any]) -> Iterator[str]:
    try:
        yield inspect.getsource(function)
    # Typed at a prompt, or compiled.
    except (OSError, TypeError):
        code = function.__code__
        yield repr((code.co_code, code.co_names, code.co_consts))
    outside = inspect.getclosurevars(function)
    yield from _texts([function.__defaults__, function.__kwdefaults__], seen)
    for name, value in sorted({**outside.globals, **outside.nonlocals}.items()):
        yield name
        if _package(value) in (None, _package(function)):
            yield from _texts(value, seen)


def _package(value: Any) -> str | None:
    """The top-level package that defines a function or class; None for other values."""
    module = getattr(value, "__module__", None)
    return module.partition(".")[0] if callable(value) and module else None
