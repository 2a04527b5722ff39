"""The three descriptions of the environment agree, and `make` guards its creation."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from .declared import ACCELERATORS, EXTRAS, PROJECT, PYPROJECT, ROOT, requirements

# The same software under conda's own names.
CONDA_NAMES = {"matplotlib-base": "matplotlib", "snakemake-minimal": "snakemake"}

PIN = re.compile(
    r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;]+)(?P<marker> ; .+)? \\"
)
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")


def lock(extra: str) -> dict[str, str]:
    """Locked version by name."""
    pins = map(
        PIN.fullmatch, (ROOT / f"requirements/{extra}.txt").read_text().split("\n")
    )
    return {canonicalize_name(pin["name"]): pin["version"] for pin in pins if pin}


def conda() -> dict[str, str]:
    """Version by name of the packages that environment.yml pins, also by pip."""
    entries = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    *entries, last = entries
    pairs = [entry.split("==") for entry in [*entries, *last["pip"]] if "==" in entry]
    return {CONDA_NAMES.get(name, name): version for name, version in pairs}


@pytest.mark.parametrize("extra", ACCELERATORS)
def test_lock_holds_only_pins_with_hashes(extra: str) -> None:
    """No host, address, option or comment: nothing but names, versions, hashes."""
    lines = (ROOT / f"requirements/{extra}.txt").read_text().splitlines()
    other = [
        line for line in lines if not PIN.fullmatch(line) and not HASH.fullmatch(line)
    ]
    assert not other
    after_pins = [
        after
        for line, after in zip(lines, [*lines[1:], ""], strict=True)
        if PIN.fullmatch(line)
    ]
    assert all(HASH.fullmatch(after) for after in after_pins)
    assert len(after_pins) == len(lock(extra)), "a package is locked twice"


@pytest.mark.parametrize("extra", ACCELERATORS)
def test_lock_satisfies_pyproject(extra: str) -> None:
    """Every dependency of an extra is locked, at a version within its bounds."""
    locked = lock(extra)
    direct = requirements(extra, *(EXTRAS.keys() - ACCELERATORS))
    build = map(Requirement, PYPROJECT["build-system"]["requires"])
    for name, requirement in [*direct.items(), *((r.name, r) for r in build)]:
        assert name in locked, f"{name} is not in the lock: run `make lock`"
        assert Version(locked[name]) in requirement.specifier, requirement


def test_locks_differ_only_by_the_accelerator() -> None:
    cpu, cuda = lock("cpu"), lock("cuda12")
    assert cpu.items() <= cuda.items()
    assert all(name.startswith(("nvidia-", "jax-cuda")) for name in cuda.keys() - cpu)


def test_environment_yml_has_the_locked_versions() -> None:
    """What runs it, on a cluster too, and tests it; `-e .` adds the package itself."""
    pinned, locked = conda(), lock("cpu")
    # pip's `snakemake[reports]` stands for snakemake and this package.
    expected = {*requirements("slurm", "test"), "pygments"}
    assert pinned == {name: locked[name] for name in expected}


def test_environment_yml_installs_the_package_from_here() -> None:
    entries = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    *entries, last = entries
    loose = [entry for entry in [*entries, *last["pip"]] if "==" not in entry]
    requires_python = PROJECT["requires-python"]
    assert loose == [f"python{requires_python}", "pip", "-e ."]


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    # What a surrounding `make` hands down would override the arguments.
    handed_down = {"MAKEFLAGS", "MAKEOVERRIDES", "MFLAGS", "EXTRA", "PYTHON", "VENV"}
    return subprocess.run(
        ["make", *arguments],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if k not in handed_down},
        capture_output=True,
        text=True,
    )


needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="make is missing")


@needs_make
def test_make_refuses_an_unknown_extra() -> None:
    done = make("EXTRA=tpu", "help")
    assert done.returncode != 0
    assert "EXTRA=tpu is unknown; choose one of: cpu cuda12" in done.stderr


@needs_make
def test_make_refuses_an_unknown_study() -> None:
    done = make("STUDY=dense", "help")
    assert done.returncode
    assert "STUDY=dense is unknown" in done.stderr
    assert "density" in done.stderr


@needs_make
def test_make_reproduces_a_study() -> None:
    done = make("-n", "STUDY=density", "reproduce")
    assert "--configfile config/density.yaml" in done.stdout


@needs_make
def test_make_refuses_an_old_python(tmp_path: Path) -> None:
    """The interpreter is asked for its version before anything is created."""
    old = tmp_path / "python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = make(f"PYTHON={old}", f"VENV={tmp_path / 'venv'}", "env")
    assert done.returncode != 0
    assert "needs Python 3.11 or newer" in done.stderr
    assert not (tmp_path / "venv").exists()


@needs_make
def test_make_refuses_a_path_with_a_space() -> None:
    done = make("VENV=/a b", "env")
    assert done.returncode != 0
    assert "has a space in it" in done.stderr
