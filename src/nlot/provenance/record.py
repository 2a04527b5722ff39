"""Where an artefact comes from, and what invalidates it."""

import ast
import hashlib
import importlib.metadata
import importlib.util
import json
import platform
import subprocess
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

_PACKAGES = (
    "jax",
    "jaxlib",
    "equinox",
    "optax",
    "optimistix",
    "diffrax",
    "numpy",
    "scipy",
    "POT",
)
_ROOT = Path(__file__).parent.parent


def config_hash(data: Any) -> str:
    """Hash of a JSON-like value, independent of the order of its keys."""
    text = json.dumps(data, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def fingerprint(module: str) -> str:
    """Hash of the code that `nlot.<module>` runs: its own and that of its imports.

    The configuration's classes do not count, as what they hold is compared by itself.
    Comments, docstrings and layout do not count, so cosmetic edits invalidate nothing,
    while any change of the numerics, or of data files beside a module, does.
    """
    seen: dict[str, str] = {}
    _collect(f"nlot.{module}", seen)
    return config_hash(seen)


def _collect(name: str, seen: dict[str, str]) -> None:
    spec = importlib.util.find_spec(name)
    if name in seen or spec is None or spec.origin is None:
        return
    if name.startswith("nlot.config"):
        return
    seen[name], imports = _read(Path(spec.origin).read_text(encoding="utf-8"))
    _collect_data(Path(spec.origin).parent, seen)
    for module, names in imports:
        _collect(module, seen)
        for inner in names:
            if _is_module(inner):
                _collect(inner, seen)


# Most modules are among the imports of many.
@cache
def _read(source: str) -> tuple[str, list[tuple[str, list[str]]]]:
    """Hash of a module's code; the modules that it imports, and names from each."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and _is_docstring(body[0]):
            del body[0]
    imports = [
        (str(node.module), [f"{node.module}.{alias.name}" for alias in node.names])
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("nlot")
    ]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest(), imports


def _collect_data(folder: Path, seen: dict[str, str]) -> None:
    """Templates and tables that lie beside a module."""
    for path in sorted(folder.rglob("*") if folder != _ROOT else ()):
        if path.suffix in {".csv", ".html", ".tex", ".yaml"}:
            seen[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()


def _is_docstring(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _is_module(name: str) -> bool:
    relative = Path(*name.split(".")[1:])
    return (_ROOT / relative).with_suffix(".py").is_file()


def provenance(settings: Any, seed: int, seconds: float) -> dict[str, Any]:
    """Where something comes from that was made of `settings` in so many seconds."""
    return {
        "commit": _commit(),
        "versions": versions(),
        "device": device_kind(),
        "platform": f"{platform.system()} {platform.machine()}",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "config_hash": config_hash(settings),
        "seed": seed,
        "minutes": round(seconds / 60, 4),
    }


def versions() -> dict[str, str]:
    """Versions of the package, of Python, and of what results depend on."""
    return {
        "nlot": importlib.metadata.version("nlot"),
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in _PACKAGES},
    }


def device_kind() -> str:
    """What JAX computes on."""
    import jax

    return jax.devices()[0].device_kind


def _commit() -> str | None:
    """The checkout's commit, marked where the package differs; None outside of one."""
    try:
        head = _git("rev-parse", "HEAD")
        changed = _git("status", "--porcelain", "--", ".")
    except (OSError, subprocess.CalledProcessError):
        return None
    return f"{head}-dirty" if changed else head


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(_ROOT), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.strip()
