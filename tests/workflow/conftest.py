"""One smoke run of the workflow, shared by the tests that look at it."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
SMOKE = ("--configfile", "config/smoke.yaml")
Done = subprocess.CompletedProcess[str]


class Smoke(NamedTuple):
    """A finished smoke workflow: its folder, what it printed, and how long it took."""

    folder: Path
    output: str
    seconds: float


def copy_project(folder: Path) -> Path:
    """A copy of what the workflow consists of; the package stays where it is."""
    for name in ("config", "workflow"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("Snakefile", "environment.yml"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def snakemake(folder: Path, *arguments: str, **environment: str) -> Done:
    """Run snakemake in a folder, with this interpreter's environment."""
    binaries = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "all", *arguments],
        cwd=folder,
        env={**os.environ, "PATH": binaries, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


@pytest.fixture(scope="session")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Smoke:
    folder = copy_project(tmp_path_factory.mktemp("smoke"))
    started = time.monotonic()
    done = snakemake(folder, *SMOKE)
    seconds = time.monotonic() - started
    logs = "\n".join(
        f"== {path}\n{path.read_text()[-2000:]}"
        for path in sorted(folder.glob("results/smoke/logs/**/*.log"))
        if "Traceback" in path.read_text()
    )
    assert done.returncode == 0, done.stdout[-3000:] + logs
    return Smoke(folder, done.stdout, seconds)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copy_project(tmp_path)


@pytest.fixture
def planned() -> Callable[[Done], set[str]]:
    """The rules that a dry run would run."""

    def read(done: Done) -> set[str]:
        assert done.returncode == 0, done.stdout
        rows = (
            done.stdout.split("Job stats:")[-1].splitlines()[3:]
            if ("Job stats:" in done.stdout)
            else []
        )
        names = set()
        for row in rows:
            if not row.strip() or row.startswith("total"):
                break
            names.add(row.split()[0])
        return names

    return read
