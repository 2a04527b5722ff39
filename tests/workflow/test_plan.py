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


@pytest.mark.parametrize("given", ["command line", "file"])
def test_seeds_asked_for_are_those_of_all_runs(project, given) -> None:
    """Also where tables, as that of Figure 1, have seeds of their own."""
    path = project / "mine.yaml"
    path.write_text(yaml.safe_dump({"extends": "config/config.yaml", "seeds": [7]}))
    arguments = {"command line": ("--config", "seeds=[7]")}
    done = plan(project, "-n", *arguments.get(given, ("--configfile", str(path))))
    assert seeds(done.stdout) == {"7"}


def test_controls_are_measured_with_the_seeds_of_their_tables(project) -> None:
    """On each problem with those of the tables that show it there."""
    table = {"problems": ["x_paths"], "controls": ["random_metric"], "seeds": [5]}
    path = project / "mine.yaml"
    preset = {
        "extends": "config/smoke.yaml",
        "tables": {"mine": table, "other": {**table, "problems": ["circle"]}},
    }
    path.write_text(yaml.safe_dump(preset))
    for problem, seeds in (("x_paths", {"0", "5"}), ("circle", {"5"})):
        control = f"results/mine/evaluation/controls/{problem}.csv"
        done = plan(project, "-n", "--configfile", str(path), "--", control)
        found = re.findall(r"Generating the data of (\w+), seed (\d+)", done.stdout)
        assert set(found) == {(problem, seed) for seed in seeds}


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


@pytest.mark.parametrize("base, like", [("mine", "box"), ("over_time", "x_paths")])
def test_a_table_needs_only_its_own_problems(project, planned, base, like) -> None:
    """Also where tables of an extended preset have the same controls."""
    controls = {"box": ["floor", "translation"], "x_paths": ["random_metric"]}[like]
    preset = yaml.safe_load((project / "config/config.yaml").read_text())
    table = {"problems": [base], "controls": controls}
    mine = {
        "extends": "config/config.yaml",
        "problems": {base: preset["problems"][like]},
        "tables": {"mine": table},
    }
    path = project / "mine.yaml"
    path.write_text(yaml.safe_dump(mine))
    target = "results/mine/tables/mine.md"
    done = plan(project, "-n", "--configfile", str(path), "--", target)
    before = "data" if like == "x_paths" else "ground_truth"
    assert planned(done) == {before, "evaluate_controls", "table"}
    others = preset["problems"].keys() - {base}
    assert not [name for name in others if re.search(rf"\b{name}\b", done.stdout)]


def test_the_refinement_is_made_on_demand(project, planned) -> None:
    done = plan(project, "-n", *SMOKE, "--", "results/smoke/tables/refinement.md")
    assert planned(done) == {"refinement", "refinement_table"}
