"""One smoke run of the workflow, shared by the tests that look at it."""

import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from ..conftest import shared

ROOT = Path(__file__).parents[2]
SMOKE = ("--configfile", "config/smoke.yaml")
# Measures of next to nothing.
EVALUATION = {
    "paper": {"points": 16, "draws": 2, "max_iterations": 20},
    "exact": {"points": 32},
    "divergence": {"points": 32, "max_iterations": 20},
    "action": {"points": 16},
    "least_action": {"segments": 16},
    "ground_truth": {"points": 16, "candidates": 4},
}
# What a preset that extends the smoke one drops, to make one table and one figure.
DROPPED = {
    "tables": dict.fromkeys(("supplement", "ground_truth", "bounds", "table2")),
    "figures": dict.fromkeys(("figure2", "loss", "figure3", "figure4")),
}
# One problem, one method, one seed: jobs of seconds each.
TINY = {
    "extends": "smoke.yaml",
    "seeds": [0],
    "methods": {
        "nlot": {
            "steps": 24,
            "batch": 16,
            "pretraining": {"steps": 8},
            "report_every": 4,
            "annealing_steps": 8,
        }
    },
    "evaluation": EVALUATION,
    # Killed jobs go on from where they last said something.
    "resources": {"checkpoint_minutes": 0},
    "tables": {**DROPPED["tables"], "table1": {"methods": ["nlot"]}},
    "figures": DROPPED["figures"],
}
# Of a test that got stuck, in seconds, on a busy machine.
PATIENCE = 1800
Done = subprocess.CompletedProcess[str]


class Smoke(NamedTuple):
    """A finished smoke workflow: its folder, and what it printed."""

    folder: Path
    output: str


def copy_project(folder: Path) -> Path:
    """A copy of what the workflow consists of; the package stays where it is."""
    for name in ("config", "workflow"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "profiles").symlink_to("workflow/profiles")
    for name in ("Snakefile", "environment.yml"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def start(folder: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """Start snakemake in a folder, with this interpreter's environment.

    It and its jobs are a process group of their own.
    """
    binaries = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.Popen(
        [sys.executable, "-m", "snakemake", "--cores", "all", *arguments],
        cwd=folder,
        env={**os.environ, "PATH": binaries, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # What a hostile locale prints is read all the same.
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )


def snakemake(folder: Path, *arguments: str, **environment: str) -> Done:
    """Run snakemake to its end."""
    with start(folder, *arguments, **environment) as process:
        output, _ = process.communicate()
    return subprocess.CompletedProcess(arguments, process.returncode, output)


def wait_for(
    condition: Callable[[], bool], what: str, process: subprocess.Popen[str] | None
) -> None:
    """Wait until a condition holds, which `process`, where there is one, is to bring.

    Fails with the process's output once it has ended without.
    """
    end = time.monotonic() + PATIENCE
    while True:
        # Asked first: what holds now may be the last that it did.
        ended = process is not None and process.poll() is not None
        if condition():
            return
        if ended:
            output, _ = process.communicate()
            pytest.fail(f"{what}: snakemake ended, {process.returncode}:\n{output}")
        assert time.monotonic() < end, f"{what}: not within {PATIENCE} seconds"
        time.sleep(0.2)


@pytest.fixture(scope="session")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Smoke:
    """Made by one worker, for which the others wait."""
    folder = shared(tmp_path_factory) / "smoke"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        output = folder / "output.txt"
        if not output.exists():
            folder.mkdir()
            done = snakemake(copy_project(folder), *SMOKE)
            logs = "\n".join(
                f"== {path}\n{path.read_text()[-2000:]}"
                for path in sorted(folder.glob("results/smoke/logs/**/*.log"))
                if "Traceback" in path.read_text()
            )
            assert done.returncode == 0, done.stdout[-3000:] + logs
            output.write_text(done.stdout)
        return Smoke(folder, output.read_text())


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copy_project(tmp_path)


def tiny(project: Path) -> tuple[str, ...]:
    """The arguments for the tiny workflow, whose preset is written into `project`."""
    path = project / "config" / "tiny.yaml"
    path.write_text(yaml.safe_dump(TINY))
    return ("--configfile", "config/tiny.yaml")


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
