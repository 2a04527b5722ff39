"""Every mistake in a preset: one message with key, value found and valid choices."""

import math
import reprlib
from typing import Any

import pytest

from nlot.config import ConfigError, parse_config

DELETE = object()

# Key, its wrong value, and what the message must say.
CASES: list[tuple[Any, Any, list[str]]] = [
    # Unknown keys, at every depth.
    (
        "sedes",
        [0],
        ["unknown key 'sedes'; did you mean 'seeds'?", "valid keys: preset, seeds"],
    ),
    ("tasks.free.bound", 1.5, ["tasks.free", "unknown key 'bound'", "source, target"]),
    ("tasks.free.source.hight", [1], ["tasks.free.source", "'hight'", "low, high"]),
    (
        "tasks.well.lagrangian.potential.depth",
        0.1,
        ["tasks.well.lagrangian", "unknown key 'depth'", "kind, strength"],
    ),
    ("methods.nlot.stpes", 5, ["methods.nlot", "unknown key 'stpes'", "steps, batch"]),
    ("methods.nlot.map.width", 5, ["map", "'width'", "hidden, activation"]),
    ("evaluation.paper.n", 128, ["evaluation.paper", "'n'", "points, draws"]),
    ("table1.rows", [], ["table1", "unknown key 'rows'", "tasks, methods, controls"]),
    ("tasks.free.lagrangian.potentail", None, ["did you mean 'potential'?"]),
    (7, 1, ["unknown key 7", "valid keys: preset"]),
    (None, 1, ["unknown key None", "valid keys: preset"]),
    ("a" * 5000, 1, ["unknown key 'aaaa", "valid keys: preset"]),
    # Unknown names and kinds.
    ("table1.tasks", ["fre"], ["unknown 'fre'; did you mean 'free'?", "free, well"]),
    ("table1.tasks", ["Free"], ["table1.tasks.0: a name", "(found 'Free')"]),
    ("table1.tasks", ["maze"], ["table1.tasks", "unknown 'maze'", "free, well"]),
    ("table1.methods", ["nlsb"], ["table1.methods", "unknown 'nlsb'", "valid: nlot"]),
    ("table1.controls", ["truth"], ["controls", "'floor', 'translation'", "'truth'"]),
    ("figure1.tasks", ["maze"], ["figure1.tasks", "unknown 'maze'", "free, well"]),
    ("figure2.methods", ["nlsb"], ["figure2.methods", "unknown 'nlsb'", "nlot"]),
    ("methods.nlot.kind", "sgd", ["methods.nlot", "'sgd'", "'nlot'"]),
    ("tasks.free.source.kind", "cube", ["tasks.free.source", "'cube'", "'uniform'"]),
    (
        "tasks.well.lagrangian.potential.kind",
        "wall",
        ["tasks.well.lagrangian", "potential", "'wall'", "'boxes', 'discs'"],
    ),
    ("tasks.free.lagrangian.kind", "free", ["lagrangian", "'free'", "'newtonian'"]),
    ("methods.nlot.map.activation", "sine", ["map.activation", "'sine'", "'silu'"]),
    ("methods.nlot.quadrature.rule", "simpson", ["rule", "'simpson'", "'midpoint'"]),
    ("methods.nlot.regression", "l1", ["regression", "'l1'", "'squared_norm'"]),
    # Sizes and numbers out of range.
    ("methods.nlot.batch", -512, ["methods.nlot", "batch", "greater than 0", "-512"]),
    ("methods.nlot.steps", 0, ["methods.nlot", "steps", "greater than 0", "found 0"]),
    ("methods.nlot.steps", 1.5, ["steps", "integer", "found 1.5"]),
    ("methods.nlot.steps", "many", ["steps", "integer", "found 'many'"]),
    ("methods.nlot.map.hidden", [64, -1], ["map.hidden.1", "found -1"]),
    ("methods.nlot.knots", 4, ["knots", "greater than or equal to 5", "found 4"]),
    ("methods.nlot.average", 1, ["average", "less than 1", "found 1"]),
    ("methods.nlot.refit.tolerance", 0, ["refit.tolerance", "found 0"]),
    ("methods.nlot.map_optimiser.learning_rate", -1e-3, ["learning_rate", "-0.001"]),
    ("tasks.free.bounds", 0, ["tasks.free.bounds", "greater than 0", "found 0"]),
    ("tasks.free.bounds", math.nan, ["tasks.free.bounds", "found nan"]),
    ("tasks.free.horizon", math.inf, ["tasks.free.horizon", "found inf"]),
    ("tasks.free.source.low", [-math.inf, 0.0], ["tasks.free.source", "found -inf"]),
    ("tasks.well.lagrangian.potential.strength", math.nan, ["strength", "found nan"]),
    ("evaluation.exact.points", -1, ["evaluation.exact.points", "found -1"]),
    ("figure1.paths", 0, ["figure1.paths", "found 0"]),
    ("evaluation.ground_truth.points", 100, ["points: 100 is not a power of two"]),
    ("resources.gpu", 0.5, ["resources.gpu", "integer", "found 0.5"]),
    # Values of another type.
    ("methods.nlot.steps", True, ["methods.nlot: steps", "no boolean, found True"]),
    ("tasks.free.bounds", False, ["tasks.free: bounds", "no boolean, found False"]),
    ("tasks.free.source.low", [True, 0], ["tasks.free.source: low", "found True"]),
    ("seeds", [0, True], ["seeds: expected no boolean, found True"]),
    ("methods.nlot.steps", None, ["methods.nlot.steps", "integer", "found None"]),
    ("methods.nlot.steps", [4], ["methods.nlot.steps", "integer", "found [4]"]),
    ("methods.nlot.steps", math.nan, ["methods.nlot.steps", "finite", "found nan"]),
    ("methods.nlot.steps", 10**400, ["methods.nlot: steps", "over 63 bits"]),
    ("methods.nlot.map.hidden", 64, ["methods.nlot.map.hidden", "list", "found 64"]),
    ("methods.nlot.map.hidden", "64", ["map.hidden", "valid list", "found '64'"]),
    ("table1.tasks", "free", ["table1.tasks", "valid list", "found 'free'"]),
    ("evaluation", [], ["evaluation: Input should be a mapping of keys (found [])"]),
    ("tasks.free.bounds", "1,5", ["tasks.free.bounds", "number", "found '1,5'"]),
    ("tasks.free.bounds", "x" * 9999, ["tasks.free.bounds", "number", "xxx...xxx"]),
    ("tasks.free.source", {"kind": "samples", "path": ""}, ["source.path", "found ''"]),
    ("tasks.free.source", {"kind": "samples", "path": 3}, ["source.path", "found 3"]),
    (
        "tasks.free.source",
        {"kind": "samples", "path": "a.npz", "dimension": 3},
        ["tasks.free: source has dimension 3, target has dimension 2"],
    ),
    # Seeds.
    ("seeds", ["one"], ["seeds.0", "integer", "found 'one'"]),
    ("seeds", [2**31], ["seeds.0", "less than 2147483648", "found 2147483648"]),
    ("figure1.seed", -1, ["figure1.seed", "found -1"]),
    ("seeds", [0, 1, 0], ["seeds: 0 is listed twice"]),
    ("seeds", [], ["seeds", "at least 1 item"]),
    ("seeds", [-1], ["seeds.0", "found -1"]),
    ("seeds", 3, ["seeds", "found 3"]),
    # Empty lists and mappings.
    ("tasks", {}, ["tasks: Mapping should have at least 1 item"]),
    ("methods", {}, ["methods: Mapping should have at least 1 item"]),
    ("table1.tasks", [], ["table1.tasks: List should have at least 1 item"]),
    ("figure2.methods", [], ["figure2.methods: List should have at least 1 item"]),
    # What does not fit together.
    ("table1.controls", ["floor"] * 2, ["table1.controls: 'floor' is listed twice"]),
    ("table1.tasks", ["free", "free"], ["table1.tasks", "'free' is listed twice"]),
    ("tasks.free.source.low", [0.0], ["tasks.free.source", "differ in length"]),
    ("tasks.free.source.low", [9.0, 9.0], ["tasks.free.source", "must lie below"]),
    (
        "tasks.free.target",
        {"kind": "uniform", "low": [0.0], "high": [1.0]},
        ["tasks.free", "source has dimension 2, target has dimension 1"],
    ),
    (
        "tasks.free.target",
        {"kind": "gaussian", "mean": [0, 0, 0], "covariance": [[1, 0], [0, 1]]},
        ["tasks.free.target", "mean has 3 coordinates, covariance has 2 rows"],
    ),
    (
        "tasks.free.target",
        {"kind": "gaussian", "mean": [0, 0], "covariance": [[1, 0], [0]]},
        ["tasks.free.target.covariance", "columns as rows", "2 rows of lengths [2, 1]"],
    ),
    (
        "tasks.free.target",
        {"kind": "gaussian", "mean": [0, 0], "covariance": [[1, 0.2], [0.3, 1]]},
        [
            "tasks.free.target.covariance",
            "symmetric",
            "0.2 in row 1, column 2 and 0.3 across",
        ],
    ),
    (
        "tasks.free.target",
        {"kind": "gaussian", "mean": [0, 0], "covariance": [[1, 2], [2, 1]]},
        [
            "tasks.free.target.covariance",
            "positive definite",
            "eigenvalues from -1 to 3",
        ],
    ),
    (
        "tasks.free.target",
        {"kind": "gaussian", "mean": [0, 0], "covariance": [[1, 1], [1, 1]]},
        ["tasks.free.target.covariance", "positive definite", "eigenvalues from"],
    ),
    (
        "tasks.free",
        {
            "source": {"kind": "uniform", "low": [0], "high": [1]},
            "target": {"kind": "gaussian", "mean": [0], "covariance": [[1]]},
            "lagrangian": {"kind": "newtonian"},
            "bounds": 5,
        },
        ["figure1.tasks: 'free' has dimension 1", "needs 2 or more"],
    ),
    (
        "tasks.free.target",
        {"kind": "gaussian_mixture", "means": [[0, 0], [1]], "std": 1},
        ["tasks.free.target", "same length"],
    ),
    (
        "tasks.well.lagrangian.potential",
        {
            "kind": "boxes",
            "low": [[0.0]],
            "high": [[1.0]],
            "strength": 1,
            "temperature": 1,
        },
        ["tasks.well", "source has dimension 2, lagrangian has dimension 1"],
    ),
    (
        "tasks.well.lagrangian.potential",
        {
            "kind": "boxes",
            "low": [[0.0, 2.0]],
            "high": [[1.0, 1.0]],
            "strength": 1,
            "temperature": 1,
        },
        ["tasks.well.lagrangian", "must lie below"],
    ),
    (
        "tasks.well.lagrangian.potential",
        {
            "kind": "discs",
            "centres": [[0.0, 0.0, 0.0]],
            "radius": 1,
            "strength": 1,
            "temperature": 1,
        },
        ["tasks.well", "lagrangian has dimension 3"],
    ),
    (
        "tasks.free",
        {
            "source": {"kind": "gaussian_mixture", "means": [[0, 0, 0]], "std": 1},
            "target": {"kind": "gaussian_mixture", "means": [[1, 0, 0]], "std": 1},
            "lagrangian": {"kind": "riemannian", "metric": {"kind": "circle"}},
            "bounds": 2,
        },
        ["tasks.free", "source has dimension 3, lagrangian has dimension 2"],
    ),
    # Overrides.
    ("overrides.nlsb", {"well": {}}, ["overrides", "unknown 'nlsb'", "valid: nlot"]),
    ("overrides.nlot", {"maze": {}}, ["overrides.nlot", "'maze'", "free, well"]),
    (
        "overrides.nlot",
        {"well": {"stpes": 5}},
        ["overrides.nlot.well", "unknown key 'stpes'", "steps, batch"],
    ),
    (
        "overrides.nlot",
        {"well": {"batch": -1}},
        ["overrides.nlot.well", "batch", "greater than 0", "found -1"],
    ),
    ("overrides", [], ["overrides", "mapping of keys", "found []"]),
    ("overrides", {"nlot": {"well": 3}}, ["overrides.nlot.well", "found 3"]),
    (
        "overrides",
        {"nlto": {"well": {}}},
        ["overrides: unknown 'nlto'; did you mean 'nlot'?"],
    ),
    (
        "overrides",
        {"nlot": {"well": {"kind": "nlsb"}}},
        ["overrides.nlot.well", "unknown key 'map'", "valid keys: kind, potential"],
    ),
    (
        "overrides",
        {"nlot": {"well": {"batch": True}}},
        ["overrides.nlot.well: batch: expected no boolean"],
    ),
    # Missing and misplaced.
    ("table1", DELETE, ["table1", "required"]),
    ("methods.nlot.batch", DELETE, ["methods.nlot", "batch", "required"]),
    ("tasks.free.source.kind", DELETE, ["tasks.free.source", "kind"]),
    ("tasks", ["free"], ["tasks", "found ['free']"]),
    ("tasks.free", None, ["tasks.free", "found None"]),
]

STATIONS = "sequences.crossing.data.groups"
BOX = {"low": [-1.0, -1.0], "high": [1.0, 1.0]}
GAUSSIANS = [[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]]
# The same with sequences, and learners of their metric.
SEQUENCE_CASES: list[tuple[str, Any, list[str]]] = [
    # Unknown keys, names and kinds.
    ("sequences.given.box", [], ["sequences.given", "'box'", "data, truth, grid"]),
    ("table2.sequences", ["maze"], ["table2.sequences", "'maze'", "crossing, given"]),
    ("table2.learners", ["sgd"], ["table2.learners", "'sgd'", "nlot, nlot_plus"]),
    ("table2.controls", ["truth"], ["controls", "'true_metric'", "found 'truth'"]),
    ("figure3.sequences", ["free"], ["figure3.sequences", "unknown 'free'"]),
    ("figure4", {"sequences": ["given"], "learners": ["sgd"]}, ["figure4.learners"]),
    ("sequences.given.truth", {"kind": "free"}, ["sequences.given.truth", "'vee'"]),
    ("sequences.given.data.kind", "csv", ["sequences.given.data", "'samples'"]),
    ("learners.nlot.kind", "sgd", ["learners.nlot", "'sgd'", "'nlot_plus'"]),
    ("learners.nlot.metric.angle", "triple", ["metric.angle", "found 'triple'"]),
    ("learners.nlot.metric.activation", "sine", ["metric.activation", "'sine'"]),
    # Sizes and numbers out of range.
    ("learners.nlot.batch", -1, ["learners.nlot", "batch", "found -1"]),
    ("learners.nlot.metric_every", 0, ["metric_every", "found 0"]),
    ("learners.nlot.warm_up", -1, ["warm_up", "found -1"]),
    ("learners.nlot.metric.members", 0, ["metric.members", "found 0"]),
    ("learners.nlot.metric.eigenvalues", [1, 0], ["eigenvalues.1", "found 0"]),
    ("learners.nlot_plus.smoothing", -0.1, ["smoothing", "found -0.1"]),
    ("learners.nlot_plus.rounds", 0, ["learners.nlot_plus", "rounds", "found 0"]),
    ("sequences.crossing.data.std", 0, ["sequences.crossing.data", "std", "found 0"]),
    ("sequences.crossing.data.held_out", -1, ["held_out", "found -1"]),
    ("sequences.crossing.truth.floor", -1, ["truth", "floor", "found -1"]),
    ("sequences.given.grid.points", 1, ["grid.points", "found 1"]),
    ("sequences.given.grid.high", [math.inf, 1.0], ["grid.high.0", "found inf"]),
    # What does not fit together.
    (
        "sequences.free",
        {"data": {"kind": "samples", "path": "a.npz"}, "grid": BOX},
        ["sequences: 'free' is the name of a task, too"],
    ),
    ("table2.sequences", ["given"] * 2, ["table2.sequences: 'given' is listed twice"]),
    ("table2.learners", ["nlot"] * 2, ["table2.learners: 'nlot' is listed twice"]),
    (
        "learners.nlot.metric.eigenvalues",
        [0.1, 0.1],
        ["learners.nlot", "metric", "(0.1, 0.1): the first must be larger"],
    ),
    (
        STATIONS,
        [{"stations": [[[0, 0]]] * n} for n in (2, 3)],
        ["sequences.crossing.data", "all groups must have the same number of stations"],
    ),
    (
        STATIONS,
        [{"stations": [[[0, 0]], GAUSSIANS]}],
        ["sequences.crossing.data", "4 particles, shared by 3 Gaussians"],
    ),
    (
        STATIONS,
        [{"stations": [[[0, 0]] * 4] * 2}],
        ["sequences.crossing.data", "2 particles, shared by 4 Gaussians"],
    ),
    (
        STATIONS,
        [{"stations": [[[0, 0]], [[0, 0], [1, 1]]], "closed": True}],
        ["sequences.crossing.data", "a closed group must end with its first station"],
    ),
    (STATIONS, [{"stations": [[[0, 0]]]}], ["stations", "at least 2 items"]),
    (STATIONS, [], ["sequences.crossing.data", "groups", "at least 1 item"]),
    (
        STATIONS,
        [{"stations": [[[0, 0]], [[0, 0, 0]]]}],
        ["sequences.crossing.data", "all means must have two coordinates"],
    ),
    ("sequences.given.data.dimension", 3, ["data", "dimension", "found 3"]),
    (
        "sequences.given.grid.low",
        [-1.5, 1.0],
        ["sequences.given.grid", "low (-1.5, 1.0) must lie below high (1.5, 1.0)"],
    ),
    (
        "sequences.given.grid.high",
        [1.0, 1.0, 1.0],
        ["sequences.given.grid", "need two coordinates"],
    ),
    # Overrides.
    (
        "learner_overrides.sgd",
        {"given": {}},
        ["learner_overrides", "unknown 'sgd'", "valid: nlot, nlot_plus"],
    ),
    (
        "learner_overrides.nlot",
        {"free": {}},
        ["learner_overrides.nlot", "'free'", "crossing, given"],
    ),
    (
        "learner_overrides.nlot",
        {"given": {"stpes": 5}},
        ["learner_overrides.nlot.given", "unknown key 'stpes'"],
    ),
    (
        "learner_overrides.nlot_plus",
        {"given": {"direction": {"steps": 0}}},
        ["learner_overrides.nlot_plus.given", "direction.steps", "found 0"],
    ),
    # Missing.
    ("sequences.given.grid", DELETE, ["sequences.given", "grid", "required"]),
    ("sequences.given.data.path", DELETE, ["sequences.given.data", "path", "required"]),
    ("learners.nlot.warm_up", DELETE, ["learners.nlot", "warm_up", "required"]),
]


def change(data, key, value):
    # Other keys than texts are no paths of keys.
    *parents, last = key.split(".") if isinstance(key, str) else [key]
    for parent in parents:
        data = data.setdefault(parent, {})
    if value is DELETE:
        del data[last]
    else:
        data[last] = value


def check(data, key, value, parts):
    change(data, key, value)
    with pytest.raises(ConfigError) as caught:
        parse_config(data, source="my.yaml")
    message = str(caught.value)
    assert message.startswith("my.yaml: ")
    assert [part for part in parts if part not in message] == [], message


@pytest.mark.parametrize(
    "key, value, parts",
    CASES,
    ids=[f"{i}-{case[0]!s:.40}" for i, case in enumerate(CASES)],
)
def test_message(raw, key, value, parts):
    check(raw, key, value, parts)


@pytest.mark.parametrize(
    "key, value, parts",
    SEQUENCE_CASES,
    ids=[f"{i}-{case[0]}" for i, case in enumerate(SEQUENCE_CASES)],
)
def test_message_about_sequences(raw_sequences, key, value, parts):
    check(raw_sequences, key, value, parts)


BRIDGE_CASES: list[tuple[str, Any, list[str]]] = [
    ("potential.layers", 1, ["potential.layers", "than or equal to 2", "found 1"]),
    ("potential.depth", 2, ["potential", "unknown key 'depth'", "width, layers"]),
    ("diffusion.activation", "sine", ["diffusion.activation", "'sine'"]),
    ("time_steps", 0, ["time_steps", "found 0"]),
    ("cost_times", -1, ["cost_times", "found -1"]),
    ("action_weight", -0.1, ["action_weight", "found -0.1"]),
    ("blur", 0, ["blur", "greater than 0", "found 0"]),
    ("optimiser.clip", 0, ["optimiser.clip", "greater than 0", "found 0"]),
    ("batch", DELETE, ["batch", "required"]),
]


@pytest.mark.parametrize("key, value, parts", BRIDGE_CASES)
def test_message_about_bridges(raw, make_bridge, key, value, parts):
    raw["methods"]["nlsb"] = make_bridge().model_dump()
    check(raw, f"methods.nlsb.{key}", value, ["methods.nlsb", *parts])


GRAM_CASES: list[tuple[str, Any, list[str]]] = [
    (
        "figure4.learners",
        ["nlot", "gram"],
        ["figure4.learners: 'gram' learns no maps to draw"],
    ),
    ("learners.gram.groups", 0, ["learners.gram", "groups", "found 0"]),
    ("learners.gram.floor", 0, ["learners.gram", "floor", "found 0"]),
    ("learners.gram.metric_fit.norm_weight", 0, ["norm_weight", "found 0"]),
    ("learners.gram.potential_fit.penalty", DELETE, ["penalty", "required"]),
    ("learner_overrides.gram", {"given": {"round": 2}}, ["unknown key 'round'"]),
]


@pytest.mark.parametrize("key, value, parts", GRAM_CASES)
def test_message_about_metrics_without_maps(
    raw_sequences, make_learner, key, value, parts
):
    """They may be drawn in Figure 3, but not in Figure 4."""
    learner = make_learner("scarvelis_solomon").model_dump()
    raw_sequences["learners"]["gram"] = learner
    panels = {"sequences": ["given"], "learners": ["nlot"]}
    raw_sequences["figure4"] = panels
    raw_sequences["figure3"] = {**panels, "learners": ["nlot", "gram"]}
    parse_config(raw_sequences)
    check(raw_sequences, key, value, parts)


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
    "wildcard": "{task}",
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
    "where", ["preset", "tasks", "methods", "sequences", "learners"]
)
@pytest.mark.parametrize("kind", NAMES)
def test_names_that_files_cannot_have(raw_sequences, where, kind):
    """Names are those of folders: none leads out, and none collides with another."""
    rename(raw_sequences, where, NAMES[kind])
    with pytest.raises(ConfigError, match=f"^my.yaml: {where}: ") as caught:
        parse_config(raw_sequences, source="my.yaml")
    assert f"(found {reprlib.repr(NAMES[kind])})" in str(caught.value)


RESERVED = [
    ("preset", "reference"),
    ("methods", "floor"),
    ("methods", "reference"),
    ("methods", "controls"),
    ("learners", "true_metric"),
    ("learners", "controls"),
]


@pytest.mark.parametrize(("where", "name"), RESERVED)
def test_names_that_results_have_already(raw_sequences, where, name):
    rename(raw_sequences, where, name)
    with pytest.raises(ConfigError, match=f"{where}: '{name}' stands for something"):
        parse_config(raw_sequences)


def test_a_method_named_like_the_variant_of_another(raw, make_bridge):
    """Their rows could not be told apart."""
    raw["methods"]["nlsb"] = make_bridge().model_dump()
    raw["methods"]["nlsb_expected"] = raw["methods"]["nlot"]
    raw["table1"]["methods"] = ["nlsb", "nlsb_expected"]
    with pytest.raises(ConfigError, match="table1: row: 'nlsb_expected' is listed tw"):
        parse_config(raw)


def test_the_longest_name_is_accepted(raw):
    rename(raw, "preset", "a" * 64)
    assert parse_config(raw).preset == "a" * 64


def test_numbers_may_be_text(raw):
    """YAML 1.1 takes 1e-3 for text."""
    change(raw, "methods.nlot.map_optimiser.learning_rate", "1e-3")
    assert parse_config(raw).methods["nlot"].map_optimiser.learning_rate == 1e-3


@pytest.mark.parametrize("data", [[], None, "preset", 3])
def test_what_is_no_mapping(unchecked, data):
    with pytest.raises(ConfigError, match=r"^my\.yaml: expected a mapping of keys"):
        parse_config(data, source="my.yaml")


def test_two_mistakes_are_both_named(raw):
    change(raw, "methods.nlot.batch", -1)
    change(raw, "tasks.free.bounds", 0)
    with pytest.raises(ConfigError, match=r"tasks\.free\.bounds.*methods\.nlot.*batch"):
        parse_config(raw)
