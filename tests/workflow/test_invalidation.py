"""What a change makes the workflow do again, seen in dry runs after a smoke run."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from .conftest import ROOT, SMOKE, Done, Smoke, snakemake
from .planner import plan

pytestmark = pytest.mark.workflow


def trained(done: Done) -> set[tuple[str, str]]:
    """Problems and methods whose runs are trained."""
    found = re.findall(r"Training (\w+) on (\w+),", done.stdout)
    return {(problem, method) for method, problem in found}


def measured(done: Done) -> set[tuple[str, str]]:
    """Problems and methods whose runs are measured."""
    found = re.findall(r"Measuring (\w+) on (\w+)", done.stdout)
    return {(problem, method) for method, problem in found}


def tables(done: Done) -> set[str]:
    """Tables that are written."""
    return set(re.findall(r"Writing table (\w+)", done.stdout))


@pytest.fixture
def edit(smoke: Smoke) -> Callable[..., Path]:
    """Write a preset that differs from the smoke one in one entry."""

    def write(value: object, *keys: str) -> Path:
        path = smoke.folder / "config" / "edited.yaml"
        data = yaml.safe_load((smoke.folder / "config" / "smoke.yaml").read_text())
        section = data
        for key in keys[:-1]:
            section = section.setdefault(key, {})
        section[keys[-1]] = value
        path.write_text(yaml.safe_dump(data))
        return path

    return write


def test_what_runs_are_measured_by_does_not_retrain(smoke, edit, planned) -> None:
    """Neither a setting of the evaluation, nor the grid of metrics."""
    path = edit(3, "evaluation", "exact", "draws")
    data = yaml.safe_load(path.read_text())
    data["problems"]["x_paths"]["grid"]["points"] = 12
    path.write_text(yaml.safe_dump(data))
    done = plan(smoke.folder, "-n", "--configfile", str(path))
    assert {"evaluate", "evaluate_controls", "table", "figure"} <= planned(done)
    assert not {"data", "train", "ground_truth"} & planned(done)
    assert {("box", "nlot"), ("x_paths", "metric_nlot")} <= measured(done)


def test_data_setting_generates_and_learns_again(smoke, edit, planned) -> None:
    path = edit(0.2, "problems", "x_paths", "data", "std")
    done = plan(smoke.folder, "-n", "--configfile", str(path))
    assert {"data", "train", "evaluate", "table"} <= planned(done)
    assert {problem for problem, _ in trained(done)} == {"x_paths"}


def test_training_setting_retrains_its_method(smoke, edit, planned) -> None:
    path = edit(61, "methods", "nlot", "steps")
    done = plan(smoke.folder, "-n", "--configfile", str(path))
    assert {"train", "evaluate", "table"} <= planned(done)
    assert trained(done) == measured(done) == {("box", "nlot")}
    assert "data" not in planned(done)


def test_new_seed_trains_only_its_own_runs(smoke, edit, planned) -> None:
    path = edit([0, 2], "seeds")
    done = plan(smoke.folder, "-n", "--configfile", str(path))
    lines = [line for line in done.stdout.splitlines() if "Training" in line]
    assert lines
    assert all("seed 2" in line for line in lines)


def test_a_title_makes_one_table_again(smoke, edit, planned) -> None:
    path = edit("Another title", "tables", "table1", "title")
    done = plan(smoke.folder, "-n", "--configfile", str(path))
    assert planned(done) == {"table", "preset", "all"}
    assert tables(done) == {"table1"}


@pytest.fixture
def edited(smoke: Smoke, tmp_path: Path) -> Callable[..., Done]:
    """The plan after edits of modules of the package: file, old text, new text."""

    def plan(*edits: tuple[str, str, str]) -> Done:
        source = shutil.copytree(ROOT / "src", tmp_path / "src")
        for file, old, new in edits:
            path = source / "nlot" / file
            text = path.read_text(encoding="utf-8")
            assert old in text, f"nothing to edit: {old!r} is gone"
            path.write_text(text.replace(old, new), encoding="utf-8")
        return snakemake(smoke.folder, "-n", *SMOKE, PYTHONPATH=str(source))

    return plan


def test_an_edit_of_a_method_makes_its_runs_alone_again(edited, planned) -> None:
    """And what is made of them: rows, tables, claims and figures that show them."""
    code = "\nfrom typing import Any"
    done = edited(("methods/nlsb/training.py", code, f"\n_OTHER = 1\n{code}"))
    assert trained(done) == measured(done) == {("box", "nlsb")}
    assert not {"data", "ground_truth", "evaluate_controls"} & planned(done)
    assert {name for name in planned(done) if name.startswith("run_figures")} == {
        "run_figures_nlsb"
    }
    assert tables(done) == {"table1", "ground_truth", "bounds"}
    # NLSB is in neither figure1, nor figure3 and figure4.
    drawn = set(re.findall(r"Drawing (\w+)$", done.stdout, flags=re.MULTILINE))
    assert drawn == {"figure2", "loss"}


def test_comments_and_docstrings_make_nothing_again_and_a_caption_tables_alone(
    edited, planned
) -> None:
    done = edited(
        ("paths/own_paths.py", "# A rule not used", "# Unused"),
        ("paths/quadrature.py", '"""The action of a path', '"""Action of a path'),
        ("methods/nlsb/training.py", '"""Neural', '"""Reworded: neural'),
        ("reporting/tables.py", "Values of seed", "The values of seed"),
    )
    assert planned(done) == {"table", "all"}
