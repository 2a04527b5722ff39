import os
import stat

import pandas as pd
import pytest

from nlot.files import whole_file, write_csv


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
