"""Records hold what the headers of runs, rows and ground truths say, and no more."""

import json
import time

import pandas as pd
import pytest

from nlot.evaluation.measurement import read_measurement, write_measured
from nlot.methods.stored import FORMAT, write_run
from nlot.provenance.records import (
    Records,
    RecordsError,
    chosen,
    origins,
    read_records,
    write_records,
)
from nlot.reporting.collection import collect, gather

NAMES = {"problem": "free", "method": "nlot"}
VERSIONS = [{"nlot": "0.1.0", "jax": "0.0.1"}, {"nlot": "0.1.0", "jax": "0.0.2"}]


def test_runs_that_were_made_alike_have_one_origin(make_header):
    headers = [make_header(NAMES, seed, seed) for seed in (2, 0, 1)]
    [origin] = origins(headers)["nlot"]
    made = headers[0]["provenance"]
    assert (origin.commit, origin.versions) == (made["commit"], made["versions"])
    assert (origin.device, origin.platform) == (made["device"], made["platform"])
    for job, header in zip(origin.jobs, headers, strict=True):
        made = header["provenance"]
        assert job.problem == "free"
        assert (job.seed, job.config_hash) == (made["seed"], made["config_hash"])
        assert job.minutes == made["minutes"]


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("versions", VERSIONS),
        ("commit", ["a", None]),
        ("device", ["cpu", "NVIDIA H100"]),
        ("platform", ["Linux x86_64", "Darwin arm64"]),
    ],
)
def test_runs_that_differ_have_an_origin_each(make_header, key, values):
    headers = [
        make_header(NAMES, seed, 1, **{key: values[seed % 2]}) for seed in range(4)
    ]
    found = origins(headers)["nlot"]
    assert [getattr(origin, key) for origin in found] == values
    assert [[job.seed for job in origin.jobs] for origin in found] == [[0, 2], [1, 3]]


def test_the_last_run_ends_the_work(make_header):
    times = ["2026-03-02T00:00:00+00:00", "2026-03-01T00:00:00+00:00"]
    headers = [make_header(NAMES, 0, 1, created=time) for time in times]
    assert origins(headers)["nlot"][0].finished == times[0]


def test_what_was_written_is_read(records, tmp_path):
    write_records(records, tmp_path / "rows.json")
    assert read_records(tmp_path / "rows.json") == records


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"training": {"nlot": [{}]}, "evaluation": {}}']
)
def test_another_file_is_refused(tmp_path, text):
    (tmp_path / "rows.json").write_text(text)
    with pytest.raises(RecordsError, match=r"rows\.json: no records can be read"):
        read_records(tmp_path / "rows.json")


def test_chosen_jobs_keep_where_they_come_from(make_header):
    headers = [make_header(NAMES, s, 1, commit=f"{s % 2}") for s in range(4)]
    found = chosen(origins(headers), lambda method, job: job.seed == 3)
    [origin] = found["nlot"]
    assert origin.commit == "1"
    assert [job.seed for job in origin.jobs] == [3]
    assert chosen(origins(headers), lambda method, job: False) == {}


def test_a_method_of_both_keeps_the_origins_of_both(make_header):
    first, second = (
        Records(origins([make_header({"problem": t, "method": "nlot"}, 0, 1)]), {})
        for t in ("a", "b")
    )
    found = first.joined(second).training["nlot"]
    assert [job.problem for origin in found for job in origin.jobs] == ["a", "b"]
    assert first.updated(second).training == second.training


def test_rows_are_collected_with_all_that_they_come_from(
    make_header, truth_file, tmp_path
):
    """A model, the two rows that were measured on it, and a ground truth."""
    trained = make_header({"problem": "s", "method": "nlsb"}, 4, 2.5, commit="a")
    header = {"format": FORMAT, **trained}
    write_run(tmp_path / "run", header, networks=None, history=[{"step": 1}])
    rows = pd.DataFrame({"method": ["nlsb_b", "nlsb_a", "nlsb_b"], "value": [1, 2, 3]})

    def parts():
        yield "s", 4, rows[:1]
        time.sleep(0.2)
        yield "s", 4, rows[1:2]
        yield "s", 5, rows[2:]

    write_measured(parts(), tmp_path / "b.csv", settings={"n": 1})
    write_measured([("s", 4, rows[:0])], tmp_path / "none.csv", settings={})
    files = ["run/model.eqx", "none.csv", "b.csv", "b.json", truth_file("free")]
    out = tmp_path / "rows.csv", tmp_path / "rows.json"
    collect([tmp_path / file for file in files], *out)

    pd.testing.assert_frame_equal(pd.read_csv(out[0]), rows)
    pd.testing.assert_frame_equal(gather(tmp_path / file for file in files)[0], rows)
    found = read_records(out[1])
    [origin] = found.training["nlsb"]
    assert (origin.commit, origin.jobs[0].problem, origin.jobs[0].seed) == ("a", "s", 4)
    assert list(found.evaluation) == ["reference", "nlsb_b", "nlsb_a"]
    assert found.evaluation["reference"][0].jobs[0].problem == "free"
    [measured] = found.evaluation["nlsb_a"]
    assert measured.versions["jax"]
    assert [(job.problem, job.seed) for job in measured.jobs] == [("s", 4)]
    # The time since the rows before; a slow machine may add to it.
    assert 0.2 <= 60 * measured.jobs[0].minutes < 20
    first, last = found.evaluation["nlsb_b"][0].jobs
    assert (first.seed, last.seed) == (4, 5)
    assert 60 * last.minutes < 20


def test_a_measurement_without_rows_has_no_methods(tmp_path):
    path = tmp_path / "controls.csv"
    parts = [("s", 0, pd.DataFrame({"method": [], "value": []}))]
    write_measured(parts, path, settings={})
    assert read_measurement(path.with_suffix(".json")) == []
    [header] = json.loads(path.with_suffix(".json").read_text())
    assert header["provenance"]["versions"]
    assert list(pd.read_csv(path).columns) == ["method", "value"]


def test_a_measurement_that_fails_leaves_nothing(tmp_path):

    def parts():
        yield "s", 0, pd.DataFrame({"method": ["nlot"], "value": [1.0]})
        raise RuntimeError("no distance")

    with pytest.raises(RuntimeError, match="no distance"):
        write_measured(parts(), tmp_path / "nlot.csv", settings={})
    assert list(tmp_path.iterdir()) == []
