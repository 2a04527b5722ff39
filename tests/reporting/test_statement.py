"""A statement names what the records of the shown runs hold, each thing once."""

from dataclasses import replace

import pytest

from nlot.provenance.records import Records, origins
from nlot.reporting.statement import stated, statement
from nlot.reporting.tables import table

PACKAGES = ("nlot", "python", "jax")


@pytest.fixture
def say(make_header):
    """The statement of runs of methods, given as (method, seed, minutes, changes)."""

    def words(*runs):
        headers = [
            make_header({"problem": "free", "method": method}, seed, minutes, **changes)
            for method, seed, minutes, changes in runs
        ]
        return statement(Records(origins(headers), {}))

    return words


def test_says_commit_device_versions_seeds_minutes_and_configuration(say):
    versions = {name: f"1.{i}" for i, name in enumerate(PACKAGES)}
    changes = {
        "commit": "0123456789abcdef",
        "device": "NVIDIA H100",
        "platform": "Linux x86_64",
        "versions": versions,
        "created": "2026-03-01T10:00:00+00:00",
    }
    text = say(*(("nlot", seed, 20.5, changes) for seed in (1, 0)))
    for words in (
        "commit 0123456 on NVIDIA H100 (Linux x86_64), ",
        ": 2 runs, seeds 0, 1, 41 min",
        "configuration ",
        "finished 2026-03-01",
        *(f"{name} {version}" for name, version in versions.items()),
    ):
        assert words in text


def test_what_differs_stands_with_the_methods_that_have_it(say):
    old, new = ({name: v for name in PACKAGES} for v in ("1", "2"))
    new["python"] = "1"
    text = say(
        ("nlot", 0, 1, {"commit": "a" * 40, "versions": old}),
        ("nlot_plus", 0, 1, {"commit": "b" * 40, "versions": new}),
    )
    assert "commit aaaaaaa (nlot) and commit bbbbbbb (nlot_plus)" in text
    one, other = (f"nlot {v}, python 1, jax {v}" for v in ("1", "2"))
    assert f"{one} (nlot) and {other} (nlot_plus)" in text


def test_a_method_of_two_versions_has_both(say):
    old, new = ({name: v for name in PACKAGES} for v in ("1", "2"))
    text = say(*(("nlot", i, 1, {"versions": v}) for i, v in enumerate((old, new))))
    assert "jax 1 (nlot) and " in text
    assert "jax 2 (nlot)" in text
    assert "2 runs" in text


def test_a_changed_package_and_an_unknown_commit_are_said(say):
    assert "commit 0123456-dirty" in say(("nlot", 0, 1, {"commit": "0123456789-dirty"}))
    assert "at an unknown commit" in say(("nlot", 0, 1, {"commit": None}))


def test_a_configuration_that_is_not_known_is_left_out(say):
    known = say(("nlot", 0, 1, {"config_hash": "a"}))
    assert "configuration" in known
    assert say(("nlot", 0, 1, {"config_hash": "b"})) != known
    assert "configuration" not in say(
        ("nlot", 0, 1, {"config_hash": None}), ("nlot", 1, 1, {"config_hash": "a"})
    )


def test_measurements_are_told_from_training(make_header):
    names = {"problem": "free", "method": "nlot"}
    trained = origins([make_header(names, 0, 1, commit="a" * 40)])
    measured = origins([make_header(names, 0, 1, commit="b" * 40)])
    text = statement(Records(trained, measured))
    assert "Trained at commit aaaaaaa" in text
    assert "; measured at commit bbbbbbb" in text
    assert statement(Records(trained, trained)).endswith("; measured the same way.")
    alone = statement(Records({}, measured))
    assert alone.startswith("Measured at commit bbbbbbb")
    assert "jax " in alone


def test_a_footer_is_one_sentence(say):
    text = say(("nlot", 0, 1, {}), ("nlot", 1, 1, {}))
    assert text.endswith(".")
    assert ". " not in text
    assert "\n" not in text


def test_nothing_is_said_of_nothing():
    assert statement(Records({}, {})) == ""


def test_a_table_states_the_runs_that_it_shows(rows, records, make_header, preset):
    first = stated(table(rows, "table1", preset), records, preset)
    second = stated(table(rows, "table2", preset), records, preset)
    shown = 2 * len(preset.tables["table1"].problems) * len(preset.seeds)
    assert f": {shown} runs, seeds 1, 2, 3, " in first.provenance
    assert "Trained at commit aaaaaaa on" in first.provenance
    assert "Trained at commit bbbbbbb on" in second.provenance
    for made in (first, second):
        assert "measured at commit ccccccc" in made.provenance
    unseen = [
        make_header({"problem": name, "method": "nlot"}, seed, 99, commit="d" * 40)
        for name, seed in (("well", 7), ("free", 1))
    ]
    more = records.joined(Records(origins(unseen), {}))
    assert stated(first, more, preset) == first


def test_a_run_is_shown_by_the_rows_of_its_variants(
    rows, make_header, make_method, preset
):
    methods = {**preset.methods, "nlsb": make_method("nlsb")}
    preset = preset.model_copy(update={"methods": methods})
    made = table(rows, "table1", preset)
    names = {"problem": "well", "method": "nlsb"}
    records = Records(origins([make_header(names, 3, 1)]), {})
    assert stated(made, records, preset).provenance == ""
    data = made.data.replace({"method": {"nlot": "nlsb_expected"}})
    shown = stated(replace(made, data=data), records, preset).provenance
    assert "1 run, seed 3, 1 min" in shown
