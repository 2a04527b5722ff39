"""Rows are kept with the provenance of their runs, and not without it."""

import pandas as pd
import pytest

from nlot.evaluation.measurement import write_provenance
from nlot.provenance.files import write_csv
from nlot.provenance.records import Records, origins, read_records, write_records
from nlot.reporting.reference import keep


@pytest.fixture
def results(make_header, tmp_path):
    folder = tmp_path / "results" / "record"
    folder.mkdir(parents=True)
    headers = [
        *(make_header({"problem": "free", "method": "nlot"}, s, 1) for s in (0, 1)),
        make_header({"problem": "crossing", "method": "metric_nlot"}, 0, 120),
    ]
    write_records(Records(origins(headers), {}), folder / "rows.json")
    (folder / "rows.csv").write_text(
        "problem,method,value\nfree,nlot,1.5\ncrossing,metric_nlot,0.9\n"
    )
    return folder


def test_keeps_rows_and_provenance(results, tmp_path) -> None:
    kept = tmp_path / "reference"
    keep(results, kept)
    for name in ("rows.csv", "rows.json"):
        assert (kept / name).read_bytes() == (results / name).read_bytes()
    training = read_records(kept / "rows.json").training
    [origin] = training["nlot"]
    assert [job.seed for job in origin.jobs] == [0, 1]
    [origin] = training["metric_nlot"]
    assert [job.minutes for job in origin.jobs] == [120.0]


def test_methods_that_were_not_run_keep_their_rows(
    results, make_header, tmp_path
) -> None:
    reference = tmp_path / "reference"
    reference.mkdir()
    rows = "problem,method,value\nfree,nlot,9.0\nfree,nlsb_expected,3.5\n"
    (reference / "rows.csv").write_text(rows)
    names = [{"problem": "free", "method": m} for m in ("nlot", "nlsb")]
    old = [make_header(name, 5, 1) for name in names]
    write_records(Records(origins(old), {}), reference / "rows.json")
    keep(results, reference)
    kept = (reference / "rows.csv").read_text().split()
    assert kept == [
        "problem,method,value",
        "free,nlsb_expected,3.5",
        "free,nlot,1.5",
        "crossing,metric_nlot,0.9",
    ]
    found = {
        method: [job.seed for origin in parts for job in origin.jobs]
        for method, parts in read_records(reference / "rows.json").training.items()
    }
    assert found == {"nlot": [0, 1], "nlsb": [5], "metric_nlot": [0]}


def test_keeps_what_the_optimal_costs_depend_on_by_problem(
    results, make_header, tmp_path
) -> None:
    reference, folder = tmp_path / "reference", results / "refinement"

    def refine(problem, cost, commit):
        path = folder / f"{problem}.csv"
        write_csv(pd.DataFrame({"problem": [problem], "cost": cost}), path)
        header = make_header(
            {"problem": problem, "methods": ["refinement"]}, 0, 1, commit=commit
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
        job.problem: origin.commit
        for origin in read_records(reference / "refinement.json").evaluation[
            "refinement"
        ]
        for job in origin.jobs
    }
    assert found == {"well": "a", "free": "b"}
    kept = pd.read_csv(reference / "refinement.csv").set_index("problem")["cost"]
    assert kept.to_dict() == {"well": 2.0, "free": 3.0}


def test_refuses_a_folder_without_rows(tmp_path) -> None:
    with pytest.raises(ValueError, match=r"no rows\.csv"):
        keep(tmp_path, tmp_path / "reference")


def test_refuses_runs_of_different_commits(results, make_header, tmp_path) -> None:
    names = {"problem": "free", "method": "nlot"}
    headers = [make_header(names, seed, 1, commit=f"{seed}") for seed in (0, 1)]
    write_records(Records(origins(headers), {}), results / "rows.json")
    with pytest.raises(ValueError, match="runs of nlot differ in commit"):
        keep(results, tmp_path / "reference")
    assert not (tmp_path / "reference").exists()
