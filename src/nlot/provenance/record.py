"""The provenance of an artefact."""

import importlib.metadata
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nlot.provenance.fingerprints import config_hash

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


def provenance(settings: Any, seed: int, seconds: float) -> dict[str, Any]:
    """The provenance of something made from `settings` in that many seconds."""
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
    """The kind of device that JAX uses."""
    import jax

    return jax.devices()[0].device_kind


def _commit() -> str | None:
    """The checkout's commit, marked if the package has changes; None without one.

    An installed package may lie in somebody else's checkout: that must have it, too.
    """
    try:
        head, _ = _git("rev-parse", "HEAD", "HEAD:./").split()
        changed = _git("status", "--porcelain", "--", ".")
    except (OSError, subprocess.CalledProcessError):
        return None
    return f"{head}-dirty" if changed else head


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(_ROOT), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.strip()
