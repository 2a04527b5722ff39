"""Every profile is read by snakemake; that of Slurm at work is in test_slurm.py."""

import re

import pytest
import yaml

from .conftest import ROOT, SMOKE
from .planner import plan

pytestmark = pytest.mark.workflow

PROFILES = sorted(
    path.parent.name for path in (ROOT / "workflow" / "profiles").glob("*/*.yaml")
)


def entries(profile: str) -> dict:
    return yaml.safe_load(
        (ROOT / "workflow" / "profiles" / profile / "config.yaml").read_text()
    )


@pytest.mark.parametrize("profile", PROFILES)
def test_profile_plans_the_workflow(project, planned, profile) -> None:
    done = plan(project, "-n", "--profile", f"workflow/profiles/{profile}", *SMOKE)
    assert {"data", "ground_truth", "train", "evaluate", "table"} <= planned(done)
    assert "workflow specific profile profiles/default" in done.stdout


def test_default_profile_takes_nothing_from_the_others() -> None:
    """What it says is not to be changed by naming another one."""
    for profile in set(PROFILES) - {"default"}:
        assert not entries("default").keys() & entries(profile).keys()


def test_gpus_are_for_training_alone() -> None:
    rules = (ROOT / "workflow" / "rules" / "train.smk").read_text()
    training = set(re.findall(r"^rule (\w+):", rules, flags=re.MULTILINE))
    assert entries("gpu")["set-resources"] == {rule: {"gpu": 1} for rule in training}
    for path in (ROOT / "workflow" / "rules").glob("*.smk"):
        assert ("gpu=" in path.read_text()) == (path.name == "train.smk")


def test_every_job_says_what_it_needs() -> None:
    """A cluster's own defaults may be anything."""
    for path in (ROOT / "workflow" / "rules").glob("*.smk"):
        rules = re.split(r"^(?: *rule |use )", path.read_text(), flags=re.MULTILINE)
        for rule in rules[1:]:
            # What is used with changes has the resources of the other.
            if "localrule: True" not in rule and not rule.startswith("rule "):
                assert re.search(r"\bmem_mb=(grows|truth_memory)", rule), rule
                assert re.search(r"\bruntime=grows", rule), rule


def test_profile_of_slurm_leaves_its_site_to_the_command_line() -> None:
    """One key on the command line replaces all of them in the profile."""
    site = {"slurm_partition", "slurm_account"}
    assert entries("slurm")["default-resources"].keys() == site
