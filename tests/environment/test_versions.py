"""Runs made with other versions of the packages: opened, told apart, not made again."""

import json

import numpy as np
import pytest

import nlot
from nlot.provenance import record
from nlot.provenance.fingerprints import fingerprint
from nlot.reporting.collection import collect
from nlot.reporting.reference import keep
from nlot.runs.code import evaluation_code, training_code


def of_another_jax(path):
    """Rewrite the header of a model as a worker with another JAX would have it."""
    header, _, weights = path.read_bytes().partition(b"\n")
    data = json.loads(header)
    data["provenance"]["versions"]["jax"] = "0.0.1"
    path.write_bytes(json.dumps(data).encode() + b"\n" + weights)


@pytest.fixture
def results(experiment, tmp_path):
    """Two runs of a preset, the second by a worker with another JAX."""
    folder = tmp_path / "results" / "default"
    for seed in (0, 1):
        run = folder / f"runs/free/nlot/seed_{seed}"
        nlot.train(experiment, "free", "nlot", seed, run)
    of_another_jax(folder / "runs/free/nlot/seed_1/model.eqx")
    part = tmp_path / "part.csv"
    part.write_text("problem,method,value\nfree,nlot,1.5\n")
    models = sorted(folder.rglob("model.eqx"))
    collect([part, *models], folder / "rows.csv", folder / "rows.json")
    return folder


def test_a_run_of_other_versions_opens_and_states_them(results):
    """Its weights are numbers, whatever has made them."""
    x = np.full((3, 2), -1.1)
    run = nlot.load(results / "runs/free/nlot/seed_1")
    assert run.header["provenance"]["versions"]["jax"] == "0.0.1"
    assert np.isfinite(run.transport(x)).all()


def test_rows_of_mixed_versions_are_not_kept(results, tmp_path):
    with pytest.raises(ValueError, match=r"runs of nlot differ in versions: .*0\.0\.1"):
        keep(results, tmp_path / "reference")
    assert not (tmp_path / "reference").exists()


def test_another_version_trains_nothing_anew(monkeypatch, experiment):
    """An upgrade would cost hours unasked; the headers say what was used."""

    def codes():
        fingerprint.cache_clear()
        parts = (training_code, evaluation_code)
        return [part(experiment, "free", "nlot") for part in parts]

    before = codes()
    monkeypatch.setattr(record.importlib.metadata, "version", lambda name: "0.0.1")
    assert record.versions()["jax"] == "0.0.1"
    assert codes() == before
