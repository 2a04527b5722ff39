from pathlib import Path

import pydantic
import pytest
import yaml

from nlot.config import (
    load_config,
    merge,
    parse_config,
)

FOLDER = Path(__file__).parents[2] / "config"
PRESETS = sorted(FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_presets_load(path):
    config = load_config(path)
    assert config.runs()
    # Results of different presets go to different folders.
    expected = "default" if path.stem == "config" else path.stem
    assert config.preset == expected


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_presets_keep_the_papers_tasks(path):
    """No preset changes what is replicated: measures, potentials and their scale.

    That of NLSB replicates another paper's potentials, which it counts as they are.
    """
    tasks, default = load_config(path).tasks, load_config(FOLDER / "config.yaml").tasks
    for name in ("box", "slit", "hill", "well"):
        lagrangian = tasks[name].lagrangian
        if path.stem == "nlsb":
            update = {"lagrangian": default[name].lagrangian}
            assert tasks[name].model_copy(update=update) == default[name]
            assert lagrangian.potential_scale == 1
            assert lagrangian.potential.kind == default[name].lagrangian.potential.kind
        else:
            assert tasks[name] == default[name]
            assert lagrangian.potential_scale == (20 - 1) ** 2


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
    base, config = parse_config(raw), load_config(saved(tmp_path, "a.yaml", changes))
    assert config.seeds == (7,)
    method = config.methods["nlot"]
    assert (method.steps, method.map.hidden) == (9, (3,))
    assert method.map.activation == base.methods["nlot"].map.activation
    assert method.batch == base.methods["nlot"].batch
    assert config.tasks == base.tasks


def test_extends_may_be_chained_and_name_another_folder(tmp_path, raw):
    (tmp_path / "sub").mkdir()
    saved(tmp_path, "base.yaml", raw)
    saved(tmp_path / "sub", "middle.yaml", {"extends": "../base.yaml", "seeds": [5]})
    last = saved(tmp_path, "last.yaml", {"extends": "sub/middle.yaml", "preset": "b"})
    config = load_config(last)
    assert (config.preset, config.seeds) == ("b", (5,))


def test_merge_goes_level_by_level_and_replaces_lists():
    base = {"a": {"b": 1, "c": {"d": [1, 2]}}, "e": 3}
    merged = merge(base, {"a": {"c": {"d": [5]}}, "f": 4})
    assert merged == {"a": {"b": 1, "c": {"d": [5]}}, "e": 3, "f": 4}
    assert base == {"a": {"b": 1, "c": {"d": [1, 2]}}, "e": 3}


def test_overrides_hold_for_their_task_alone(raw):
    raw["overrides"] = {"nlot": {"well": {"batch": 99, "map": {"hidden": [2]}}}}
    config = parse_config(raw)
    assert config.method("nlot", "free") == config.methods["nlot"]
    changed = config.method("nlot", "well")
    assert (changed.batch, changed.map.hidden) == (99, (2,))
    assert changed.spline == config.methods["nlot"].spline


def test_runs_lists_each_needed_run_once(raw):
    raw["table1"]["tasks"] = ["well", "free"]
    raw["figure2"]["seed"] = 8
    expected = [("well", "nlot", 0), ("well", "nlot", 1)]
    expected += [("free", "nlot", 0), ("free", "nlot", 1), ("free", "nlot", 8)]
    assert parse_config(raw).runs() == expected


def test_rows_name_the_variants_of_a_method(raw, make_bridge):
    """A bridge has two, all others are a row themselves."""
    raw["methods"]["other"] = raw["methods"]["nlot"]
    raw["methods"]["nlsb"] = make_bridge().model_dump()
    config = parse_config(raw)
    rows = config.rows(["other", "nlsb", "nlot"])
    assert rows == ("other", "nlsb_stochastic", "nlsb_expected", "nlot")
    assert config.rows(()) == ()


def test_a_bridge_is_overridden_like_other_methods(raw, make_bridge):
    raw["methods"]["nlsb"] = make_bridge().model_dump()
    raw["overrides"] = {"nlsb": {"well": {"potential": {"width": 5}}}}
    config = parse_config(raw)
    assert config.method("nlsb", "well").potential.width == 5
    assert config.method("nlsb", "free") == config.methods["nlsb"] == make_bridge()


def test_corners_of_boxes_may_be_infinite(raw):
    raw["tasks"]["well"]["lagrangian"]["potential"] = yaml.safe_load(
        "{kind: boxes, low: [[0, -.inf]], high: [[1, .inf]], strength: 1, "
        "temperature: 0.1}"
    )
    corner = parse_config(raw).tasks["well"].lagrangian.potential.low[0]
    assert corner == (0, -float("inf"))


def test_a_configuration_is_immutable(config):
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        config.preset = "other"


@pytest.mark.parametrize("sequence", ["circle", "mass_splitting", "x_paths"])
def test_the_paper_preset_learns_every_metric_as_table_4_says(sequence):
    """Settings of the default preset, its own for each sequence, must not shine in."""
    config = load_config("config/paper.yaml")
    settings = config.learner("nlot", sequence)
    assert settings == config.learners["nlot"]
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


@pytest.mark.parametrize("task", ["box", "slit", "hill", "well", "gmm", "half_circle"])
def test_the_paper_preset_trains_every_task_as_table_3_says(task):
    config = load_config("config/paper.yaml")
    settings, own = config.method("nlot", task), {"annealing_steps", "kind"}
    if task == "gmm":
        own |= {"potential_optimiser"}
    table = config.methods["nlot"]
    assert settings.model_dump(exclude=own) == table.model_dump(exclude=own)
    assert settings.annealing_steps == 2000
    assert (settings.steps, settings.batch) == (10001, 1024)
    assert settings.potential_optimiser.learning_rate == 1e-4
    assert settings.map_optimiser.learning_rate == 1e-4
    assert settings.ctransform.max_steps == settings.transport.max_steps == 20
