"""Packages that import JAX only when it is needed."""

import importlib
from collections.abc import Callable, Mapping
from functools import partial
from types import ModuleType
from typing import Any

# The submodules that define the parts of a method.
_PARTS = {"Config": "config", "build": "training", "train": "training", "open": "run"}


def lazily(package: str, **homes: str) -> Callable[[str], Any]:
    """A module's `__getattr__` (PEP 562), for names that its submodules define.

    **Arguments:** `package` is the `__name__` of the module; `homes` maps each name to
    the submodule that defines it, which is imported when the name is first used. The
    default are the parts of a method.

    **Returns:** a function that returns the value of a name, and raises
    `AttributeError` for any other name.
    """
    return partial(_find, package, homes or _PARTS)


def home(module: ModuleType, name: str) -> str:
    """The full name of the module that defines a name of `module`.

    That module is not imported if `module` defines the name by `lazily`.
    """
    find = vars(module).get("__getattr__")
    if isinstance(find, partial) and name in find.args[1]:
        return f"{module.__name__}.{find.args[1][name]}"
    return getattr(module, name).__module__


def _find(package: str, homes: Mapping[str, str], name: str) -> Any:
    if name not in homes:
        raise AttributeError(f"module {package!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{package}.{homes[name]}"), name)
