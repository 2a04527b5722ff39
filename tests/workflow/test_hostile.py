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

from .conftest import QUICK, copy_project, snakemake, start, tiny

pytestmark = pytest.mark.workflow

# One job of seconds, with a result that can be opened.
TARGET = "results/tiny/ground_truth/box.npz"
# Free space; the source is the test's.
BOX = {
    "target": {"kind": "uniform", "low": [1.0, -1.0], "high": [1.25, 1.0]},
    "lagrangian": {"kind": "newtonian"},
    "bounds": 1.5,
}
# Bytes are no UTF-8 here, numbers have their comma elsewhere, today is tomorrow, and
# there is no home.
HOSTILE = {
    **QUICK,
    "LC_ALL": "POSIX",
    "LANG": "de_DE.ISO-8859-1",
    "PYTHONUTF8": "0",
    "PYTHONCOERCECLOCALE": "0",
    "TZ": "Pacific/Kiritimati",
    # Snakemake needs a place for its cache all the same.
    "HOME": "/proc/no-home",
    "XDG_CACHE_HOME": "cache",
}


@pytest.fixture
def umask():
    """Files are private."""
    before = os.umask(0o077)
    yield
    os.umask(before)


def test_a_strange_path_locale_time_zone_mask_and_no_home(tmp_path, umask) -> None:
    folder = tmp_path / "größer als $1 & 'zwei'"
    folder.mkdir()
    copy_project(folder)
    done = snakemake(folder, *tiny(folder), "--", TARGET, **HOSTILE)
    assert done.returncode == 0, done.stdout
    truth = load_truth(folder / TARGET)
    assert np.isfinite(truth.optimum)
    assert stat.S_IMODE((folder / TARGET).stat().st_mode) == 0o600


def test_a_second_workflow_is_refused_and_spoils_nothing(project) -> None:
    arguments = (*tiny(project), "--", TARGET)
    with start(project, *arguments, **QUICK) as first:
        locks = project / ".snakemake" / "locks"
        while not (locks.is_dir() and any(locks.iterdir())):
            assert first.poll() is None, first.communicate()
            time.sleep(0.1)
        # The first waits, so that it cannot be over before the second has begun.
        os.killpg(first.pid, signal.SIGSTOP)
        second = snakemake(project, *arguments, **QUICK)
        os.killpg(first.pid, signal.SIGCONT)
        assert second.returncode != 0
        assert "Directory cannot be locked" in second.stdout
        assert "Traceback" not in second.stdout
        output, _ = first.communicate()
    assert first.returncode == 0, output
    load_truth(project / TARGET)


def test_results_that_cannot_be_written(project) -> None:
    """Not even root writes to a disk that is mounted for reading."""
    results = project / "results"
    results.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "ro", "nlot-tests", str(results)]
    made = subprocess.run(mount, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        pytest.skip(f"needs a disk of its own: {made.stderr.strip()}")
    try:
        done = snakemake(project, *tiny(project), "--", TARGET, **QUICK)
    finally:
        subprocess.run(["umount", str(results)], check=True)
    assert done.returncode != 0
    assert "Read-only file system" in done.stdout
    assert "results/tiny" in done.stdout


def test_samples_from_the_future_are_used_once(project, planned) -> None:
    """Not again and again until their time has come: their content is what counts."""
    points = np.random.default_rng(0).uniform(-1, 1, (64, 2))
    path = project / "later.npz"
    np.savez(path, samples=points)
    tomorrow = time.time() + 24 * 3600
    os.utime(path, (tomorrow, tomorrow))
    arguments = tiny(project)
    preset = project / "config" / "tiny.yaml"
    data = yaml.safe_load(preset.read_text())
    source = {"kind": "samples", "path": "later.npz"}
    data["tasks"] = {"mine": {**BOX, "source": source}}
    for section in ("table1", "figure1", "figure2"):
        data.setdefault(section, {})["tasks"] = ["mine"]
    preset.write_text(yaml.safe_dump(data))
    target = TARGET.replace("box", "mine")
    done = snakemake(project, *arguments, "--", target, **QUICK)
    assert done.returncode == 0, done.stdout
    again = snakemake(project, "-n", *arguments, "--", target)
    assert "ground_truth" not in planned(again)
