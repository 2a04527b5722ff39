"""What a preset makes is planned, and nothing else."""

import re

import pytest
import yaml

from .conftest import SMOKE
from .planner import plan

pytestmark = pytest.mark.workflow

SLAB = {"kind": "uniform", "low": [-1.25] + 4 * [-1.0], "high": [-1.0] + 4 * [1.0]}
MINE = {
    "kind": "transport",
    "source": SLAB,
    "target": {
        "kind": "uniform",
        "low": [1.0] + 4 * [-1.0],
        "high": [1.25] + 4 * [1.0],
    },
    "lagrangian": {"kind": "newtonian"},
    "bounds": 1.5,
}


def seeds(output: str) -> set[str]:
    """Of the runs that are trained."""
    return set(re.findall(r"Training .*, seed (\d+)", output))


@pytest.mark.parametrize("preset", ["closed_forms", "nlsb"])
def test_without_sequences_no_data_are_generated(project, planned, preset) -> None:
    done = plan(project, "-n", "--configfile", f"config/{preset}.yaml")
    found = planned(done)
    assert {"train", "collect", "table", "run_figures_nlot"} <= found
    assert "data" not in found


def test_a_problem_alone_is_a_preset(project, planned) -> None:
    """Its tables and figures follow; no ground truth is found in five dimensions."""
    path = project / "mine.yaml"
    path.write_text(yaml.safe_dump({"problems": {"mine": MINE}}))
    done = plan(project, "-n", "--configfile", str(path))
    found = planned(done)
    assert {"train", "evaluate", "evaluate_controls", "table", "figure"} <= found
    assert not {"ground_truth", "data", "claims"} & found
    assert seeds(done.stdout) == {"0"}
    assert "results/mine/tables/results.md" in done.stdout


def test_seeds_asked_for_are_those_of_all_runs(project) -> None:
    """Also where tables, as that of Figure 1, have seeds of their own."""
    done = plan(project, "-n", "--config", "seeds=[7]")
    assert seeds(done.stdout) == {"7"}


def test_a_control_is_measured_with_the_seeds_of_its_tables(project) -> None:
    table = {"problems": ["x_paths"], "controls": ["random_metric"], "seeds": [5]}
    path = project / "mine.yaml"
    preset = {"extends": "config/smoke.yaml", "tables": {"mine": table}}
    path.write_text(yaml.safe_dump(preset))
    control = "results/mine/evaluation/controls/random_metric.csv"
    done = plan(project, "-n", "--configfile", str(path), "--", control)
    found = re.findall(r"Generating the data of x_paths, seed (\d+)", done.stdout)
    assert set(found) == {"0", "5"}


def test_presets_extend_others_in_other_folders(project, tmp_path) -> None:
    """And the last of several files names the results."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    first, second = folder / "first.yaml", folder / "second.yaml"
    smoke = project / "config" / "smoke.yaml"
    preset = {"extends": str(smoke), "seeds": [3], "tables": {"supplement": None}}
    first.write_text(yaml.safe_dump(preset))
    second.write_text(yaml.safe_dump({"figures": {"figure1": {"seed": 5}}}))
    done = plan(project, "-n", "--configfile", str(first), str(second))
    assert seeds(done.stdout) == {"3", "5"}
    assert "results/second/figures/figure1.png" in done.stdout


def test_a_table_needs_only_rows_of_its_own(project, planned) -> None:
    done = plan(project, "-n", *SMOKE, "--", "results/smoke/tables/table2.md")
    assert planned(done) == {"data", "train", "evaluate", "evaluate_controls", "table"}
    assert "box" not in done.stdout


def test_the_refinement_is_made_on_demand(project, planned) -> None:
    done = plan(project, "-n", *SMOKE, "--", "results/smoke/tables/refinement.md")
    assert planned(done) == {"refinement", "refinement_table"}
