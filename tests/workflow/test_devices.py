"""No two jobs of one machine get the same GPU."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .conftest import ROOT

# Says what JAX would find, and holds it until its input ends.
JOB = """
import os, sys
from devices import devices
with devices(int(sys.argv[1])):
    names = "CUDA_VISIBLE_DEVICES", "JAX_PLATFORMS", "XLA_PYTHON_CLIENT_PREALLOCATE"
    print(*[os.environ.get(name) for name in names], flush=True)
    sys.stdin.read()
"""
Job = subprocess.Popen[str]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Job]]:
    """Start a job that asks for a number of the GPUs that are visible."""
    jobs = []

    def begin(number: int, visible: str | None) -> Job:
        variables = {**os.environ, "TMPDIR": str(tmp_path)}
        for name in ("CUDA_VISIBLE_DEVICES", "JAX_PLATFORMS"):
            variables.pop(name, None)
        if visible is not None:
            variables["CUDA_VISIBLE_DEVICES"] = visible
        jobs.append(
            subprocess.Popen(
                [sys.executable, "-c", JOB, str(number)],
                cwd=ROOT / "workflow" / "scripts",
                env=variables,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        return jobs[-1]

    yield begin
    for job in jobs:
        job.kill()
        job.communicate()


def said(job: Job) -> list[str]:
    return job.stdout.readline().split()


def test_each_job_has_a_gpu_of_its_own(start) -> None:
    first, second = start(1, "3,5"), start(1, "3,5")
    assert {said(first)[0], said(second)[0]} == {"3", "5"}


def test_a_killed_job_gives_its_gpu_back(start) -> None:
    """The one that waits gets it, and gets no other."""
    whole = start(2, "0,1,2")
    assert said(whole)[0] == "0,1"
    last = start(1, "0,1,2")
    assert said(last)[0] == "2"
    waits = start(2, "0,1,2")
    with pytest.raises(subprocess.TimeoutExpired):
        waits.wait(timeout=2)
    whole.kill()
    assert said(waits)[0] == "0,1"


def test_gpus_that_somebody_chose_are_kept(start) -> None:
    """A cluster shows each job its own; on one machine they may all be called 0."""
    first, second = start(1, "0"), start(1, "0")
    assert said(first) == said(second) == ["0", "None", "false"]
    assert said(start(1, None)) == ["None", "None", "false"]


def test_a_job_that_asks_for_none_gets_none(start) -> None:
    assert said(start(0, "0,1"))[1] == "cpu"
