"""Bad input ends the workflow before any job, with a message that names it."""

import numpy as np
import pytest
import yaml

from .conftest import snakemake

pytestmark = pytest.mark.workflow

BAD = {
    "unknown key": ({"sedes": [0]}, ["sedes", "seeds"]),
    "unknown task": ({"table1": {"tasks": ["bax"]}}, ["table1.tasks", "bax", "box"]),
    "unknown method": (
        {"figure2": {"methods": ["nloot"]}},
        ["figure2.methods", "nloot", "nlot_plus"],
    ),
    "negative size": ({"methods": {"nlot": {"batch": -4}}}, ["batch", "-4"]),
    "unknown sequence": (
        {"table2": {"sequences": ["x_path"]}},
        ["table2.sequences", "x_path", "mass_splitting"],
    ),
    "too few stations": (
        {"sequences": {"x_paths": {"data": {"groups": [{"stations": [[[0, 0]]]}]}}}},
        ["sequences.x_paths.data", "stations"],
    ),
    "three dimensions": (
        {"sequences": {"x_paths": {"grid": {"low": [0, 0, 0]}}}},
        ["sequences.x_paths.grid", "two coordinates"],
    ),
    "groups that are not there": (
        {"learner_overrides": {"scarvelis_solomon": {"circle": {"groups": 2}}}},
        ["scarvelis_solomon on circle", "2 groups", "sequences.circle.data.groups"],
    ),
    "bridge along a metric": (
        {"figure1": {"methods": ["nlsb"]}},
        ["nlsb on half_circle", "tasks.half_circle.lagrangian.kind", "newtonian"],
    ),
    "seed twice": ({"seeds": [1, 1]}, ["seeds", "1"]),
    "missing samples": (
        {"tasks": {"box": {"source": {"kind": "samples", "path": "gone.npz"}}}},
        ["tasks.box.source"],
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_message_comes_before_any_job(project, name) -> None:
    change, expected = BAD[name]
    path = project / "config" / "bad.yaml"
    path.write_text(yaml.safe_dump(change))
    done = snakemake(project, "--configfile", str(path))
    assert done.returncode != 0
    for word in expected:
        assert word in done.stdout, done.stdout
    assert not (project / "results").exists()
    assert "Traceback" not in done.stdout


FILES = {
    "key twice": (b"seeds: [0]\nseeds: [1]\n", "'seeds' stands twice, line 2"),
    "another base": (b"extends: paper.yaml\n", "name it first: --configfile"),
    "syntax": (b"seeds: [0\n", "Config file is not valid JSON or YAML"),
    "list": (b"- seeds\n", "with keys at top level"),
    "not UTF-8": (b"preset: \xff\n", "'utf-8' codec can't decode byte 0xff"),
    "empty": (b"", "with keys at top level"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_cannot_be_merged_ends_the_workflow(project, name) -> None:
    content, message = FILES[name]
    path = project / "config" / "bad.yaml"
    path.write_bytes(content)
    done = snakemake(project, "--configfile", str(path))
    assert done.returncode != 0
    assert message in done.stdout
    assert not (project / "results").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("seeds=abc", "seeds: Input should be a valid list (found 'abc')"),
        ("seed=[1]", "unknown key 'seed'; did you mean 'seeds'?"),
        ("preset=../x", "preset: a name is made of lower-case letters"),
    ],
)
def test_a_bad_change_on_the_command_line_is_named(project, change, message) -> None:
    done = snakemake(project, "--config", change)
    assert done.returncode != 0
    assert message in done.stdout
    assert not (project / "results").exists()


def test_missing_sample_file_is_named(project) -> None:
    config = project / "config" / "config.yaml"
    text = config.read_text().replace(
        "source: &left {kind: uniform, low: [-1.25, -1.0], high: [-1.0, 1.0]}",
        "source: &left {kind: samples, path: gone.npz}",
    )
    config.write_text(text)
    done = snakemake(project)
    assert done.returncode != 0
    assert "gone.npz: no such sample file" in done.stdout


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (None, "given.npz: no such sample file"),
        (np.zeros((1, 20, 2)), "given.npz: found 1 measures; at least 2 are needed"),
        (np.zeros((3, 20, 4)), "found an array of shape (3, 20, 4)"),
        (np.full((3, 20, 2), np.nan), "given.npz: a value is not finite"),
        (np.random.default_rng(0).normal(size=(3, 21, 2)), "times with 21 samples"),
    ],
)
def test_unusable_samples_of_a_sequence_are_named(project, samples, message) -> None:
    if samples is not None:
        np.savez(project / "given.npz", samples=samples)
    given = {"kind": "samples", "path": "given.npz"}
    grid = {"low": [-1, -1], "high": [1, 1]}
    preset = {
        "sequences": {"mine": {"data": given, "grid": grid}},
        "table2": {
            "sequences": ["mine"],
            "learners": ["nlot_plus", "scarvelis_solomon"],
            "controls": [],
        },
        "learner_overrides": {"scarvelis_solomon": {"mine": {"groups": 2}}},
    }
    path = project / "config" / "mine.yaml"
    path.write_text(yaml.safe_dump(preset))
    done = snakemake(project, "--configfile", str(path))
    assert done.returncode != 0
    assert message in done.stdout
    assert not (project / "results").exists()


def test_workflow_is_lint_clean(project) -> None:
    done = snakemake(project, "--lint")
    assert done.returncode == 0, done.stdout
