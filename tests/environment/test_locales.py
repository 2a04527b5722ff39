"""Numbers and names mean the same wherever they are written and read."""

import locale
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest

from nlot.config import ConfigError, load_config
from nlot.measures.files import read_samples
from nlot.measures.layout import FileConfig
from nlot.provenance.files import write_csv

POINTS = np.random.default_rng(0).normal(size=(9, 2)) * [1e-7, 1e7]
YAML = """
problems:
  box:
    kind: transport
    source: {kind: uniform, low: [-1.5, -1], high: [-1, 1]}
    target: {kind: samples, path: größer/ß 1.csv}
    lagrangian: {kind: newtonian}
"""


@pytest.fixture
def commas(tmp_path, monkeypatch):
    """A locale in which 1.5 is written 1,5; made here, as machines seldom have it."""
    if shutil.which("localedef") is None:
        pytest.skip("needs localedef")
    made = tmp_path / "locales"
    made.mkdir()
    command = ["localedef", "-i", "de_DE", "-f", "UTF-8", str(made / "de_DE.UTF-8")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"needs the sources of locales: {done.stderr.strip()}")
    monkeypatch.setenv("LOCPATH", str(made))
    before = locale.setlocale(locale.LC_ALL)
    locale.setlocale(locale.LC_ALL, "de_DE.UTF-8")
    assert locale.localeconv()["decimal_point"] == ","
    yield
    locale.setlocale(locale.LC_ALL, before)


@pytest.mark.parametrize("name", ["points.csv", "größer als/ß 1.csv", "a b/☃.npz"])
def test_samples_where_numbers_have_commas(tmp_path, commas, name):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    if path.suffix == ".npz":
        np.savez(path, samples=POINTS)
    else:
        write_csv(pd.DataFrame(POINTS, columns=["x", "y"]), path)
    found, _ = read_samples(FileConfig(kind="samples", path=str(path)))
    np.testing.assert_array_equal(found, POINTS)


def test_presets_where_numbers_have_commas(tmp_path, commas):
    path = tmp_path / "größer als.yaml"
    path.write_text("preset: größer\n" + YAML, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"preset: a name is made of .*'größer'"):
        load_config(path)
    path.write_text("preset: large\n" + YAML, encoding="utf-8")
    problem = load_config(path).problems["box"]
    assert problem.source.low == (-1.5, -1.0)
    assert problem.target.path == "größer/ß 1.csv"
