"""Bad input ends the workflow before any job, with a message that names it."""

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


def test_workflow_is_lint_clean(project) -> None:
    done = snakemake(project, "--lint")
    assert done.returncode == 0, done.stdout
