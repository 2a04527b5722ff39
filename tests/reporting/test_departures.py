"""Tasks and sequences are compared with those that published numbers are of."""

from pathlib import Path

import pytest

from nlot.config import load_config, merge, parse_config
from nlot.config.presets import read_preset
from nlot.reporting.departures import departures
from nlot.reporting.published import (
    published_rows,
    published_statements,
    published_tasks,
)

PRESETS = Path(__file__).parents[2] / "config"
TASKS = published_tasks()


@pytest.fixture(scope="module")
def changed():
    """The default preset with some keys merged in."""
    preset = read_preset(PRESETS / "config.yaml")
    return lambda changes: parse_config(merge(preset, changes))


def test_every_published_task_is_defined():
    named = {
        name for tasks in published_statements()["tasks"] for name in tasks.split()
    }
    assert named | set(published_rows()["task"]) == set(TASKS)


@pytest.mark.parametrize("preset", ["config", "paper"])
def test_presets_of_the_paper_have_its_tasks(preset):
    config = load_config(PRESETS / f"{preset}.yaml")
    assert {**config.tasks, **config.sequences} == TASKS


def test_potentials_of_others_are_other_tasks():
    config = load_config(PRESETS / "nlsb.yaml")
    assert departures(config, "box", "box", TASKS) == (
        "lagrangian.potential.strength is 100, not 0.01; "
        "lagrangian.potential_scale is 1, not 361"
    )
    for name in ("slit", "hill", "well"):
        assert departures(config, name, name, TASKS)
    assert not departures(config, "gmm", "gmm", TASKS)


def test_released_and_generated_samples_are_both_those_of_the_paper():
    config = load_config(PRESETS / "released.yaml")
    for name in ("circle", "mass_splitting", "x_paths"):
        assert not departures(config, name, name, TASKS)
        assert config.sequences[f"{name}_released"].data.kind == "samples"
        assert not departures(config, f"{name}_released", name, TASKS)


@pytest.mark.parametrize(
    ("name", "changes", "found"),
    [
        (
            "box",
            {"source": {"low": [-1.5, -1]}},
            "source.low is [-1.5, -1], not [-1.25, -1]",
        ),
        ("box", {"bounds": 2}, "bounds is 2, not 1.5"),
        ("box", {"horizon": 0.5}, "horizon is 0.5, not 1"),
        (
            "hill",
            {"lagrangian": {"potential": {"kind": "well"}}},
            "lagrangian.potential is well, not hill",
        ),
        (
            "hill",
            {"lagrangian": {"potential": None}},
            "lagrangian.potential is none, not hill",
        ),
    ],
)
def test_the_settings_that_differ_are_named(changed, name, changes, found):
    config = changed({"tasks": {name: changes}})
    assert departures(config, name, name, TASKS) == found


SAMPLES = {"kind": "samples", "path": "given.npz"}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"grid": {"points": 50}}, "grid.points is 50, not 100"),
        ({"truth": None}, "truth is none, not circle"),
        ({"truth": {"floor": 0.5}}, "truth.floor is 0.5, not 0.001"),
        ({"data": {"std": 0.2}}, "data.std is 0.2, not 0.1"),
    ],
)
def test_settings_of_sequences_are_named(changed, changes, found):
    config = changed({"sequences": {"circle": changes}})
    assert departures(config, "circle", "circle", TASKS) == found


def test_only_released_samples_stand_for_generated_ones():
    """Where metrics are compared is the same for both."""
    released = TASKS["circle"].model_dump() | {"data": SAMPLES}
    other = merge(released, {"grid": {"points": 50}})
    preset = read_preset(PRESETS / "config.yaml")
    names = {"circle": released, "circle_released": other}
    preset["sequences"] |= names
    config = parse_config(preset)
    assert departures(config, "circle", "circle", TASKS) == (
        "data is samples, not generated"
    )
    found = departures(config, "circle_released", "circle", TASKS)
    assert found == "grid.points is 50, not 100"


def test_a_task_is_no_sequence(changed):
    config = changed({"tasks": {"x_paths_released": TASKS["box"].model_dump()}})
    assert departures(config, "x_paths_released", "x_paths", TASKS) == "a task"


def test_what_a_preset_lacks_is_not_compared(changed):
    assert departures(changed({}), "circle_released", "circle", TASKS) == ""
