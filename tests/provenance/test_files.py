import os
import re
import signal
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest

from nlot.provenance import files
from nlot.provenance.files import whole_file, write_csv


def test_a_file_appears_when_its_block_ends(tmp_path):
    path = tmp_path / "new" / "rows.csv"
    with whole_file(path) as temporary:
        temporary.write_text("whole")
        assert temporary.suffix == path.suffix
        assert not path.exists()
    assert path.read_text() == "whole"
    assert os.listdir(path.parent) == ["rows.csv"]


def test_an_exception_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), whole_file(path) as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["rows.csv"]


def test_an_exception_leaves_no_file_where_there_was_none(tmp_path):
    with pytest.raises(ValueError), whole_file(tmp_path / "rows.csv"):
        raise ValueError
    assert os.listdir(tmp_path) == []


def test_results_are_as_readable_as_other_files(tmp_path):
    with whole_file(tmp_path / "result") as temporary:
        temporary.write_text("")
    (tmp_path / "other").write_text("")
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert len(modes) == 1


def test_tables_are_written_without_their_index(tmp_path):
    table = pd.DataFrame({"task": ["box", "well"], "value": [0.1, 2.0]}, index=[7, 9])
    write_csv(table, tmp_path / "rows.csv")
    pd.testing.assert_frame_equal(
        pd.read_csv(tmp_path / "rows.csv"), table.reset_index(drop=True)
    )


# The module by itself: the package imports JAX.
WRITER = """
import runpy, sys, time
whole_file = runpy.run_path(sys.argv[1])["whole_file"]

with whole_file(sys.argv[2]) as temporary:
    temporary.write_text("half")
    print("writing", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def writer(tmp_path):
    """Another process in the middle of writing rows.csv."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, files.__file__, tmp_path / "rows.csv"],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "writing\n"
        yield process
        process.kill()


def hidden(folder):
    return [path for path in folder.iterdir() if path.name.startswith(".")]


def test_what_a_killed_writer_left_is_removed_by_the_next(tmp_path, writer):
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    (leftover,) = hidden(tmp_path)
    assert leftover.read_text() == "half"
    # Another file's leftovers are another writer's business.
    others = [tmp_path / ".row.abcdefgh.csv", tmp_path / ".rows.abcdefgh.md"]
    for path in others:
        path.touch()
    with whole_file(tmp_path / "rows.csv") as temporary:
        temporary.write_text("whole")
    assert (tmp_path / "rows.csv").read_text() == "whole"
    assert sorted(hidden(tmp_path)) == sorted(others)


def test_what_another_process_is_writing_is_left_to_it(tmp_path, writer):
    (theirs,) = hidden(tmp_path)
    with whole_file(tmp_path / "rows.csv") as temporary:
        temporary.write_text("whole")
    assert theirs.read_text() == "half"
    assert (tmp_path / "rows.csv").read_text() == "whole"


def test_many_writers_of_one_file_leave_one_whole_file(tmp_path):
    """Each removes leftovers, and none that of a living one: all end without error."""
    path = tmp_path / "rows.csv"

    def write(number):
        with whole_file(path) as temporary:
            temporary.write_text(f"{number}\n" * 1000)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(write, range(200))) == [None] * 200
    assert len(set(path.read_text().split())) == 1
    assert len(path.read_text().split()) == 1000
    assert os.listdir(tmp_path) == ["rows.csv"]


def test_a_name_without_errors_of_its_own_is_that_of_the_file(tmp_path):
    path = tmp_path / "rows.csv"
    for error, message in (
        (OSError("512 requested"), f"{path}: 512 requested"),
        (OSError(28, "No space"), f"[Errno 28] No space: '{path}'"),
    ):
        with (
            pytest.raises(OSError, match=re.escape(message)),
            whole_file(path),
        ):
            raise error
    with pytest.raises(FileNotFoundError, match="other"), whole_file(path):
        (tmp_path / "other").read_text()
