"""The wheel, with only the dependencies that it names, works in any folder."""

import os
import subprocess
import sys
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path

import numpy as np
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ..conftest import EUCLIDEAN, EVALUATION, NLOT_PLUS, SLAB
from .declared import ROOT

PROGRAM = Path(__file__).with_name("base_install.py")


def required(found: Distribution, extras: set[str]) -> list[Requirement]:
    lines = map(Requirement, found.requires or ())
    return [
        line
        for line in lines
        if line.marker is None
        or any(line.marker.evaluate({"extra": extra}) for extra in {"", *extras})
    ]


def link_dependencies(found: Distribution, folder: Path) -> set[str]:
    """Links to what a distribution requires, and what that requires; their names."""
    linked: dict[str, set[str]] = {}
    todo = required(found, set())
    while todo:
        line = todo.pop()
        name = canonicalize_name(line.name)
        if name in linked and line.extras <= linked[name]:
            continue
        linked[name] = linked.get(name, set()) | line.extras
        part = distribution(name)
        todo += required(part, linked[name])
        for top in {file.parts[0] for file in part.files or ()} - {"..", "__pycache__"}:
            if not (folder / top).exists():
                (folder / top).symlink_to(Path(str(part.locate_file(top))).absolute())
    return set(linked)


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The folder that `pip install` fills from the source, as it does for users."""
    folder = tmp_path_factory.mktemp("installed")
    offline = ["--no-index", "--no-deps", "--no-build-isolation"]
    command = ["pip", "install", "--quiet", *offline, "--target", folder, ROOT]
    subprocess.run([sys.executable, "-m", *command], cwd=folder, check=True)
    return folder


def test_the_wheel_has_every_file_of_the_package(installed) -> None:
    def files(package: Path) -> set[Path]:
        found = (path.relative_to(package) for path in package.rglob("*.*"))
        return {path for path in found if "__pycache__" not in path.parts}

    assert files(installed / "nlot") == files(ROOT / "src" / "nlot")


@pytest.mark.slow
def test_solves_saves_and_loads_elsewhere_without_extras(installed, tmp_path) -> None:
    rng = np.random.default_rng(0)
    for name, mean in (("before", -1.0), ("after", 1.0)):
        np.savez(tmp_path / f"{name}.npz", samples=rng.normal(mean, 0.1, (64, 2)))
    problem = {
        **SLAB,
        "lagrangian": EUCLIDEAN,
        "source": {"kind": "samples", "path": "before.npz"},
        "target": {"kind": "samples", "path": "after.npz"},
        "ground_truth": False,
    }
    preset = {
        "problems": {"mine": problem},
        "methods": {"nlot_plus": NLOT_PLUS},
        "evaluation": EVALUATION,
    }
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(preset))

    (wheel,) = distributions(path=[str(installed)])
    base = tmp_path / "base"
    base.mkdir()
    names = link_dependencies(wheel, base)
    assert "jax" in names and not names & {"matplotlib", "snakemake", "jinja2"}
    # No site-packages, no folder of the program: these two and the standard library.
    subprocess.run(
        [sys.executable, "-S", "-P", PROGRAM, installed],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": f"{installed}{os.pathsep}{base}"},
        check=True,
    )
