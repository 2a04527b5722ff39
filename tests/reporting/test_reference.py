"""Rows are kept with the provenance of their runs, and not without it."""

import pandas as pd
import pytest

from nlot.evaluation.measurement import write_provenance
from nlot.provenance.files import write_csv
from nlot.provenance.records import Records, origins, read_records, write_records
from nlot.reporting.reference import keep


@pytest.fixture
def results(make_header, tmp_path):
    folder = tmp_path / "results" / "default"
    folder.mkdir(parents=True)
    task = {"task": "free", "method": "nlot"}
    sequence = {"sequence": "crossing", "method": "nlot_plus"}
    runs = {
        "rows": [make_header(task, seed, 1) for seed in (0, 1)],
        "metric_rows": [make_header(sequence, 0, 120)],
    }
    for name, headers in runs.items():
        write_records(Records(origins(headers), {}), folder / f"{name}.json")
    (folder / "rows.csv").write_text("task,method,value\nfree,nlot,1.5\n")
    (folder / "metric_rows.csv").write_text(
        "task,method,value\ncrossing,nlot_plus,0.9\n"
    )
    return folder


def test_keeps_rows_and_provenance(results, tmp_path) -> None:
    keep(results, tmp_path / "reference")
    kept = tmp_path / "reference"
    for name in ("rows.csv", "rows.json", "metric_rows.csv", "metric_rows.json"):
        assert (kept / name).read_bytes() == (results / name).read_bytes()
    [origin] = read_records(kept / "rows.json").training["nlot"]
    assert [job.seed for job in origin.jobs] == [0, 1]
    [origin] = read_records(kept / "metric_rows.json").training["nlot_plus"]
    assert [job.minutes for job in origin.jobs] == [120.0]


def test_keeps_the_rows_of_metrics_alone(results, tmp_path) -> None:
    (results / "rows.csv").unlink()
    keep(results, tmp_path / "reference")
    kept = {path.name for path in (tmp_path / "reference").iterdir()}
    assert kept == {"metric_rows.csv", "metric_rows.json"}


def test_methods_that_were_not_run_keep_their_rows(
    results, make_header, tmp_path
) -> None:
    reference = tmp_path / "reference"
    reference.mkdir()
    rows = "task,method,value\nfree,nlot,9.0\nfree,nlsb_expected,3.5\n"
    (reference / "rows.csv").write_text(rows)
    old = [make_header({"task": "free", "method": m}, 5, 1) for m in ("nlot", "nlsb")]
    write_records(Records(origins(old), {}), reference / "rows.json")
    keep(results, reference)
    kept = (reference / "rows.csv").read_text().split()
    assert kept == ["task,method,value", "free,nlsb_expected,3.5", "free,nlot,1.5"]
    found = {
        method: [job.seed for origin in parts for job in origin.jobs]
        for method, parts in read_records(reference / "rows.json").training.items()
    }
    assert found == {"nlot": [0, 1], "nlsb": [5]}


def test_keeps_what_the_optimal_costs_depend_on_by_task(
    results, make_header, tmp_path
) -> None:
    reference, folder = tmp_path / "reference", results / "refinement"

    def refine(task, cost, commit):
        path = folder / f"{task}.csv"
        write_csv(pd.DataFrame({"task": [task], "cost": cost}), path)
        header = make_header(
            {"task": task, "methods": ["refinement"]}, 0, 1, commit=commit
        )
        write_provenance([header], path)

    refine("free", 1.0, "a")
    refine("well", 2.0, "a")
    keep(results, reference)
    refine("free", 3.0, "b")
    for suffix in ("csv", "json"):
        (folder / f"well.{suffix}").unlink()
    keep(results, reference)
    found = {
        job.task: origin.commit
        for origin in read_records(reference / "refinement.json").evaluation[
            "refinement"
        ]
        for job in origin.jobs
    }
    assert found == {"well": "a", "free": "b"}
    kept = pd.read_csv(reference / "refinement.csv").set_index("task")["cost"]
    assert kept.to_dict() == {"well": 2.0, "free": 3.0}


def test_refuses_a_folder_without_rows(tmp_path) -> None:
    with pytest.raises(ValueError, match=r"no rows\.csv and no metric_rows\.csv"):
        keep(tmp_path, tmp_path / "reference")


def test_refuses_runs_of_different_commits(results, make_header, tmp_path) -> None:
    names = {"task": "free", "method": "nlot"}
    headers = [make_header(names, seed, 1, commit=f"{seed}") for seed in (0, 1)]
    write_records(Records(origins(headers), {}), results / "rows.json")
    with pytest.raises(ValueError, match="runs of nlot differ in commit"):
        keep(results, tmp_path / "reference")
    assert not (tmp_path / "reference").exists()
