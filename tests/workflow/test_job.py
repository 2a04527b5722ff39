"""What a script of the workflow does when its job ends early."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nlot.provenance import files

from .conftest import ROOT

# A job in the middle of writing a result. The modules by themselves: the package
# imports JAX.
SCRIPT = """
import runpy, sys, time
from types import SimpleNamespace

scripts, files, action = sys.argv[1:]
sys.path.insert(0, scripts)
from job import job
whole_file = runpy.run_path(files)["whole_file"]

with job(SimpleNamespace(threads=1, log=["job.log"], resources={})):
    with whole_file("rows.csv") as temporary:
        temporary.write_text("half")
        print("in the log", flush=True)
        print("writing", file=sys.__stdout__, flush=True)
        if action == "fail":
            raise ValueError("gr\\u00f6\\u00dfer than one")
        # In short pieces: Python only notices a signal that comes just before a sleep
        # when that sleep is over.
        for _ in range(600):
            time.sleep(0.1)
"""


def command(action: str) -> list[str]:
    scripts = ROOT / "workflow" / "scripts"
    return [sys.executable, "-c", SCRIPT, str(scripts), files.__file__, action]


@pytest.fixture
def writing(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    (tmp_path / "rows.csv").write_text("old")
    with subprocess.Popen(
        command("wait"),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout and process.stdout.readline() == "writing\n"
        yield process
        process.kill()


def test_a_cancelled_job_leaves_nothing_half_written(tmp_path, writing) -> None:
    writing.send_signal(signal.SIGTERM)
    assert writing.wait(30) == 128 + signal.SIGTERM
    assert {path.name for path in tmp_path.iterdir()} == {"rows.csv", "job.log"}
    assert (tmp_path / "rows.csv").read_text() == "old"
    assert (tmp_path / "job.log").read_text() == "in the log\n"


@pytest.mark.parametrize("locale", ["C", "POSIX", "C.UTF-8", "xx_XX.unknown"])
def test_a_failed_job_says_so_in_any_locale(tmp_path, locale) -> None:
    """In one line on the terminal, and with its traceback in the log."""
    environment = {"LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        command("fail"), cwd=tmp_path, env=environment, capture_output=True, check=False
    )
    assert done.returncode == 1
    error = done.stderr.decode("utf-8", "replace")
    assert error.startswith("ValueError: gr")
    assert error.count("\n") == 1
    log = (tmp_path / "job.log").read_text(encoding="utf-8")
    assert "Traceback" in log
    assert "ValueError: größer than one" in log
    assert not (tmp_path / "rows.csv").exists()
