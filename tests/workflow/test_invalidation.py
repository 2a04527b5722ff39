"""What a change makes the workflow do again, seen in dry runs after a smoke run."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from .conftest import ROOT, SMOKE, Smoke, snakemake

pytestmark = pytest.mark.workflow


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


def test_evaluation_setting_does_not_retrain(smoke, edit, planned) -> None:
    path = edit(3, "evaluation", "exact", "draws")
    rules = planned(snakemake(smoke.folder, "-n", "--configfile", str(path)))
    assert "evaluate" in rules
    assert "train" not in rules


def test_grid_does_not_learn_metrics_again(smoke, edit, planned) -> None:
    path = edit(12, "sequences", "x_paths", "grid", "points")
    rules = planned(snakemake(smoke.folder, "-n", "--configfile", str(path)))
    assert {"evaluate_metric", "evaluate_metric_controls", "table2"} <= rules
    assert "metric_figure" in rules
    assert not {"generate", "train_metric", "train"} & rules


def test_data_setting_generates_and_learns_again(smoke, edit, planned) -> None:
    path = edit(0.2, "sequences", "x_paths", "data", "std")
    rules = planned(snakemake(smoke.folder, "-n", "--configfile", str(path)))
    assert {"generate", "train_metric", "evaluate_metric", "table2"} <= rules
    assert "train" not in rules


def test_learner_setting_learns_again(smoke, edit, planned) -> None:
    path = edit(21, "learners", "nlot", "steps")
    done = snakemake(smoke.folder, "-n", "--configfile", str(path))
    assert "train_metric" in planned(done)
    assert "generate" not in planned(done)
    assert "with nlot_plus" not in done.stdout


def test_training_setting_retrains(smoke, edit, planned) -> None:
    path = edit(61, "methods", "nlot", "steps")
    done = snakemake(smoke.folder, "-n", "--configfile", str(path))
    assert {"train", "evaluate", "table1"} <= planned(done)
    assert "nlot_plus on" not in "".join(
        line for line in done.stdout.splitlines() if line.startswith("Training")
    )


def test_new_seed_trains_only_its_own_runs(smoke, edit, planned) -> None:
    path = edit([0, 1, 2], "seeds")
    done = snakemake(smoke.folder, "-n", "--configfile", str(path))
    trained = [line for line in done.stdout.splitlines() if "Training nlot" in line]
    assert trained
    assert all("seed 2" in line for line in trained)


@pytest.mark.parametrize(
    ("old", "new", "retrains"),
    [
        ("# A rule that no training uses", "# A rule no training uses", False),
        ('"""The action of a path', '"""Action of a path', False),
        ("horizon * step)", "horizon * step * 1.0)", True),
    ],
    ids=["comment", "docstring", "numerics"],
)
def test_package_edits(smoke, planned, tmp_path, old, new, retrains) -> None:
    source = shutil.copytree(ROOT / "src", tmp_path / "src")
    edited = 0
    for path in source.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if old in text:
            path.write_text(text.replace(old, new), encoding="utf-8")
            edited += 1
    assert edited, f"nothing to edit: {old!r} is gone"
    done = snakemake(smoke.folder, "-n", *SMOKE, PYTHONPATH=str(source))
    assert ("train" in planned(done)) == retrains
