"""The package gives what it lists, and imports of it only what is used."""

import subprocess
import sys

import pytest

import nlot
from nlot import runs
from nlot.reporting import NEEDED
from nlot.runs.data import make_data

from .declared import ROOT


def test_every_listed_name_is_there() -> None:
    assert set(nlot.__all__) <= set(dir(nlot))
    for name in nlot.__all__:
        assert getattr(nlot, name).__name__ == name


def test_the_public_names_are_those_of_the_pipeline() -> None:
    assert {"load_config", "register", "train", "load"} <= set(nlot.__all__)
    assert nlot.train is runs.train
    assert nlot.load is runs.load
    assert runs.make_data is make_data


@pytest.mark.parametrize("module", [nlot, runs])
def test_an_unknown_name_is_named(module) -> None:
    fault = f"'{module.__name__}' has no attribute 'load_runs'"
    with pytest.raises(AttributeError, match=fault):
        module.load_runs  # noqa: B018


@pytest.mark.parametrize(
    "module",
    ["nlot", "nlot.config", "nlot.provenance.record", "nlot.runs", "nlot.methods"],
)
def test_the_configuration_needs_no_jax(module) -> None:
    """Every job reads it, and every nested run of Snakemake."""
    code = f"import sys, {module}; sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_preset_is_checked_without_what_extras_bring() -> None:
    """Its figures and published numbers, too."""
    preset, extras = str(ROOT / "config" / "config.yaml"), [*NEEDED, "snakemake"]
    code = (
        f"import sys, nlot; assert nlot.load_config({preset!r}).papers();"
        f"sys.exit(not sys.modules.keys().isdisjoint({extras}))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
