"""Places where the workflow is not at home: it works, or says by name what is wrong."""

import os
import signal
import stat
import subprocess
import time

import numpy as np
import pytest
import yaml

from nlot.ground_truth.truth import load_truth

from .conftest import copy_project, snakemake, start, tiny, wait_for
from .planner import plan

pytestmark = pytest.mark.workflow

# One job of seconds, with a result that can be opened.
TARGET = "results/tiny/ground_truth/box.npz"
# No home, a day that is another one, and what a bare machine or a batch job sets.
HOSTILE = {
    "LC_ALL": "POSIX",
    "LANG": "de_DE.ISO-8859-1",
    "TZ": "Pacific/Kiritimati",
    "HOME": "/proc/no-home",
}
# Files are ASCII to Python then; by itself it takes UTF-8 in such a locale.
ASCII = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.fixture
def umask():
    """Files are private."""
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "more"),
    [("größer als $1 & 'zwei'", {}), ("plain", ASCII)],
    ids=["strange path", "files in ASCII"],
)
def test_a_hostile_environment(tmp_path, umask, name, more) -> None:
    folder = tmp_path / name
    folder.mkdir()
    copy_project(folder)
    # Snakemake needs a place for its cache all the same.
    more = {"XDG_CACHE_HOME": str(tmp_path / "cache"), **more}
    done = snakemake(folder, *tiny(folder), "--", TARGET, **HOSTILE, **more)
    assert done.returncode == 0, done.stdout
    truth = load_truth(folder / TARGET)
    assert np.isfinite(truth.optimum)
    assert stat.S_IMODE((folder / TARGET).stat().st_mode) == 0o600


@pytest.mark.slow
def test_a_second_workflow_is_refused_and_spoils_nothing(project) -> None:
    settings = "results/tiny/preset.yaml"
    arguments = (*tiny(project), "--", settings)
    with start(project, *arguments) as first:
        locks = project / ".snakemake" / "locks"
        wait_for(lambda: locks.is_dir() and any(locks.iterdir()), "locking", first)
        # The first waits, so that it cannot be over before the second has begun.
        os.killpg(first.pid, signal.SIGSTOP)
        second = plan(project, *arguments)
        os.killpg(first.pid, signal.SIGCONT)
        assert second.returncode != 0
        assert "Directory cannot be locked" in second.stdout
        assert "Traceback" not in second.stdout
        output, _ = first.communicate()
    assert first.returncode == 0, output
    assert yaml.safe_load((project / settings).read_text())["preset"] == "tiny"


@pytest.mark.slow
def test_results_that_cannot_be_written(project) -> None:
    """Not even root writes to a disk that is mounted for reading."""
    results = project / "results"
    results.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "ro", "nlot-tests", str(results)]
    made = subprocess.run(mount, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        pytest.skip(f"needs a disk of its own: {made.stderr.strip()}")
    try:
        done = snakemake(project, *tiny(project), "--", TARGET)
    finally:
        subprocess.run(["umount", str(results)], check=True)
    assert done.returncode != 0
    assert "Read-only file system" in done.stdout
    assert "results/tiny" in done.stdout


def test_samples_from_the_future_are_refused(project) -> None:
    """Snakemake would throw away what is made from them, and only then."""
    path = project / "later.npz"
    np.savez(path, samples=np.random.default_rng(0).uniform(-1, 1, (64, 2)))
    mine = {
        "kind": "transport",
        "source": {"kind": "samples", "path": "later.npz"},
        "target": {"kind": "uniform", "low": [1.0, -1.0], "high": [1.25, 1.0]},
        "lagrangian": {"kind": "newtonian"},
    }
    preset = project / "config" / "mine.yaml"
    preset.write_text(yaml.safe_dump({"problems": {"mine": mine}}))
    tomorrow = time.time() + 24 * 3600
    os.utime(path, (tomorrow, tomorrow))
    done = plan(project, "--configfile", str(preset))
    assert done.returncode != 0
    assert "later.npz: was changed 86" in done.stdout
    assert not (project / "results").exists()
