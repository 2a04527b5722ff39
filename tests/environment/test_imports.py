"""The package gives what it lists, and imports of it only what is used."""

import subprocess
import sys

import pytest

import nlot


def test_every_listed_name_is_there() -> None:
    assert set(nlot.__all__) <= set(dir(nlot))
    for name in nlot.__all__:
        assert getattr(nlot, name).__name__ == name


def test_an_unknown_name_is_named() -> None:
    with pytest.raises(AttributeError, match="'nlot' has no attribute 'load_runs'"):
        nlot.load_runs  # noqa: B018


@pytest.mark.parametrize("module", ["nlot", "nlot.config", "nlot.provenance.record"])
def test_the_configuration_needs_no_jax(module) -> None:
    """Every job reads it, and every nested run of Snakemake."""
    code = f"import sys, {module}; sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
