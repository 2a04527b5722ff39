"""The workflow on a real Slurm: what fails is done again, and nothing else is.

Slurm runs on this machine, as root, with GPUs that are none; see slurm_cluster.sh.
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from nlot import load

from .conftest import DROPPED, EVALUATION, PATIENCE, wait_for

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

CLUSTER = Path(__file__).with_name("slurm_cluster.sh")
PROGRAMS = ("slurmctld", "slurmd", "sbatch", "munged")
# What differs from the smoke preset, to go from data to tables in a few short jobs.
PRESET = {
    "extends": "smoke.yaml",
    "seeds": [0, 1],
    "evaluation": EVALUATION,
    "tables": {**DROPPED["tables"], "table1": {"methods": ["nlot"], "controls": []}},
    "figures": DROPPED["figures"],
    "resources": {"gpu": 1},
}
RUN = "box/nlot/seed_0"
TRAINING = "rule_train_wildcards_box_nlot_{}"
EVALUATING = "rule_evaluate_wildcards_box_nlot"

Job = dict[str, str]


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    """Slurm, for the tests of one process at a time."""
    path = os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/sbin"])
    missing = [name for name in PROGRAMS if not shutil.which(name, path=path)]
    if missing:
        pytest.skip(f"Slurm is not installed: no {', '.join(missing)}")
    if os.geteuid():
        pytest.skip("Slurm can only be started by root")
    with Path(tempfile.gettempdir(), "nlot-slurm.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Slurm's sockets want a short path, and munge's user one that it may enter.
        folder = tempfile.mkdtemp(prefix="nlot-slurm-")
        subprocess.run([CLUSTER, "start", folder], check=True)
        try:
            yield
        finally:
            subprocess.run([CLUSTER, "stop", folder], check=True)
            shutil.rmtree(folder)


class Cluster:
    """Snakemake with the profile for Slurm, in a copy of the project."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.results = folder / "results" / "cluster"
        binaries = os.pathsep.join(
            [str(Path(sys.executable).parent), os.environ["PATH"]]
        )
        self.environment = {**os.environ, "PATH": binaries}

    def configure(self, steps: int) -> None:
        nlot = {"steps": steps, "batch": 16, "pretraining": {"steps": 8}}
        path = self.folder / "config" / "cluster.yaml"
        path.write_text(yaml.safe_dump({**PRESET, "methods": {"nlot": nlot}}))

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [
            sys.executable,
            "-m",
            "snakemake",
            "--profile",
            "workflow/profiles/slurm",
        ]
        command += ["--configfile", "config/cluster.yaml"]
        # As seldom as by default, tests would mostly wait for the next question.
        command += ["--slurm-init-seconds-before-status-checks", "2"]
        command += ["--seconds-between-status-checks", "2"]
        return subprocess.Popen(
            [*command, *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, str]:
        """Exit status and output."""
        process = self.start(*arguments)
        output, _ = process.communicate(timeout=PATIENCE)
        return process.returncode, output

    def jobs(self) -> list[Job]:
        """Everything that Slurm knows about the jobs of this folder, oldest first."""
        command = ["scontrol", "--oneliner", "show", "job"]
        listing = subprocess.run(command, capture_output=True, text=True, check=True)
        found = [
            dict(re.findall(r"(\w+)=(\S+)", line))
            for line in listing.stdout.splitlines()
        ]
        mine = [job for job in found if job.get("WorkDir") == str(self.folder)]
        return sorted(mine, key=lambda job: int(job["JobId"]))

    def job_in_training(self, seed: int, main: subprocess.Popen[str]) -> str:
        """The number of the job that `main` submitted, once it makes steps."""
        log = self.results / "logs" / "train" / "box" / "nlot" / f"seed_{seed}.log"
        wait_for(
            lambda: log.exists() and "step" in log.read_text(),
            f"training {seed}",
            main,
        )
        name = TRAINING.format(seed)
        (number,) = [
            job["JobId"]
            for job in self.jobs()
            if job["Comment"] == name and job["JobState"] == "RUNNING"
        ]
        return number


@pytest.fixture
def workflow(project: Path) -> Cluster:
    return Cluster(project)


def test_failed_jobs_alone_are_done_again(workflow, capsys) -> None:
    """One is killed while it trains, another needs more memory than it asked for."""
    workflow.configure(steps=20)
    # Snakemake itself does not fit into the first.
    little = "ground_truth:mem_mb=300 if attempt == 1 else 4000"
    main = workflow.start("tables", "--set-resources", little)
    killed = workflow.job_in_training(0, main)
    subprocess.run(["scancel", "--full", "--signal=KILL", killed], check=True)
    output, _ = main.communicate(timeout=PATIENCE)
    jobs = workflow.jobs()
    with capsys.disabled():
        print("\n" + "\n".join(map(described, jobs)))
    assert main.returncode == 0, output

    attempts = defaultdict(list)
    for job in jobs:
        attempts[job["Comment"]].append(job)
    twice = {TRAINING.format(0), "rule_ground_truth_wildcards_box"}
    once = {TRAINING.format(1), "rule_table_wildcards_table1", EVALUATING}
    assert {name: len(jobs) for name, jobs in attempts.items()} == {
        **dict.fromkeys(twice, 2),
        **dict.fromkeys(once, 1),
    }
    for *failed, last in attempts.values():
        assert last["JobState"] == "COMPLETED"
        assert all(job["JobState"] in {"FAILED", "CANCELLED"} for job in failed)
    first, second = attempts[TRAINING.format(0)]
    assert first["JobId"] == killed
    # What the rule asks for, and twice that.
    assert [megabytes(first), megabytes(second)] == [2000, 4000]
    assert (first["TimeLimit"], second["TimeLimit"]) == ("00:30:00", "01:00:00")
    for name, (job, *_) in attempts.items():
        assert ("gpu:1" in gpus(job)) == ("train" in name), name

    for kind in ("csv", "md", "tex", "html"):
        assert (workflow.results / "tables" / f"table1.{kind}").stat().st_size
    status, output = workflow.run("tables", "--dry-run")
    assert status == 0
    assert "Nothing to be done" in output


def test_jobs_of_a_killed_run_do_not_spoil_the_next(workflow) -> None:
    model = f"results/cluster/runs/{RUN}/model.eqx"
    workflow.configure(steps=100_000)
    main = workflow.start(model)
    orphan = workflow.job_in_training(0, main)
    main.kill()
    main.communicate()
    workflow.configure(steps=20)

    status, output = workflow.run("--unlock")
    assert not status, output
    status, output = workflow.run(model)
    assert status
    assert f"scancel {orphan}" in output
    assert [job["JobState"] for job in workflow.jobs()] == ["RUNNING"]

    subprocess.run(["scancel", orphan], check=True)
    wait_for(lambda: workflow.jobs()[0]["JobState"] == "CANCELLED", "cancelling", None)
    status, output = workflow.run(model)
    assert not status, output
    assert [job["JobState"] for job in workflow.jobs()] == ["CANCELLED", "COMPLETED"]
    folder = workflow.results / "runs" / RUN
    assert load(folder).header["method_config"]["steps"] == 20
    # Nothing half-written lies beside the result.
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def described(job: Job) -> str:
    return (
        f"  Slurm job {job['JobId']} {job['Comment']}: {job['JobState']}, "
        f"{job['RunTime']} of {job['TimeLimit']}, {megabytes(job)} MB, "
        f"{gpus(job) or 'no GPU'}"
    )


def megabytes(job: Job) -> float:
    """The memory asked for, which Slurm prints in the largest unit that fits."""
    number, unit = re.fullmatch(r"([\d.]+)([MG])", job["MinMemoryNode"]).groups()
    return float(number) * {"M": 1, "G": 1024}[unit]


def gpus(job: Job) -> str:
    return job.get("TresPerJob", "") + job.get("TresPerNode", "")
