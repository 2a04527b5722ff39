import json
from pathlib import Path

import pydantic
import pytest
import yaml

from nlot.config import (
    FigureConfig,
    TableConfig,
    load_config,
    merge,
    parse_config,
    settings_class,
)
from nlot.config.kinds import KINDS

ROOT = Path(__file__).parents[2]
PRESETS = sorted((ROOT / "config").glob("*.yaml"))
TRANSPORT = ("box", "slit", "hill", "well", "gmm", "half_circle")
SEQUENCES = ("circle", "mass_splitting", "x_paths")


def preset(name):
    return load_config(ROOT / "config" / f"{name}.yaml")


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_presets_load(path):
    experiment = load_config(path)
    assert experiment.runs()
    # Results of different presets go to different folders.
    expected = "default" if path.stem == "config" else path.stem
    assert experiment.preset == expected


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_presets_keep_the_papers_problems(path):
    """No preset changes what is replicated: measures, potentials and their scale.

    That of NLSB replicates another paper's potentials, which it counts as they are.
    """
    problems, default = load_config(path).problems, preset("config").problems
    replicated = [n for n in ("box", "slit", "hill", "well") if n in problems]
    if not replicated:
        # A study of its own.
        assert not set(problems) & set(default)
    for name in replicated:
        lagrangian = problems[name].lagrangian
        if path.stem == "nlsb":
            update = {"lagrangian": default[name].lagrangian}
            assert problems[name].model_copy(update=update) == default[name]
            assert lagrangian.potential_scale == 1
            assert lagrangian.potential.kind == default[name].lagrangian.potential.kind
        else:
            assert problems[name] == default[name]
            assert lagrangian.potential_scale == (20 - 1) ** 2


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_no_method_of_table_2_is_told_which_samples_belong_together(path):
    experiment = load_config(path)
    table2 = experiment.tables.get("table2")
    for problem in table2.problems if table2 else ():
        settings = [experiment.method(name, problem) for name in table2.methods]
        assert {getattr(method, "groups", 1) for method in settings} == {1}


@pytest.mark.parametrize(
    ("name", "problem", "method"),
    [
        ("paper", "circle", "scarvelis_solomon"),
        ("paper", "mass_splitting", "scarvelis_solomon"),
        ("record", "x_paths", "scarvelis_solomon_grouped"),
    ],
)
def test_published_settings_are_the_same_in_two_presets(name, problem, method):
    expected = preset(name).method(method, problem)
    given = "scarvelis_solomon_published_settings", f"{problem}_released"
    assert preset("released").method(*given) == expected


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_every_run_of_a_preset_has_the_settings_that_it_says(path):
    """And a method that can solve its problem."""
    experiment = load_config(path)
    for problem, method, _ in experiment.runs():
        assert experiment.unable(method, problem) is None
        settings = experiment.method(method, problem)
        assert type(settings) is type(experiment.methods[method])
        override = experiment.overrides.get(method, {}).get(problem, {})
        data = settings.model_dump(mode="json")
        assert merge(data, override) == data


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_settings_are_the_same_after_a_way_through_json(path):
    """Runs keep theirs in their headers; infinite corners are no nulls there."""
    experiment = load_config(path)
    for what in ("problem", "method"):
        for settings in getattr(experiment, f"{what}s").values():
            text = json.dumps(settings.model_dump(mode="json"))
            assert text == json.dumps(json.loads(settings.model_dump_json()))
            again = settings_class(what, settings.kind).model_validate(json.loads(text))
            assert again == settings


def saved(folder, name, data):
    path = folder / name
    path.write_text(yaml.safe_dump(data))
    return path


def test_a_preset_states_only_what_differs(tmp_path, raw):
    saved(tmp_path, "base.yaml", raw)
    changes = {
        "extends": "base.yaml",
        "preset": "short",
        "seeds": [7],
        "methods": {"nlot": {"steps": 9, "map": {"hidden": [3]}}},
    }
    path = saved(tmp_path, "a.yaml", changes)
    base, experiment = parse_config(raw), load_config(path)
    assert experiment.seeds == (7,)
    method = experiment.methods["nlot"]
    assert (method.steps, method.map.hidden) == (9, (3,))
    assert method.map.activation == base.methods["nlot"].map.activation
    assert method.batch == base.methods["nlot"].batch
    assert experiment.problems == base.problems


def test_a_preset_starts_with_a_method_of_each_kind(tmp_path, raw):
    """A problem of a few lines is a preset, called like its file.

    Only legs, whose cost has no default, are asked for.
    """
    problems = {"mine": raw["problems"]["free"]}
    experiment = load_config(saved(tmp_path, "short.yaml", {"problems": problems}))
    assert experiment.preset == "short"
    assert {name: m.kind for name, m in experiment.methods.items()} == {
        kind: kind for kind in KINDS["method"] if kind != "legs"
    }
    # The default preset changes what it states, and nothing else.
    study, file = preset("config").methods, ROOT / "config" / "config.yaml"
    stated = yaml.safe_load(file.read_text(encoding="utf-8"))["methods"]
    for name, method in experiment.methods.items():
        changed = merge(method.model_dump(mode="json"), stated.get(name, {}))
        assert study[name].model_dump(mode="json") == changed


def test_merge_goes_level_by_level_and_replaces_lists():
    base = {"a": {"b": 1, "c": {"d": [1, 2]}}, "e": 3}
    merged = merge(base, {"a": {"c": {"d": [5]}}, "f": 4})
    assert merged == {"a": {"b": 1, "c": {"d": [5]}}, "e": 3, "f": 4}
    assert base == {"a": {"b": 1, "c": {"d": [1, 2]}}, "e": 3}


def test_merge_replaces_mappings_of_another_kind():
    """And merges those of the same, whether it is said again or not."""
    base = {"potential": {"kind": "hill", "strength": 1.0, "more": 2}}
    other = {"kind": "well", "strength": 3.0}
    assert merge(base, {"potential": other}) == {"potential": other}
    for same in ({"strength": 3.0}, {"kind": "hill", "strength": 3.0}):
        merged = {"potential": {"kind": "hill", "strength": 3.0, "more": 2}}
        assert merge(base, {"potential": same}) == merged


def test_overrides_hold_for_their_problem_alone(raw):
    raw["overrides"] = {"nlot": {"well": {"batch": 99, "map": {"hidden": [2]}}}}
    experiment = parse_config(raw)
    assert experiment.method("nlot", "free") == experiment.methods["nlot"]
    changed = experiment.method("nlot", "well")
    assert (changed.batch, changed.map.hidden) == (99, (2,))
    assert changed.spline == experiment.methods["nlot"].spline


def test_a_bridge_is_overridden_like_other_methods(raw, make_method):
    raw["methods"]["nlsb"] = make_method("nlsb").model_dump()
    raw["overrides"] = {"nlsb": {"well": {"potential": {"width": 5}}}}
    experiment = parse_config(raw)
    assert experiment.method("nlsb", "well").potential.width == 5
    plain = experiment.method("nlsb", "free")
    assert plain == experiment.methods["nlsb"] == make_method("nlsb")


def test_entries_that_are_null_are_dropped(raw):
    """A preset is rid of what its base has, and of all that its base says of it."""
    raw["methods"]["other"] = None
    raw["problems"]["well"] = None
    raw["overrides"] = {"nlot": {"well": None, "free": {"batch": 9}}, "other": None}
    raw["tables"]["more"] = None
    raw["figures"]["figure1"] = None
    experiment = parse_config(raw)
    assert list(experiment.methods) == ["nlot"]
    assert list(experiment.problems) == ["free"]
    assert experiment.overrides == {"nlot": {"free": {"batch": 9}}}
    assert list(experiment.tables) == ["table1"]
    assert experiment.figures == {}


def test_runs_lists_each_needed_run_once(raw):
    raw["tables"]["table1"]["problems"] = ["well", "free"]
    raw["tables"]["again"] = {"problems": ["free"], "methods": ["nlot_network_map"]}
    raw["figures"]["figure1"]["seed"] = 8
    expected = [("well", "nlot", 0), ("well", "nlot", 1)]
    expected += [("free", "nlot", 0), ("free", "nlot", 1), ("free", "nlot", 8)]
    assert parse_config(raw).runs() == expected


def test_other_seeds_need_no_run_of_the_first(raw):
    """Figures show the first of those that there are."""
    raw["seeds"] = [7]
    experiment = parse_config(raw)
    assert experiment.runs() == [("free", "nlot", 7)]
    assert experiment.seed_of(experiment.figures["figure1"]) == 7


def test_a_table_may_have_fewer_seeds(raw):
    raw["tables"]["table1"] |= {"problems": ["free", "well"], "seeds": [1]}
    experiment = parse_config(raw)
    assert experiment.seeds_of(experiment.tables["table1"]) == (1,)
    runs = [("free", "nlot", 1), ("well", "nlot", 1), ("free", "nlot", 0)]
    assert experiment.runs() == runs
    unsaid = TableConfig(problems=("free",))
    assert experiment.seeds_of(unsaid) == experiment.seeds == (0, 1)
    figure = FigureConfig(kind="paths", problems=("free",), methods=("nlot",), seed=5)
    assert experiment.seeds_of(figure) == (5,)


@pytest.fixture
def bridged(raw, make_method):
    raw["methods"]["other"] = raw["methods"]["nlot"]
    raw["methods"]["bridge"] = make_method("nlsb").model_dump()
    return parse_config(raw)


def test_rows_name_the_variants_of_a_method(bridged):
    """A bridge has two, others a row of their own and perhaps more."""
    rows = bridged.rows(["other", "bridge", "nlot"])
    assert rows == ("other", "bridge_stochastic", "bridge_expected", "nlot")
    alone = ("nlot_network_map", "bridge_expected")
    assert bridged.rows(alone) == alone
    assert bridged.rows(()) == ()


def test_settings_of_an_unknown_name_are_an_error(experiment):
    for use in (experiment.method, experiment.unable):
        with pytest.raises(ValueError, match="method: unknown 'nlto'; did you mean 'n"):
            use("nlto", "well")
        with pytest.raises(ValueError, match="problem: unknown 'wel'; did you mean"):
            use("nlot", "wel")


def test_every_row_has_a_method_that_owns_it(bridged):
    owners = {
        "nlot": "nlot",
        "nlot_network_map": "nlot",
        "other_network_map": "other",
        "bridge": "bridge",
        "bridge_stochastic": "bridge",
        "bridge_expected": "bridge",
    }
    assert {row: bridged.owner(row) for row in owners} == owners
    for row in ("nlot_expected", "bridge_", "floor"):
        with pytest.raises(ValueError, match=f"unknown row '{row}'.* valid rows: nlot"):
            bridged.owner(row)


def test_papers_are_those_that_tables_stand_beside(raw):
    assert parse_config(raw).papers() == ()
    tables = raw["tables"]
    tables["table1"]["published"] = "second/4"
    tables["more"] = {"problems": ["well"], "published": "first/1"}
    tables["last"] = {"problems": ["well"], "published": "second/5"}
    assert parse_config(raw).papers() == ("second", "first")
    assert preset("config").papers() == ("nlot2024",)


def test_corners_of_boxes_may_be_infinite(raw):
    raw["problems"]["well"]["lagrangian"]["potential"] = yaml.safe_load(
        "{kind: boxes, low: [[0, -.inf]], high: [[1, .inf]], strength: 1, "
        "temperature: 0.1}"
    )
    corner = parse_config(raw).problems["well"].lagrangian.potential.low[0]
    assert corner == (0, -float("inf"))


def test_an_experiment_is_immutable(experiment):
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        experiment.preset = "other"
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        experiment.problems["free"].horizon = 2.0


@pytest.mark.parametrize("problem", SEQUENCES)
def test_the_paper_preset_learns_every_metric_as_table_4_says(problem):
    """Settings of the default preset, its own for each problem, must not shine in."""
    experiment = preset("paper")
    settings = experiment.method("metric_nlot", problem)
    assert settings == experiment.methods["metric_nlot"]
    assert settings.knots == 30
    for network in (settings.potential, settings.map):
        assert network.hidden == (64, 64, 64, 64)
    assert settings.spline.hidden == (1024, 1024)
    for network in (
        settings.potential,
        settings.map,
        settings.spline,
        settings.metric,
    ):
        assert network.activation == "leaky_relu"
    assert (settings.steps, settings.batch, settings.warm_up) == (3001, 0, 50)
    assert settings.metric_every == 10
    assert settings.ctransform.max_steps == 20
    assert settings.metric_optimiser.learning_rate == 5e-3
    for optimiser in (
        settings.potential_optimiser,
        settings.map_optimiser,
        settings.spline_optimiser,
    ):
        assert (optimiser.learning_rate, optimiser.final_fraction) == (1e-4, 1.0)
    # What only our own presets do.
    assert settings.isotropic_steps == settings.annealing_steps == 0
    assert settings.smoothing == settings.average == 0


@pytest.mark.parametrize("problem", TRANSPORT)
def test_the_paper_preset_trains_every_problem_as_table_3_says(problem):
    experiment = preset("paper")
    settings, own = experiment.method("nlot", problem), {"annealing_steps", "kind"}
    if problem == "gmm":
        own |= {"potential_optimiser"}
    table = experiment.methods["nlot"]
    assert settings.model_dump(exclude=own) == table.model_dump(exclude=own)
    assert settings.annealing_steps == 2000
    assert (settings.steps, settings.batch) == (10001, 1024)
    assert settings.potential_optimiser.learning_rate == 1e-4
    assert settings.map_optimiser.learning_rate == 1e-4
    assert settings.ctransform.max_steps == settings.transport.max_steps == 20
