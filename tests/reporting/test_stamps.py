"""Figures hold the provenance that they are written with, and show nothing of it."""

import matplotlib.image
import numpy as np
import pytest
from matplotlib.figure import Figure

from nlot.provenance.record import provenance
from nlot.provenance.records import drawn
from nlot.reporting.stamps import read_stamp
from nlot.reporting.style import save_figure


@pytest.fixture
def figure():
    drawn = Figure(figsize=(1, 1))
    drawn.subplots().plot([0, 1])
    return drawn


@pytest.mark.parametrize("suffix", ["png", "pdf"])
def test_a_figure_holds_the_records_of_its_runs(figure, tmp_path, suffix):
    device = {"device": "(a) \\ “GPU”\n"}
    names = {"problem": "free", "method": "nlot"}
    header = {**names, "provenance": provenance(names, 3, 90.0) | device}
    save_figure(figure, tmp_path / f"a.{suffix}", drawn([header]))
    [origin] = read_stamp(tmp_path / f"a.{suffix}")["training"]["nlot"]
    made = header["provenance"]
    for key in ("commit", "versions", "device", "platform"):
        assert origin[key] == made[key]
    [job] = origin["jobs"]
    assert (job["seed"], job["minutes"]) == (3, 1.5)
    assert job["config_hash"] == made["config_hash"]


@pytest.mark.parametrize("suffix", ["png", "pdf"])
def test_the_same_provenance_gives_the_same_file(figure, tmp_path, suffix):
    paths = [tmp_path / f"{name}.{suffix}" for name in "abc"]
    for path, commit in zip(paths, ("x", "x", "y"), strict=True):
        save_figure(figure, path, {"commit": commit})
    first, second, third = (path.read_bytes() for path in paths)
    assert first == second != third


def test_provenance_changes_no_pixel(figure, tmp_path):
    save_figure(figure, tmp_path / "a.png")
    save_figure(figure, tmp_path / "b.png", {"commit": "x"})
    first, second = (matplotlib.image.imread(tmp_path / f"{n}.png") for n in "ab")
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("suffix", ["png", "pdf"])
def test_a_figure_without_provenance_is_named(figure, tmp_path, suffix):
    save_figure(figure, tmp_path / f"a.{suffix}")
    with pytest.raises(ValueError, match=f"a\\.{suffix}: states no provenance"):
        read_stamp(tmp_path / f"a.{suffix}")
