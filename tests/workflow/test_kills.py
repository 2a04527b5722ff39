"""However often the workflow is killed, it ends with what it would have made at once.

KILLS=20 in the environment kills it so many times; a few by default.
"""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nlot import load
from nlot.ground_truth.truth import load_truth

from .conftest import copy_project, snakemake, start, tiny

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

KILLS = int(os.environ.get("KILLS", "4"))
# The table, all rows and a figure; `all` would only draw more of the same.
TARGETS = ("tables", "results/tiny/rows.csv", "results/tiny/figures/figure1.png")
# How a whole file of a kind begins and ends.
MARKS = {
    ".png": (b"\x89PNG\r\n", b"IEND\xaeB`\x82"),
    ".pdf": (b"%PDF-", b"%%EOF\n"),
    ".html": (b"<", b">\n"),
}


def check_results(folder: Path) -> int:
    """Open every result that is there; returns how many. Logs may end anywhere."""
    results, number = folder / "results", 0
    for path in results.rglob("*"):
        if path.is_dir() or path.name.startswith(".") or path.suffix == ".log":
            continue
        number += 1
        if path.name == "model.eqx":
            load(path.parent)
        elif path.suffix == ".npz":
            load_truth(path)
        elif path.suffix == ".csv":
            assert len(pd.read_csv(path, comment="#")) > 0, path
        elif path.suffix in MARKS:
            begin, end = MARKS[path.suffix]
            whole = path.read_bytes()
            assert whole.startswith(begin) and whole.endswith(end), path
        else:
            assert path.stat().st_size > 0, path
    return number


def alive(folder: Path) -> list[str]:
    """Processes that work in `folder`."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").resolve() == folder:
                found.append((process / "cmdline").read_text())
        except OSError:
            # It ended meanwhile, or is not ours.
            continue
    return found


def rows(folder: Path) -> pd.DataFrame:
    """As text, to the last digit; how long it took is another every time."""
    table = pd.read_csv(folder / "results" / "tiny" / "rows.csv", dtype=str)
    return table.drop(columns="minutes")


def run_and_kill(folder: Path, arguments: tuple[str, ...], seconds: float) -> bool:
    """Whether the workflow was killed before its end."""
    with start(folder, *arguments) as process:
        try:
            output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            # The kernel needs a moment to end all of them.
            for _ in range(100):
                if not alive(folder):
                    return True
                time.sleep(0.1)
            raise AssertionError(f"still alive: {alive(folder)}") from None
    assert process.returncode == 0, output
    return False


@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="needs /proc")
def test_killed_again_and_again(tmp_path: Path) -> None:
    """SIGKILL to all of it at random moments, unlock, go on, in the end the same."""
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for folder in (whole, killed):
        folder.mkdir()
        arguments = (*tiny(copy_project(folder)), "--rerun-incomplete", "--", *TARGETS)
    started = time.monotonic()
    done = snakemake(whole, *arguments)
    assert done.returncode == 0, done.stdout
    duration = time.monotonic() - started
    expected = rows(whole)
    files = check_results(whole)

    rng, kills, seen = np.random.default_rng(0), 0, []
    while kills < KILLS:
        if not run_and_kill(killed, arguments, rng.uniform(0.1, 0.6) * duration):
            # Done before its time: once more from nothing.
            pd.testing.assert_frame_equal(rows(killed), expected)
            shutil.rmtree(killed / "results")
            continue
        kills += 1
        seen.append(check_results(killed))
        done = snakemake(killed, *arguments[:2], "--unlock")
        assert done.returncode == 0, done.stdout
    print(f"{duration:.0f} s at once; whole files after each of {kills} kills: {seen}")

    done = snakemake(killed, *arguments)
    assert done.returncode == 0, done.stdout
    pd.testing.assert_frame_equal(rows(killed), expected)
    assert check_results(killed) == files
    hidden = [path for path in (killed / "results").rglob(".*") if path.is_file()]
    assert hidden == []
