"""Continuous integration, citation and changelog agree with the project."""

import os
import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "events", "command"),
    [
        ("ci", {"push", "pull_request"}, "make lint test"),
        ("nightly", {"schedule", "workflow_dispatch"}, ".ci/run"),
    ],
)
def test_integration_runs_the_same_check_as_everybody(name, events, command) -> None:
    workflow = yaml.safe_load(read(f".github/workflows/{name}.yml"))
    # YAML 1.1 takes the key `on` for true.
    assert workflow[True].keys() == events
    (job,) = workflow["jobs"].values()
    assert job["runs-on"].startswith("ubuntu")
    assert [step["run"] for step in job["steps"] if "run" in step] == [command]
    assert workflow["permissions"] == {"contents": "read"}


def test_the_check_is_lint_and_all_tests() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    called = re.findall(r"^make .*?([\w-]+) \|\|", read(".ci/run"), re.MULTILINE)
    assert called == ["lint", "test-all"]


def test_integration_tries_the_oldest_python_and_a_newer_one() -> None:
    workflow = yaml.safe_load(read(".github/workflows/ci.yml"))
    (job,) = workflow["jobs"].values()
    oldest, newest = job["strategy"]["matrix"]["python"]
    assert f">={oldest}" == PROJECT["requires-python"]
    assert int(newest.split(".")[1]) > int(oldest.split(".")[1])
    (version,) = (
        step["with"]["python-version"]
        for step in job["steps"]
        if step.get("uses", "").startswith("actions/setup-python@")
    )
    assert version == "${{ matrix.python }}"


def test_citation_is_that_of_this_version() -> None:
    citation = yaml.safe_load(read("CITATION.cff"))
    # What the format demands.
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()
    assert citation["cff-version"] == "1.2.0"
    assert citation["version"] == PROJECT["version"]
    assert citation["license"] == PROJECT["license"]
    assert citation["authors"] == PROJECT["authors"]
    assert set(citation["keywords"]) <= set(PROJECT["keywords"])


def test_citation_names_the_paper() -> None:
    (paper,) = yaml.safe_load(read("CITATION.cff"))["references"]
    assert paper["title"] == "Neural Optimal Transport with Lagrangian Costs"
    names = [author["family-names"] for author in paper["authors"]]
    assert names == ["Pooladian", "Domingo-Enrich", "Chen", "Amos"]
    assert paper["year"] == 2024


def test_changelog_keeps_its_form() -> None:
    text = read("CHANGELOG.md")
    versions = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert versions[0] == "[Unreleased]"
    released = r"\[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}"
    assert all(re.fullmatch(released, version) for version in versions[1:])
    kinds = set(re.findall(r"^### (.+)$", text, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
