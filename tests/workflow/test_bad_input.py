"""Bad input ends the workflow before any job, with a message that names it.

What the messages say of each fault is tested without Snakemake, in `tests/config` and
`tests/measures`. Here is one of each way that they go through it.
"""

from pathlib import Path

import numpy as np
import pytest
import yaml

from .conftest import Done
from .planner import plan

pytestmark = pytest.mark.workflow


def refused(project: Path, done: Done, message: str) -> None:
    """One line says it, no job has run, and no trace of Python is shown."""
    assert done.returncode != 0
    assert any(message in line for line in done.stdout.splitlines()), done.stdout
    assert "Traceback" not in done.stdout
    assert not (project / "results").exists()


# How each preset, which extends the default one, differs from it.
PRESETS = {
    # Found when the preset is read, whatever else there is.
    "of an earlier version": (
        {"table1": {"tasks": ["box"]}, "seeds": []},
        "bad.yaml: table1 is now an entry of `tables` (see config/README.md)",
    ),
    # Found when what measures is looked at.
    "unknown control": (
        {"tables": {"table1": {"controls": ["flor"]}}},
        "tables.table1.controls: unknown 'flor'; did you mean 'floor'?; valid: refere",
    ),
    # Found when samples are read.
    "samples that a method does not take": (
        {
            "problems": {
                "odd": {
                    "kind": "sequence",
                    "data": {"kind": "samples", "path": "odd.npz"},
                }
            },
            "overrides": {"scarvelis_solomon": {"odd": {"groups": 2}}},
            "tables": {"odd": {"problems": ["odd"], "methods": ["scarvelis_solomon"]}},
        },
        "scarvelis_solomon on odd: groups: 2 of equal size are asked for; found times",
    ),
    "missing samples": (
        {"problems": {"box": {"source": {"kind": "samples", "path": "gone.npz"}}}},
        "gone.npz: no such sample file",
    ),
}


@pytest.mark.parametrize("name", PRESETS)
def test_a_bad_preset(project, name) -> None:
    change, message = PRESETS[name]
    points = np.random.default_rng(0).normal(size=(2, 21, 2))
    np.savez(project / "odd.npz", samples=points)
    path = project / "config" / "bad.yaml"
    path.write_text(yaml.safe_dump({"extends": "config.yaml", **change}))
    refused(project, plan(project, "--configfile", str(path)), message)


def test_a_file_in_which_snakemake_itself_sees_no_fault(project) -> None:
    """It keeps the last of two equal keys."""
    path = project / "config" / "bad.yaml"
    path.write_text("extends: config.yaml\nseeds: [0]\nseeds: [1]\n")
    message = "bad.yaml: not valid YAML: the key 'seeds' stands twice, line 3"
    refused(project, plan(project, "--configfile", str(path)), message)


def test_a_bad_change_on_the_command_line(project) -> None:
    message = "seeds: Input should be a valid list (found 'abc')"
    refused(project, plan(project, "--config", "seeds=abc"), message)


@pytest.mark.parametrize("before", [True, False])
def test_a_change_on_the_command_line_and_a_target(project, before) -> None:
    """As the reference of keys says, the target stands first, or after two dashes."""
    target, change = "results/default/tables/table1.csv", ("--config", "seeds=[7]")
    given = (target, *change) if before else (*change, "--", target)
    done = plan(project, "--dry-run", *given)
    assert done.returncode == 0, done.stdout
    assert "seed_7" in done.stdout
    assert "seed_0" not in done.stdout


def test_workflow_is_lint_clean(project) -> None:
    done = plan(project, "--lint")
    assert done.returncode == 0, done.stdout
