"""Disks that are full or read-only: an error with the file's name, and nothing else."""

import errno
import os
import re
import resource
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from nlot.methods.stored import write_run
from nlot.networks.velocity_fields import Trajectories
from nlot.provenance.files import whole_file, write_csv
from nlot.reporting.style import save_figure
from nlot.runs.data import write_trajectories
from nlot.training.streams import stream

# Larger than the disks of the tests, and with nothing in it to compress.
NOISE = np.random.default_rng(0).normal(size=(2, 20_000, 2))
LIMIT = 64 * 1024


def figure() -> Figure:
    drawn = Figure()
    axes = drawn.subplots()
    axes.plot(*NOISE[0].T)
    axes.imshow(NOISE[0].reshape(200, 200))
    return drawn


def text(path: Path) -> None:
    with whole_file(path) as temporary:
        temporary.write_text(" ".join(map(str, NOISE.ravel())), encoding="utf-8")


# Each way in which results are written, and the file that is too large.
WRITERS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "rows": ("rows.csv", lambda path: write_csv(pd.DataFrame(NOISE[0]), path)),
    "table": ("table1.tex", text),
    "weights": ("model.eqx", lambda path: write_run(path.parent, {}, NOISE, [])),
    "history": (
        "history.csv",
        lambda path: write_run(
            path.parent, {}, (), [{"step": i} for i in range(20000)]
        ),
    ),
    "samples": (
        "seed_0.npz",
        lambda path: write_trajectories(
            path, Trajectories(NOISE, NOISE), {}, stream(0, "test")
        ),
    ),
    "figure": ("figure1.pdf", lambda path: save_figure(figure(), path)),
    "picture": ("figure1.png", lambda path: save_figure(figure(), path)),
}


@pytest.fixture
def small_files() -> Iterator[None]:
    """No file of this process grows beyond the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def disk() -> Iterator[Path]:
    """A disk of its own, of the size of the limit; only root may have one.

    Not in pytest's folder, which could not be cleared if the tests were killed.
    """
    path = Path(tempfile.mkdtemp(prefix="nlot-disk-"))
    size = f"size={LIMIT}"
    mount = ["mount", "-t", "tmpfs", "-o", size, "nlot-tests", str(path)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        path.rmdir()
        pytest.skip(f"needs a disk of its own: {done.stderr.strip()}")
    yield path
    subprocess.run(["umount", str(path)], check=True)
    path.rmdir()


def check_refusal(folder: Path, writer: str, fault: int) -> None:
    """The error names the file; the old one is whole and no other is left."""
    name, write = WRITERS[writer]
    path = folder / name
    path.write_text("old")
    before = set(os.listdir(folder))
    with pytest.raises(OSError, match=re.escape(str(path))) as caught:
        write(path)
    assert caught.value.errno == fault
    assert path.read_text() == "old"
    # A run's history is written before its weights, and small here.
    assert set(os.listdir(folder)) - before <= {"history.csv"}


@pytest.mark.parametrize("writer", WRITERS)
def test_a_file_that_outgrows_its_limit(tmp_path, small_files, writer):
    check_refusal(tmp_path, writer, errno.EFBIG)


@pytest.mark.parametrize("writer", WRITERS)
def test_a_full_disk(disk, writer):
    check_refusal(disk, writer, errno.ENOSPC)


@pytest.mark.parametrize("writer", WRITERS)
def test_a_read_only_disk(disk, writer):
    path = disk / WRITERS[writer][0]
    path.write_text("old")
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    with pytest.raises(OSError, match=f"Read-only file system: '{disk}") as caught:
        WRITERS[writer][1](path)
    assert caught.value.errno == errno.EROFS
    assert path.read_text() == "old"
    assert os.listdir(disk) == [path.name]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError, match=str(tmp_path)):
        write_csv(pd.DataFrame({"a": [1]}), tmp_path / "rows.csv")
    tmp_path.chmod(0o700)
    assert os.listdir(tmp_path) == []


def test_a_file_in_place_of_a_folder(tmp_path):
    (tmp_path / "results").write_text("")
    with pytest.raises(FileExistsError, match="results"):
        write_csv(pd.DataFrame({"a": [1]}), tmp_path / "results" / "rows.csv")
