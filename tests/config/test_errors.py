"""Every mistake in a preset: one line with key, value found and valid choices."""

import json
import math
from typing import Any

import pytest

from nlot.config import ConfigError, parse_config

from ..conftest import LEFT, RIGHT, SLAB

DELETE = object()
NLOT, FREE, WELL = "methods.nlot", "problems.free", "problems.well"
POTENTIAL = f"{WELL}.lagrangian.potential"
TABLE, FIGURE = "tables.table1", "figures.figure1"
BOX = {"kind": "boxes", "strength": 1, "temperature": 1}
DISC = {**BOX, "kind": "discs", "radius": 1}
PLAIN = {"kind": "newtonian"}
CUBE = {"kind": "gaussian_mixture", "means": [[0, 0, 0]], "std": 1}


def gaussian(mean: list[float], covariance: list[list[float]]) -> dict[str, Any]:
    return {"kind": "gaussian", "mean": mean, "covariance": covariance}


# Key, its wrong value, how the message begins, and what else it says.
CASES: list[tuple[Any, ...]] = [
    # Unknown keys, at every depth.
    (
        "sedes",
        [0],
        "unknown key 'sedes'; did you mean 'seeds'?; valid keys: preset, paper, seed",
    ),
    (f"{FREE}.horizn", 1.5, f"{FREE}: unknown key 'horizn'; did you mean 'horizon'?"),
    (f"{FREE}.source.hight", [1], f"{FREE}.source: unknown key 'hight'", "low, high"),
    (
        f"{POTENTIAL}.depth",
        0.1,
        f"{POTENTIAL}: unknown key 'depth'; valid keys: kind, strength",
    ),
    (f"{NLOT}.stpes", 5, f"{NLOT}: unknown key 'stpes'; did you mean 'steps'?"),
    (f"{NLOT}.map.width", 5, f"{NLOT}.map: unknown key 'width'", "hidden, activation"),
    ("evaluation.paper.n", 128, "evaluation.paper: unknown key 'n'", "points, draws"),
    (f"{TABLE}.rows", [], f"{TABLE}: unknown key 'rows'", "problems, methods, kind"),
    (f"{FREE}.lagrangian.potentail", None, f"{FREE}.lagrangian: ", "'potential'?"),
    (7, 1, "unknown key 7; valid keys: preset"),
    (None, 1, "unknown key None; valid keys: preset"),
    ("a" * 5000, 1, "unknown key 'aaaa", "valid keys: preset"),
    # Unknown names and kinds.
    (
        f"{TABLE}.problems",
        ["fre"],
        f"{TABLE}.problems: unknown 'fre'; did you mean 'free'?; valid: free, well",
    ),
    (f"{TABLE}.problems", ["Free"], f"{TABLE}.problems.0: a name", "(found 'Free')"),
    (
        f"{TABLE}.methods",
        ["nlsb"],
        f"{TABLE}.methods: unknown 'nlsb'; valid: nlot, nlot_network_map",
    ),
    (f"{FIGURE}.problems", ["maze"], f"{FIGURE}.problems: unknown 'maze'", "free, we"),
    (f"{FIGURE}.methods", ["nlsb"], f"{FIGURE}.methods: unknown 'nlsb'", "nlot"),
    (f"{TABLE}.kind", "bound", f"{TABLE}.kind: ", "'bounds'", "(found 'bound')"),
    (f"{FIGURE}.kind", "maps", f"{FIGURE}.kind: ", "'paths', 'losses'", "'maps'"),
    (
        f"{FREE}.kind",
        "transprt",
        f"{FREE}: unknown kind 'transprt'; did you mean 'transport'?; valid kinds: tra",
    ),
    (f"{FREE}.kind", ["transport"], f"{FREE}: unknown kind", "transport, sequence"),
    (f"{FREE}.kind", None, f"{FREE}: unknown kind 'None'"),
    (
        f"{NLOT}.kind",
        "nlot_",
        f"{NLOT}: unknown kind 'nlot_'; did you mean 'nlot'?; valid kinds: nlot, nlot_",
    ),
    (f"{FREE}.source.kind", "cube", f"{FREE}.source: unknown kind 'cube'", "uniform,"),
    (
        f"{POTENTIAL}.kind",
        "wall",
        f"{POTENTIAL}: unknown kind 'wall'; did you mean 'well'?; valid kinds: boxes, ",
    ),
    (
        f"{FREE}.lagrangian.kind",
        "free",
        f"{FREE}.lagrangian: unknown kind 'free'; valid kinds: newtonian, riemannian",
    ),
    (f"{NLOT}.map.activation", "sine", f"{NLOT}.map.activation: ", "'sine'", "'silu'"),
    (f"{NLOT}.quadrature.rule", "x", f"{NLOT}.quadrature.rule: ", "or 'midpoint' (fo"),
    (f"{NLOT}.regression", "l1", f"{NLOT}.regression: ", "'l1'", "'squared_norm'"),
    # Sizes and numbers out of range.
    (f"{NLOT}.batch", -512, f"{NLOT}.batch: ", "greater than 0 (found -512)"),
    (f"{NLOT}.steps", 0, f"{NLOT}.steps: ", "greater than 0 (found 0)"),
    (f"{NLOT}.steps", 1.5, f"{NLOT}.steps: ", "integer", "found 1.5"),
    (f"{NLOT}.steps", "many", f"{NLOT}.steps: ", "integer", "found 'many'"),
    (f"{NLOT}.map.hidden", [64, -1], f"{NLOT}.map.hidden.1: ", "found -1"),
    (f"{NLOT}.knots", 4, f"{NLOT}.knots: ", "than or equal to 5 (found 4)"),
    (f"{NLOT}.average", 1, f"{NLOT}.average: ", "less than 1 (found 1)"),
    (f"{NLOT}.refit.tolerance", 0, f"{NLOT}.refit.tolerance: ", "found 0"),
    (
        f"{NLOT}.map_optimiser.learning_rate",
        -1e-3,
        f"{NLOT}.map_optimiser.learning_rate: ",
        "found -0.001",
    ),
    (f"{FREE}.horizon", 0, f"{FREE}.horizon: ", "greater than 0 (found 0)"),
    (f"{FREE}.horizon", math.nan, f"{FREE}.horizon: ", "finite", "found nan"),
    (f"{FREE}.horizon", math.inf, f"{FREE}.horizon: ", "found inf"),
    (f"{FREE}.source.low", [-math.inf, 0.0], f"{FREE}.source.low.0: ", "found -inf"),
    (f"{POTENTIAL}.strength", math.nan, f"{POTENTIAL}.strength: ", "found nan"),
    (f"{POTENTIAL}.strength", -1, f"{POTENTIAL}.strength: ", "0 (found -1)"),
    ("evaluation.exact.points", -1, "evaluation.exact.points: ", "found -1"),
    (f"{FIGURE}.paths", 0, f"{FIGURE}.paths: ", "found 0"),
    (
        "evaluation.ground_truth.points",
        100,
        "evaluation.ground_truth.points: 100 is not a power of two",
    ),
    ("resources.gpu", 0.5, "resources.gpu: ", "integer", "found 0.5"),
    # Values of another type.
    (f"{NLOT}.steps", True, f"{NLOT}: steps: expected no boolean, found True"),
    (f"{FREE}.horizon", False, f"{FREE}: horizon: expected no boolean, found False"),
    (f"{FREE}.source.low", [True, 0], f"{FREE}.source: low: ", "found True"),
    (f"{FREE}.ground_truth", "maybe", f"{FREE}.ground_truth: ", "boolean", "'maybe'"),
    ("seeds", [0, True], "seeds: expected no boolean, found True"),
    (f"{NLOT}.steps", None, f"{NLOT}.steps: ", "integer (found None)"),
    (f"{NLOT}.steps", [4], f"{NLOT}.steps: ", "integer (found [4])"),
    (f"{NLOT}.steps", math.nan, f"{NLOT}.steps: ", "finite", "found nan"),
    (f"{NLOT}.steps", 10**400, f"{NLOT}: steps: found a number of over 63 bits"),
    (f"{NLOT}.map.hidden", 64, f"{NLOT}.map.hidden: ", "valid list (found 64)"),
    (f"{NLOT}.map.hidden", "64", f"{NLOT}.map.hidden: ", "valid list (found '64')"),
    (f"{TABLE}.problems", "free", f"{TABLE}.problems: ", "valid list (found 'free')"),
    ("evaluation", [], "evaluation: Input should be a mapping of keys (found [])"),
    (NLOT, 3, f"{NLOT}: expected a mapping of keys, found 3"),
    (POTENTIAL, "hill", f"{POTENTIAL}: expected a mapping of keys, found 'hill'"),
    (f"{FREE}.lagrangian", None, f"{FREE}.lagrangian: expected a mapping of keys, fo"),
    (TABLE, "free", f"{TABLE}: Input should be a mapping of keys (found 'free')"),
    ("tables", [TABLE], "tables: Input should be a mapping of keys (found ['tables"),
    ("figures", None, "figures: Input should be a mapping of keys (found None)"),
    (f"{FREE}.horizon", "1,5", f"{FREE}.horizon: ", "number", "found '1,5'"),
    (f"{FREE}.horizon", "x" * 9999, f"{FREE}.horizon: ", "number", "xxx...xxx"),
    (
        f"{FREE}.source",
        {"kind": "samples", "path": ""},
        f"{FREE}.source.path: ",
        "found ''",
    ),
    (f"{FREE}.source", {"kind": "samples", "path": 3}, f"{FREE}.source.path: ", "d 3)"),
    (f"{TABLE}.published", "Table 1", f"{TABLE}.published: expected a paper and its"),
    # Seeds.
    ("seeds", ["one"], "seeds.0: ", "integer", "found 'one'"),
    ("seeds", [2**31], "seeds.0: ", "less than 2147483648 (found 2147483648)"),
    (f"{FIGURE}.seed", -1, f"{FIGURE}.seed: ", "found -1"),
    (f"{TABLE}.seeds", [3, 3], f"{TABLE}.seeds: 3 is listed twice"),
    ("seeds", [0, 1, 0], "seeds: 0 is listed twice"),
    ("seeds", [], "seeds: ", "at least 1 item"),
    ("seeds", [-1], "seeds.0: ", "found -1"),
    ("seeds", 3, "seeds: ", "found 3"),
    # Empty lists and mappings.
    ("problems", {}, "problems: Mapping should have at least 1 item"),
    ("problems", {"free": None}, "problems: Mapping should have at least 1 item"),
    ("methods", {}, "methods: Mapping should have at least 1 item"),
    (f"{TABLE}.problems", [], f"{TABLE}.problems: List should have at least 1 item"),
    (f"{FIGURE}.methods", [], f"{FIGURE}.methods: List should have at least 1 item"),
    # What does not fit together.
    (f"{TABLE}.controls", ["floor"] * 2, f"{TABLE}.controls: 'floor' is listed twice"),
    (f"{TABLE}.measures", ["action"] * 2, f"{TABLE}.measures: 'action' is listed twi"),
    (f"{TABLE}.problems", ["free"] * 2, f"{TABLE}.problems: 'free' is listed twice"),
    (f"{FREE}.source.low", [0.0], f"{FREE}.source: ", "differ in length"),
    (f"{FREE}.source.low", [9.0, 9.0], f"{FREE}.source: low (9.0, 9.0) must lie below"),
    (
        f"{FREE}.source",
        {"kind": "samples", "path": "a.npz", "dimension": 3},
        f"{FREE}: source has dimension 3, target has dimension 2",
    ),
    (
        f"{FREE}.target",
        {"kind": "uniform", "low": [0.0], "high": [1.0]},
        f"{FREE}: source has dimension 2, target has dimension 1",
    ),
    (
        f"{FREE}.target",
        gaussian([0, 0, 0], [[1, 0], [0, 1]]),
        f"{FREE}.target: mean has 3 coordinates, covariance has 2 rows",
    ),
    (
        f"{FREE}.target",
        gaussian([0, 0], [[1, 0], [0]]),
        f"{FREE}.target.covariance: expected as many columns as rows",
        "2 rows of lengths [2, 1]",
    ),
    (
        f"{FREE}.target",
        gaussian([0, 0], [[1, 0.2], [0.3, 1]]),
        f"{FREE}.target.covariance: expected a symmetric matrix",
        "0.2 in row 1, column 2 and 0.3 across",
    ),
    (
        f"{FREE}.target",
        gaussian([0, 0], [[1, 2], [2, 1]]),
        f"{FREE}.target.covariance: expected a positive definite matrix",
        "eigenvalues from -1 to 3",
    ),
    (
        f"{FREE}.target",
        gaussian([0, 0], [[1, 1], [1, 1]]),
        f"{FREE}.target.covariance: expected a positive definite matrix",
    ),
    (
        f"{FREE}.target",
        {"kind": "gaussian_mixture", "means": [[0, 0], [1]], "std": 1},
        f"{FREE}.target: all means must have the same length",
    ),
    (
        POTENTIAL,
        {**BOX, "low": [[0.0]], "high": [[1.0]]},
        f"{WELL}: source has dimension 2, lagrangian has dimension 1",
    ),
    (
        POTENTIAL,
        {**BOX, "low": [[0.0, 2.0]], "high": [[1.0, 1.0]]},
        f"{POTENTIAL}: low (0.0, 2.0) must lie below",
    ),
    (
        POTENTIAL,
        {**DISC, "centres": [[0.0, 0.0, 0.0]]},
        f"{WELL}: source has dimension 2, lagrangian has dimension 3",
    ),
    (
        FREE,
        {
            **SLAB,
            "source": CUBE,
            "target": CUBE,
            "lagrangian": {"kind": "riemannian", "metric": {"kind": "circle"}},
        },
        f"{FREE}: source has dimension 3, lagrangian has dimension 2",
    ),
    # Overrides.
    ("overrides.nlsb", {"well": {}}, "overrides: unknown 'nlsb'; valid: nlot"),
    ("overrides.nlot", {"maze": {}}, "overrides.nlot: unknown 'maze'", "free, well"),
    (
        "overrides.nlto",
        {"well": {}},
        "overrides: unknown 'nlto'; did you mean 'nlot'?",
    ),
    (
        "overrides.nlot",
        {"well": {"stpes": 5}},
        "overrides.nlot.well: unknown key 'stpes'; did you mean 'steps'?",
    ),
    (
        "overrides.nlot",
        {"well": {"refit": {"every": -1}}},
        "overrides.nlot.well.refit.every: ",
        "greater than 0 (found -1)",
    ),
    (
        "overrides.nlot",
        {"well": {"batch": True}},
        "overrides.nlot.well: batch: expected no boolean, found True",
    ),
    ("overrides", [], "overrides: ", "mapping of keys (found [])"),
    ("overrides", {"nlot": 3}, "overrides.nlot: ", "mapping of keys (found 3)"),
    ("overrides", {"nlot": {"well": 3}}, "overrides.nlot.well: ", "found 3"),
    (
        "overrides",
        {"nlot": {"well": {"kind": "nlsb"}}},
        "overrides.nlot.well: unknown key 'map'; valid keys: kind, potential",
    ),
    # Missing and misplaced.
    ("preset", DELETE, "preset: Field required"),
    ("problems", DELETE, "problems: Field required"),
    (f"{TABLE}.problems", DELETE, f"{TABLE}.problems: Field required"),
    (f"{FIGURE}.kind", DELETE, f"{FIGURE}.kind: Field required"),
    (f"{NLOT}.batch", DELETE, f"{NLOT}.batch: Field required"),
    (f"{FREE}.kind", DELETE, f"{FREE}: no key 'kind'; valid kinds: transport, sequen"),
    (f"{FREE}.source.kind", DELETE, f"{FREE}.source: no key 'kind'; valid kinds: un"),
    (f"{POTENTIAL}.strength", DELETE, f"{POTENTIAL}.strength: Field required"),
    ("problems", ["free"], "problems: ", "found ['free']"),
]

GIVEN, CROSSING = "problems.given", "problems.crossing"
METRIC, PLUS = "methods.metric_nlot", "methods.metric_nlot_plus"
GROUPS = f"{CROSSING}.data.groups"
GAUSSIANS = [[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]]
# The same with measures in time, and methods that learn their metric.
SEQUENCE_CASES: list[tuple[Any, ...]] = [
    # Unknown keys, names and kinds.
    (f"{GIVEN}.box", [], f"{GIVEN}: unknown key 'box'; valid keys: kind, data, truth"),
    (f"{GIVEN}.truth", {"kind": "free"}, f"{GIVEN}.truth: unknown kind 'free'", "vee"),
    (f"{GIVEN}.data.kind", "csv", f"{GIVEN}.data: unknown kind 'csv'", "samples"),
    (f"{METRIC}.metric.angle", "triple", f"{METRIC}.metric.angle: ", "und 'triple'"),
    (f"{METRIC}.metric.activation", "sine", f"{METRIC}.metric.activation: ", "'sine'"),
    # Sizes and numbers out of range.
    (f"{METRIC}.batch", -1, f"{METRIC}.batch: ", "found -1"),
    (f"{METRIC}.metric_every", 0, f"{METRIC}.metric_every: ", "found 0"),
    (f"{METRIC}.warm_up", -1, f"{METRIC}.warm_up: ", "found -1"),
    (f"{METRIC}.metric.members", 0, f"{METRIC}.metric.members: ", "found 0"),
    (f"{METRIC}.metric.eigenvalues", [1, 0], f"{METRIC}.metric.eigenvalues.1: ", "d 0"),
    (f"{PLUS}.smoothing", -0.1, f"{PLUS}.smoothing: ", "found -0.1"),
    (f"{PLUS}.rounds", 0, f"{PLUS}.rounds: ", "found 0"),
    (f"{CROSSING}.data.std", 0, f"{CROSSING}.data.std: ", "found 0"),
    (f"{CROSSING}.data.held_out", -1, f"{CROSSING}.data.held_out: ", "found -1"),
    (f"{CROSSING}.data.metric.floor", -1, f"{CROSSING}.data.metric.floor: ", "und -1"),
    (f"{CROSSING}.truth.floor", -1, f"{CROSSING}.truth.floor: ", "found -1"),
    (f"{GIVEN}.grid.points", 1, f"{GIVEN}.grid.points: ", "found 1"),
    (f"{GIVEN}.grid.high", [math.inf, 1.0], f"{GIVEN}.grid.high.0: ", "found inf"),
    (f"{GIVEN}.data.dimension", 0, f"{GIVEN}.data.dimension: ", "found 0"),
    # What does not fit together.
    (
        f"{METRIC}.metric.eigenvalues",
        [0.1, 0.1],
        f"{METRIC}.metric: eigenvalues (0.1, 0.1): the first must be larger",
    ),
    (
        GROUPS,
        [{"stations": [[[0, 0]]] * n} for n in (2, 3)],
        f"{CROSSING}.data: all groups must have the same number of stations",
    ),
    (
        GROUPS,
        [{"stations": [[[0, 0]], GAUSSIANS]}],
        f"{CROSSING}.data: 4 particles, shared by 3 Gaussians",
    ),
    (
        GROUPS,
        [{"stations": [[[0, 0]] * 4] * 2}],
        f"{CROSSING}.data: 2 particles, shared by 4 Gaussians",
    ),
    (
        GROUPS,
        [{"stations": [[[0, 0]], [[0, 0], [1, 1]]], "closed": True}],
        f"{CROSSING}.data: a closed group must end with its first station",
    ),
    (GROUPS, [{"stations": [[[0, 0]]]}], f"{GROUPS}.0.stations: ", "at least 2 items"),
    (GROUPS, [], f"{GROUPS}: ", "at least 1 item"),
    (
        GROUPS,
        [{"stations": [[[0, 0]], [[0, 0, 0]]]}],
        f"{CROSSING}.data: all means must have the same length",
    ),
    (
        GROUPS,
        [{"stations": [[[0, 0, 0]], [[1, 0, 0]]]}],
        f"{CROSSING}.data: means have dimension 3, metric has dimension 2",
    ),
    (f"{GIVEN}.data.dimension", 3, f"{GIVEN}: data has dimension 3, grid has 2"),
    (
        f"{GIVEN}.grid.low",
        [-1.5, 1.0],
        f"{GIVEN}.grid: low (-1.5, 1.0) must lie below high (1.5, 1.0)",
    ),
    (f"{GIVEN}.grid.high", [1.0] * 3, f"{GIVEN}.grid: ", "differ in length"),
    (
        "overrides.metric_nlot_plus",
        {"given": {"direction": {"steps": 0}}},
        "overrides.metric_nlot_plus.given.direction.steps: ",
        "found 0",
    ),
    # Missing.
    (f"{GIVEN}.data.path", DELETE, f"{GIVEN}.data.path: Field required"),
    (f"{GIVEN}.data", DELETE, f"{GIVEN}.data: Field required"),
    (f"{METRIC}.warm_up", DELETE, f"{METRIC}.warm_up: Field required"),
]

# Kind of a method, a key of it, its wrong value, and what the message says after both.
METHOD_CASES: list[tuple[Any, ...]] = [
    ("nlsb", "potential.layers", 1, ".potential.layers: ", "or equal to 2 (found 1)"),
    ("nlsb", "potential.depth", 2, ".potential: unknown key 'depth'", "width, layers"),
    ("nlsb", "diffusion.activation", "sine", ".diffusion.activation: ", "'sine'"),
    ("nlsb", "time_steps", 0, ".time_steps: ", "found 0"),
    ("nlsb", "cost_times", -1, ".cost_times: ", "found -1"),
    ("nlsb", "action_weight", -0.1, ".action_weight: ", "found -0.1"),
    ("nlsb", "blur", 0, ".blur: ", "greater than 0 (found 0)"),
    ("nlsb", "optimiser.clip", 0, ".optimiser.clip: ", "greater than 0 (found 0)"),
    ("nlsb", "batch", DELETE, ".batch: Field required"),
    ("nlot_plus", "polish.batch", 1, ".polish.batch: ", "or equal to 2 (found 1)"),
    ("nlot_plus", "couplings.tie_breaking", -1, ".couplings.tie_breaking: ", "und -1"),
    ("nlot_plus", "regression.huber", 0, ".regression.huber: ", "found 0"),
    ("scarvelis_solomon", "groups", 0, ".groups: ", "found 0"),
    ("scarvelis_solomon", "floor", 0, ".floor: ", "found 0"),
    ("scarvelis_solomon", "metric_fit.norm_weight", 0, ".metric_fit.norm_weight: "),
    ("scarvelis_solomon", "potential_fit.penalty", DELETE, ".potential_fit.penalty: "),
    ("scarvelis_solomon", "round", 2, ": unknown key 'round'; did you mean 'rounds'?"),
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


def check(raw, key, value, start, *parts):
    """One line begins so, with the whole key, and says all parts."""
    # Problems that share a measure have one each.
    data = json.loads(json.dumps(raw))
    change(data, key, value)
    with pytest.raises(ConfigError) as caught:
        parse_config(data, source="my.yaml")
    message = str(caught.value)
    assert message.startswith(f"my.yaml: {start}"), message
    assert [part for part in parts if part not in message] == [], message
    assert "\n" not in message


def named(cases):
    return [f"{i}-{case[0]!s:.40}" for i, case in enumerate(cases)]


@pytest.mark.parametrize("case", CASES, ids=named(CASES))
def test_message(raw, case):
    check(raw, *case)


@pytest.mark.parametrize("case", SEQUENCE_CASES, ids=named(SEQUENCE_CASES))
def test_message_about_sequences(raw_sequences, case):
    check(raw_sequences, *case)


@pytest.mark.parametrize(
    "kind, key, value, start, parts", [(*case[:4], case[4:]) for case in METHOD_CASES]
)
def test_message_about_other_methods(raw, make_method, kind, key, value, start, parts):
    raw["methods"]["mine"] = make_method(kind).model_dump(mode="json")
    check(raw, f"methods.mine.{key}", value, f"methods.mine{start}", *parts)


def test_numbers_may_be_text(raw):
    """YAML 1.1 takes 1e-3 for text."""
    change(raw, f"{NLOT}.map_optimiser.learning_rate", "1e-3")
    assert parse_config(raw).methods["nlot"].map_optimiser.learning_rate == 1e-3


@pytest.mark.parametrize("data", [[], None, "preset", 3])
def test_what_is_no_mapping(unchecked, data):
    with pytest.raises(ConfigError, match=r"^my\.yaml: expected a mapping of keys"):
        parse_config(data, source="my.yaml")


def test_all_mistakes_are_named_and_the_right_problem_alone(raw):
    change(raw, f"{NLOT}.batch", -1)
    change(raw, f"{FREE}.horizon", 0)
    change(raw, f"{WELL}.horizon", 0)
    fault = (
        r"problems\.free\.horizon: .*problems\.well\.horizon: .*methods\.nlot\.batch"
    )
    with pytest.raises(ConfigError, match=fault) as caught:
        parse_config(raw)
    assert str(caught.value).count("(found ") == 3


def test_faults_of_settings_in_others_do_not_hide_each_other(raw):
    """Those of two parts of one problem, and of two keys of a part."""
    raw["problems"]["well"] |= {
        "source": {**LEFT, "low": [0, "x"]},
        "target": {**RIGHT, "high": ["y"], "low": None},
    }
    with pytest.raises(ConfigError) as caught:
        parse_config(raw)
    for key in ("source.low.1: ", "target.high.0: ", "target.low: "):
        assert f"{WELL}.{key}" in str(caught.value)
