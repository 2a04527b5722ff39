"""Rows are kept with the provenance of their runs, and not without it."""

import json

import pytest

from nlot.provenance import provenance
from nlot.reporting.reference import keep
from nlot.runs import train_run
from nlot.storage import write_run

METRIC = "metrics/crossing/nlot_plus/seed_0"


@pytest.fixture
def results(config, tmp_path):
    folder = tmp_path / "results" / "default"
    for seed in (0, 1):
        train_run(config, "free", "nlot", seed, folder / f"runs/free/nlot/seed_{seed}")
    metric = {"kind": "metric", "provenance": provenance(minutes=120.0)}
    write_run(folder / METRIC, metric, networks=None, history=[{"step": 1}])
    (folder / "rows.csv").write_text("task,value\nfree,1.5\n")
    return folder


def test_keeps_rows_and_provenance(results, tmp_path) -> None:
    keep(results, tmp_path / "reference")
    kept = tmp_path / "reference"
    assert (kept / "rows.csv").read_bytes() == (results / "rows.csv").read_bytes()
    record = json.loads((kept / "provenance.json").read_text())
    assert record["runs"] == 3
    assert 120 <= record["training_minutes"] < 180
    assert record["versions"]["jax"]


@pytest.mark.parametrize("run", ["runs/free/nlot/seed_1", METRIC])
def test_refuses_runs_of_different_commits(results, tmp_path, run) -> None:
    path = results / run / "model.eqx"
    header, _, weights = path.read_bytes().partition(b"\n")
    data = json.loads(header)
    data["provenance"]["commit"] = "another"
    path.write_bytes(json.dumps(data).encode() + b"\n" + weights)
    with pytest.raises(ValueError, match="runs differ in commit"):
        keep(results, tmp_path / "reference")
    assert not (tmp_path / "reference").exists()
