"""Hashes of settings and of code: results are rebuilt when these change."""

import ast
import hashlib
import importlib.util
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pydantic

_ROOT = Path(__file__).parent.parent
_PACKAGE = _ROOT.name
# Its classes hold settings, which are compared separately.
_SETTINGS = f"{_PACKAGE}.config"
# Functions that register measures and controls, and their texts for tables.
_REGISTERING = {"measure", "describe", "control", "derived"}
_WORDS = {"title", "label", "digits", "note", "lower_is_better"}


def config_hash(data: Any) -> str:
    """Hash of a JSON-like value, independent of the order of its keys."""
    text = json.dumps(data, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def fingerprint(*modules: str, words: bool = True) -> str:
    """Hash of the code that modules run: their own and that of their imports.

    **Arguments:** full names of modules, from this package or others. Their imports
    count if they are in this package or in the module's own top-level package. `words`
    says whether the texts of measures and controls in tables count; values do not
    depend on them.

    A data file counts for modules that contain its name. What cannot change a result is
    ignored: comments, docstrings, layout, imports for types alone (`if
    TYPE_CHECKING:`), the fields of classes called `Config` or `…Config`, whose values
    are compared separately, and modules that only appear in a registry of strings.

    Raises `ModuleNotFoundError` for a module without a source file.
    """
    tops = {_PACKAGE, *(name.partition(".")[0] for name in modules)}
    seen: dict[str, str] = {}
    for name in modules:
        if _source(name) is None:
            raise ModuleNotFoundError(f"{name}: no source file", name=name)
        _collect(name, tops, seen, words)
    return config_hash(seen)


def modules_of(settings: Any) -> tuple[str, ...]:
    """The modules of the classes that these settings configure, each once.

    For a problem these are the modules of its measures, Lagrangian and so on, in the
    package or registered from outside.
    """
    return tuple(dict.fromkeys(_modules(settings)))


def _modules(value: Any) -> Iterator[str]:
    if isinstance(value, pydantic.BaseModel):
        module = type(value).__module__
        if not _is_settings(module):
            yield module
        value = dict(value)
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for part in value:
            yield from _modules(part)


def _collect(name: str, tops: set[str], seen: dict[str, str], words: bool) -> None:
    path = _source(name)
    if name in seen or path is None or _is_settings(name):
        return
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    source = path.read_text(encoding="utf-8")
    seen[name], imports, data = _read(source, package, words)
    for file in _data_files(_ROOT):
        if file.name in data:
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            seen[file.relative_to(_ROOT).as_posix()] = digest
    for module, names in imports:
        if module.partition(".")[0] not in tops:
            continue
        inner = [f"{module}.{n}" for n in names if _source(f"{module}.{n}")]
        # A package counts for names of its own, not for its submodules.
        if len(inner) < len(names) or not names:
            _collect(module, tops, seen, words)
        for found in inner:
            _collect(found, tops, seen, words)


# Most modules are imported by many others.
@cache
def _read(
    source: str, package: str, words: bool
) -> tuple[str, list[tuple[str, list[str]]], frozenset[str]]:
    """A module's hash, its imports with names from each, and its string literals."""
    bare = _Bare() if words else _Wordless()
    tree = bare.visit(ast.parse(source))
    imports: list[tuple[str, list[str]]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imports += [(alias.name, []) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            whole = importlib.util.resolve_name(module, package)
            imports.append((whole, [alias.name for alias in node.names]))
    stated = frozenset(
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest(), imports, stated


class _Bare(ast.NodeTransformer):
    """Removes what cannot change a result from a module."""

    def generic_visit(self, node: ast.AST) -> ast.AST:
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and _is_docstring(body[0]):
            del body[0]
        return super().generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST | None:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return None
        return self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        if node.name.endswith("Config"):
            node.body = [part for part in node.body if not _is_field(part)]
        return self.generic_visit(node)


class _Wordless(_Bare):
    """Also removes the texts for tables where measures and controls are registered."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Name) and node.func.id in _REGISTERING:
            first, *rest = node.args
            node.args = [first, *(arg for arg in rest if not _is_words(arg))]
            node.keywords = [k for k in node.keywords if k.arg not in _WORDS]
        return self.generic_visit(node)


def _is_words(node: ast.AST) -> bool:
    """Text, or the number of digits."""
    return isinstance(node, ast.Constant | ast.JoinedStr)


def _is_docstring(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _is_field(node: ast.AST) -> bool:
    return isinstance(node, ast.AnnAssign) and "ClassVar" not in ast.dump(
        node.annotation
    )


def _is_settings(name: str) -> bool:
    return name == _SETTINGS or name.startswith(f"{_SETTINGS}.")


def _source(name: str) -> Path | None:
    """The file of a module, found without importing it; None if there is none."""
    top, *rest = name.split(".")
    if top == _PACKAGE:
        folders = [str(_ROOT)]
    else:
        spec = importlib.util.find_spec(top)
        if spec is None:
            return None
        if not rest and spec.origin is not None:
            return Path(spec.origin)
        folders = list(spec.submodule_search_locations or ())
    for folder in folders:
        path = Path(folder, *rest)
        for file in (path.with_suffix(".py"), path / "__init__.py"):
            if file.is_file():
                return file
    return None


@cache
def _data_files(root: Path) -> tuple[Path, ...]:
    """Tables, templates and texts of the package."""
    return tuple(
        path
        for path in sorted(root.rglob("*"))
        if path.suffix in {".csv", ".html", ".md", ".tex", ".txt", ".yaml"}
    )
