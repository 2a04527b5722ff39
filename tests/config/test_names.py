"""Names become folders, rows and keys: each must be usable, and stand for one thing."""

import reprlib

import pytest

from nlot.config import ConfigError, parse_config

NAMES = {
    "empty": "",
    "parent": "..",
    "leads out": "../other",
    "path": "a/b",
    "backslash": "a\\b",
    "absolute": "/etc/passwd",
    "leading dot": ".hidden",
    "leading dash": "-n",
    "leading digit": "2d",
    "space": "my box",
    "capital": "Box",
    "not ascii": "größe",
    "line break": "box\n",
    "null": "a\0b",
    "wildcard": "{problem}",
    "shell": "$(id)",
    "too long": "a" * 65,
    "number": 3,
    "none": None,
}


def rename(data, where, name):
    """Give `name` to the preset, or to a copy of an entry of a section."""
    if where == "preset":
        data["preset"] = name
    else:
        data[where][name] = next(iter(data[where].values()))


@pytest.mark.parametrize(
    "where", ["preset", "problems", "methods", "tables", "figures"]
)
@pytest.mark.parametrize("kind", NAMES)
def test_names_that_files_cannot_have(raw, where, kind):
    """None leads out of the results, and none collides with another."""
    rename(raw, where, NAMES[kind])
    with pytest.raises(ConfigError, match=f"^my.yaml: {where}: ") as caught:
        parse_config(raw, source="my.yaml")
    assert f"(found {reprlib.repr(NAMES[kind])})" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_longest_name_is_accepted(raw):
    rename(raw, "preset", "a" * 64)
    assert parse_config(raw).preset == "a" * 64


RESERVED = [
    ("preset", "reference"),
    ("problems", "controls"),
    ("methods", "reference"),
    ("methods", "controls"),
    ("tables", "refinement"),
]


@pytest.mark.parametrize(("where", "name"), RESERVED)
def test_names_that_results_have_already(raw, where, name):
    rename(raw, where, name)
    with pytest.raises(ConfigError, match=f"{where}: '{name}' stands for something"):
        parse_config(raw)


@pytest.mark.parametrize("name", ["floor", "true_metric"])
def test_a_method_named_like_a_control(raw, name):
    """Their rows could not be told apart."""
    rename(raw, "methods", name)
    fault = f"^methods: '{name}' is the name of a control, too"
    with pytest.raises(ValueError, match=fault):
        parse_config(raw).check()


def test_a_method_named_like_the_variant_of_another(raw, make_method):
    raw["methods"]["nlsb"] = make_method("nlsb").model_dump()
    raw["methods"]["nlsb_expected"] = raw["methods"]["nlot"]
    with pytest.raises(ConfigError, match="methods: row: 'nlsb_expected' is listed tw"):
        parse_config(raw)


@pytest.mark.parametrize(
    ("rows", "twice"),
    [
        (["nlot", "nlot"], "nlot"),
        (["nlot_network_map", "nlot", "nlot_network_map"], "nlot_network_map"),
        (["nlsb", "nlsb_expected"], "nlsb_expected"),
    ],
)
@pytest.mark.parametrize("key", ["tables.table1", "figures.figure1"])
def test_a_row_that_is_listed_twice(raw, make_method, key, rows, twice):
    """Once by itself, and once as one of all variants of its method."""
    raw["methods"]["nlsb"] = make_method("nlsb").model_dump()
    part, name = key.split(".")
    raw[part][name]["methods"] = rows
    with pytest.raises(ConfigError, match=f"{key}.methods: '{twice}' is listed twice"):
        parse_config(raw)


# Keys of presets of earlier versions, and what stands in their place.
MOVED = {
    "tasks": "`problems`, each with `kind: transport`",
    "sequences": "`problems`, each with `kind: sequence`",
    "learners": "`methods`, of kinds metric_nlot, metric_nlot_plus, scarvelis_solomon",
    "learner_overrides": "`overrides`",
    "table1": "an entry of `tables`",
    "table2": "an entry of `tables`",
    "figure1": "an entry of `figures`",
    "figure2": "an entry of `figures`",
    "figure3": "an entry of `figures`",
    "figure4": "an entry of `figures`",
}


@pytest.mark.parametrize("key", MOVED)
def test_a_key_of_earlier_versions_is_called_by_its_name_of_now(raw, key):
    """In one sentence, whatever else is wrong with such a preset."""
    del raw["problems"]
    raw |= {key: {}, "seeds": [], "sedes": 3}
    with pytest.raises(ConfigError) as caught:
        parse_config(raw, source="my.yaml")
    message = f"my.yaml: {key} is now {MOVED[key]} (see config/README.md)"
    assert str(caught.value) == message
