"""Rows are kept with the provenance of their runs, and not without it."""

import json

import pandas as pd
import pytest

from nlot.files import write_csv
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
    metric = {
        "kind": "metric",
        "method": "nlot_plus",
        "provenance": provenance({}, seed=0, seconds=7200.0),
    }
    write_run(folder / METRIC, metric, networks=None, history=[{"step": 1}])
    (folder / "rows.csv").write_text("task,method,value\nfree,nlot,1.5\n")
    (folder / "metric_rows.csv").write_text(
        "task,method,value\ncrossing,nlot_plus,0.9\n"
    )
    return folder


def test_keeps_rows_and_provenance(results, tmp_path) -> None:
    keep(results, tmp_path / "reference")
    kept = tmp_path / "reference"
    for name in ("rows.csv", "metric_rows.csv"):
        assert (kept / name).read_bytes() == (results / name).read_bytes()
    record = json.loads((kept / "rows.json").read_text())["nlot"]
    assert record["runs"] == 2
    assert record["versions"]["jax"]
    record = json.loads((kept / "metric_rows.json").read_text())["nlot_plus"]
    assert record["runs"] == 1
    assert record["training_minutes"] == 120.0


def test_keeps_the_rows_of_metrics_alone(results, tmp_path) -> None:
    (results / "rows.csv").unlink()
    keep(results, tmp_path / "reference")
    kept = {path.name for path in (tmp_path / "reference").iterdir()}
    assert kept == {"metric_rows.csv", "metric_rows.json"}


def test_methods_that_were_not_run_keep_their_rows(results, tmp_path) -> None:
    reference = tmp_path / "reference"
    reference.mkdir()
    rows = "task,method,value\nfree,nlot,9.0\nfree,nlsb_expected,3.5\n"
    (reference / "rows.csv").write_text(rows)
    (reference / "rows.json").write_text('{"nlot": {}, "nlsb": {"runs": 5}}')
    keep(results, reference)
    kept = (reference / "rows.csv").read_text().split()
    assert kept == ["task,method,value", "free,nlsb_expected,3.5", "free,nlot,1.5"]
    record = json.loads((reference / "rows.json").read_text())
    assert record["nlsb"] == {"runs": 5}
    assert record["nlot"]["runs"] == 2


def test_keeps_what_the_optimal_costs_depend_on_by_task(results, tmp_path) -> None:
    reference, folder = tmp_path / "reference", results / "refinement"
    for task, cost in (("free", 1.0), ("well", 2.0)):
        write_csv(pd.DataFrame({"task": [task], "cost": cost}), folder / f"{task}.csv")
    keep(results, reference)
    write_csv(pd.DataFrame({"task": ["free"], "cost": 3.0}), folder / "free.csv")
    (folder / "well.csv").unlink()
    keep(results, reference)
    kept = pd.read_csv(reference / "refinement.csv").set_index("task")["cost"]
    assert kept.to_dict() == {"well": 2.0, "free": 3.0}


def test_refuses_a_folder_without_rows(tmp_path) -> None:
    with pytest.raises(ValueError, match=r"no rows\.csv and no metric_rows\.csv"):
        keep(tmp_path, tmp_path / "reference")


def test_refuses_runs_of_different_commits(results, tmp_path) -> None:
    path = results / "runs/free/nlot/seed_1/model.eqx"
    header, _, weights = path.read_bytes().partition(b"\n")
    data = json.loads(header)
    data["provenance"]["commit"] = "another"
    path.write_bytes(json.dumps(data).encode() + b"\n" + weights)
    with pytest.raises(ValueError, match="runs of nlot differ in commit"):
        keep(results, tmp_path / "reference")
    assert not (tmp_path / "reference").exists()
