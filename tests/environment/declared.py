"""What the package declares to depend on."""

import tomllib
from itertools import chain
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
EXTRAS = PROJECT["optional-dependencies"]
# Of these an environment has one.
ACCELERATORS = ["cpu", "cuda12"]


def requirements(*extras: str) -> dict[str, Requirement]:
    """Direct dependencies by name: those of the package and of the extras named."""
    lines = chain(PROJECT["dependencies"], *(EXTRAS[extra] for extra in extras))
    found: dict[str, Requirement] = {}
    for requirement in map(Requirement, lines):
        if requirement.name == PROJECT["name"]:
            # An extra may build on others.
            found |= requirements(*requirement.extras)
        else:
            found[canonicalize_name(requirement.name)] = requirement
    return found
