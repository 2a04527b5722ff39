"""Problems are compared with those that printed numbers are of."""

from pathlib import Path

import pytest

from nlot import papers
from nlot.config import load_config, merge, parse_config, read_presets
from nlot.reporting.departures import departures

PRESETS = Path(__file__).parents[2] / "config"
PRINTED = papers.problems("nlot2024")


@pytest.fixture(scope="module")
def changed():
    """The default preset with some keys of its problems merged in, and no figures."""
    preset = read_presets([PRESETS / "config.yaml"]) | {"figures": {}}
    return lambda changes: parse_config(merge(preset, {"problems": changes}))


def test_potentials_of_others_are_other_problems():
    config = load_config(PRESETS / "nlsb.yaml")
    assert departures(config, "box", "box", PRINTED) == (
        "lagrangian.potential.strength is 100, not 0.01; "
        "lagrangian.potential_scale is 1, not 361"
    )
    for name in ("slit", "hill", "well"):
        assert departures(config, name, name, PRINTED)
    assert not departures(config, "gmm", "gmm", PRINTED)


def test_released_and_generated_samples_are_both_those_of_the_paper():
    config = load_config(PRESETS / "released.yaml")
    for name in ("circle", "mass_splitting", "x_paths"):
        assert not departures(config, name, name, PRINTED)
        assert config.problems[f"{name}_released"].data.kind == "samples"
        assert not departures(config, f"{name}_released", name, PRINTED)


@pytest.mark.parametrize(
    ("name", "changes", "found"),
    [
        (
            "box",
            {"source": {"low": [-1.5, -1]}},
            "source.low is [-1.5, -1], not [-1.25, -1]",
        ),
        ("box", {"horizon": 2}, "horizon is 2, not 1"),
        ("box", {"horizon": 0.5}, "horizon is 0.5, not 1"),
        (
            "hill",
            {"lagrangian": {"potential": {"kind": "well", "strength": 0.05}}},
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
    config = changed({name: changes})
    assert departures(config, name, name, PRINTED) == found


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
    config = changed({"circle": changes})
    assert departures(config, "circle", "circle", PRINTED) == found


def test_only_released_samples_stand_for_generated_ones():
    """Where metrics are compared is the same for both."""
    released = PRINTED["circle"].model_dump() | {"data": SAMPLES}
    other = merge(released, {"grid": {"points": 50}})
    preset = read_presets([PRESETS / "config.yaml"])
    preset["problems"] |= {"circle": released, "circle_released": other}
    config = parse_config(preset)
    assert departures(config, "circle", "circle", PRINTED) == (
        "data is samples, not generated"
    )
    found = departures(config, "circle_released", "circle", PRINTED)
    assert found == "grid.points is 50, not 100"


def test_transport_is_no_sequence(changed):
    config = changed({"x_paths_released": PRINTED["box"].model_dump()})
    found = departures(config, "x_paths_released", "x_paths", PRINTED)
    assert found == "kind is transport, not sequence"


def test_what_is_known_of_a_problem_does_not_change_it(changed):
    config = changed({"box": {"ground_truth": False}})
    assert departures(config, "box", "box", PRINTED) == ""


def test_what_a_preset_lacks_is_not_compared(changed):
    assert departures(changed({}), "circle_released", "circle", PRINTED) == ""
