"""What a training job leaves, for every kind of method."""

import os

import numpy as np
import pandas as pd
import pytest
import yaml

import nlot
from nlot.config import parse_config
from nlot.measures.files import SampleError
from nlot.runs.data import make_data
from nlot.training.loop import DivergenceError

from ..conftest import CIRCLE, EUCLIDEAN, METHODS, SCARVELIS_SOLOMON, SLAB
from .conftest import SEED

STAGES = [*["paths"] * 2, *["regression"] * 2, *["polish"] * 2, "ascent"]
PHASES = {
    "nlot": ["pretraining"] + ["training"] * 2,
    "nlot_plus": STAGES,
    "nlsb": ["training"] * 2,
    "entropic": ["coupling"],
    "legs": STAGES * 3,
    "sinkhorn_bridges": ["left_out"] * 12 + ["couplings"],
    "metric_nlot": ["pretraining"] + ["training"] * 2,
    "metric_nlot_plus": ["metric"] * 4 + ["paths"] * 2 + ["maps"] * 6,
    "scarvelis_solomon": (["potentials"] * 2 + ["metric"] * 2) * 2,
    "kernel_paths": ["warm_up"] + ["paths"] * 2,
    "estimated_density": ["estimate"],
    "path_costs": ["clouds"] * 3,
    "monge_cost": ["cost"] * 2,
    "monge_cost_plus": ["cost"] * 2,
    "mlp_cost": ["cost", "map"],
    "pair_regression": ["map"] * 2,
    **{kind: ["search"] for kind in ("chebyshev", "shooting", "newton")},
}
# What a run has besides its weights and history: generated data, and a matrix.
MORE = {
    "path_costs": {"data.npz", "dissimilarities.csv"},
    "monge_cost": {"data.npz"},
    "monge_cost_plus": {"data.npz"},
    "mlp_cost": {"data.npz"},
    "pair_regression": {"data.npz"},
}


def test_a_run_folder_holds_weights_and_history(stored):
    """Phases of a method in order, each with its reports."""
    more = MORE.get(stored.kind, set())
    assert set(os.listdir(stored.folder)) == {"history.csv", "model.eqx"} | more
    history = pd.read_csv(stored.folder / "history.csv")
    phases = [phase.split("/")[0] for phase in history["phase"]]
    assert phases == PHASES[stored.kind]
    assert history["step"].is_monotonic_increasing
    assert history["step"].is_unique


def test_a_run_states_settings_and_provenance(stored, whole, problem_of):
    header, problem = stored.run.header, problem_of(stored.kind)
    names = [header[key] for key in ("kind", "problem", "method")]
    assert names == ["run", problem, stored.kind]
    assert header["problem_config"] == whole.problems[problem].model_dump(mode="json")
    method = whole.method(stored.kind, problem)
    assert header["method_config"] == method.model_dump(mode="json")
    assert header["provenance"]["seed"] == stored.run.seed == SEED
    assert header["provenance"]["minutes"] > 0


def test_a_run_keeps_the_outline_of_its_problem(stored_run):
    """All that is kept of a sequence, and of two measures their coordinates."""
    assert set(stored_run("nlot").run.header["outline"]) == {"frame", "unit"}
    outline = stored_run("metric_nlot").run.header["outline"]
    assert len(outline["times"]) == 4
    assert len(outline["centre"]) == 2


def test_overrides_are_those_of_the_problem(every_method, tmp_path):
    """The settings in the header are those that it was trained with."""
    changes = {"nlsb": {"well": {"steps": 2, "report_every": 1}}}
    experiment = parse_config({**every_method, "overrides": changes})
    run = nlot.train(experiment, "well", "nlsb", 0, tmp_path)
    assert run.config.steps == run.header["method_config"]["steps"] == 2
    assert len(pd.read_csv(tmp_path / "history.csv")) == 2


def weights(folder):
    return (folder / "model.eqx").read_bytes().partition(b"\n")[2]


def test_a_seed_fixes_the_weights(stored, whole, problem_of, tmp_path):
    """Whatever the method is called."""
    renamed = whole.model_copy(update={"methods": {"mine": whole.methods[stored.kind]}})
    problem = problem_of(stored.kind)
    again = nlot.train(renamed, problem, "mine", SEED, tmp_path / "again")
    assert again.header["method"] == "mine"
    assert weights(tmp_path / "again") == weights(stored.folder)


def test_another_seed_gives_other_weights(stored_run, whole, tmp_path):
    nlot.train(whole, "well", "nlot", SEED + 1, tmp_path)
    assert weights(tmp_path) != weights(stored_run("nlot").folder)


@pytest.mark.slow
def test_generated_data_are_those_of_the_seed(whole, tmp_path):
    """Made in the folder of a run that is given none."""
    make_data(whole, "crossing", 2, tmp_path / "seed_2.npz")
    given, none = tmp_path / "given", tmp_path / "none"
    args = (whole, "crossing", "metric_nlot_plus", 2)
    nlot.train(*args, given, tmp_path / "seed_2.npz")
    nlot.train(*args, none)
    assert sorted(os.listdir(given)) == ["history.csv", "model.eqx"]
    assert sorted(os.listdir(none)) == ["data.npz", "history.csv", "model.eqx"]
    assert weights(given) == weights(none)


WILD = {"learning_rate": 1e30, "clip": 1e30}


@pytest.mark.parametrize(
    "problem, method, changes, fault",
    [
        ("well", "nlot", {"spline_optimiser": WILD}, "spline.* at step 1"),
        ("well", "nlsb", {"optimiser": WILD}, "at step 1"),
        ("given", "metric_nlot_plus", {"direction": {"optimiser": WILD}}, "at step"),
    ],
)
def test_a_run_that_diverges_writes_nothing(
    every_method, tmp_path, problem, method, changes, fault
):
    changes = {"overrides": {method: {problem: changes}}}
    wild, folder = parse_config({**every_method, **changes}), tmp_path / "run"
    with pytest.raises(DivergenceError, match=f"{problem} {method} seed 1: .*{fault}"):
        nlot.train(wild, problem, method, 1, folder)
    assert not folder.exists()


def test_a_run_on_unusable_samples_writes_nothing(every_method, tmp_path):
    path, folder = tmp_path / "bad.npz", tmp_path / "run"
    np.savez(path, samples=np.full((2, 9, 2), np.nan))
    data = {"kind": "samples", "path": str(path)}
    problems = {
        "given": {"kind": "sequence", "data": data},
        "well": {**every_method["problems"]["well"], "source": data},
    }
    raw = {**every_method, "problems": problems, "tables": {}, "figures": {}}
    experiment = parse_config(raw)
    for problem, method, fault in (
        ("given", "metric_nlot_plus", r"bad\.npz: a value is not finite"),
        ("well", "nlot", r"bad\.npz: found an array of shape \(2, 9, 2\)"),
    ):
        with pytest.raises(SampleError, match=fault):
            nlot.train(experiment, problem, method, 1, folder)
    assert not folder.exists()


@pytest.mark.parametrize(
    "problem, method, fault",
    [
        ("wel", "nlot", "problem: unknown 'wel'; did you mean 'well'"),
        ("well", "nlt", "method: unknown 'nlt'; did you mean 'nlot'"),
        (
            "well",
            "metric_nlot",
            "metric_nlot on well: a method of kind 'metric_nlot' solves problems of "
            "kind sequence, not 'transport'",
        ),
        ("given", "nlsb", "solves problems of kind transport, not 'sequence'"),
        ("circle", "nlsb", "nlsb on circle: lagrangian.kind is 'riemannian'"),
    ],
)
def test_a_method_that_cannot_solve_a_problem_says_so(
    every_method, tmp_path, problem, method, fault
):
    """Before anything is computed."""
    circle = {**SLAB, "lagrangian": CIRCLE}
    problems = {**every_method["problems"], "circle": circle}
    experiment = parse_config({**every_method, "problems": problems})
    with pytest.raises(ValueError, match=fault):
        nlot.train(experiment, problem, method, 0, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_the_file_of_a_preset_stands_for_it(every_method, tmp_path):
    """All names are looked up in it."""
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(every_method))
    for file in (path, str(path)):
        with pytest.raises(ValueError, match="problem: unknown 'wel'; did you mean"):
            nlot.train(file, "wel", "nlot", 0, tmp_path / "run")
    with pytest.raises(nlot.ConfigError, match=r"gone\.yaml: no such configuration"):
        nlot.train(tmp_path / "gone.yaml", "well", "nlot", 0, tmp_path / "run")


def test_samples_that_a_method_does_not_take_are_refused(every_method, tmp_path):
    path = tmp_path / "odd.npz"
    np.savez(path, samples=np.random.default_rng(0).normal(size=(2, 21, 2)))
    data = {"kind": "samples", "path": str(path)}
    raw = {
        **every_method,
        "problems": {"given": {"kind": "sequence", "data": data}},
        "methods": {"mine": {**SCARVELIS_SOLOMON, "groups": 2}},
        "tables": {},
        "figures": {},
    }
    fault = "mine on given: groups: 2 of equal size are asked for; found times with 21"
    with pytest.raises(ValueError, match=fault):
        nlot.train(parse_config(raw), "given", "mine", 0, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("method", ["nlot", "metric_nlot_plus"])
def test_samples_in_five_dimensions(tmp_path, method):
    """Problems alone, with settings of the method: what else there is follows."""
    points = np.random.default_rng(0).normal(size=(3, 40, 5))
    points += np.arange(3)[:, None, None]
    np.savez(tmp_path / "x.npz", all=points, first=points[0], last=points[2])
    first, last, every = (
        {"kind": "samples", "path": str(tmp_path / "x.npz"), "array": a, "dimension": 5}
        for a in ("first", "last", "all")
    )
    transport = {**SLAB, "source": first, "target": last}
    problem = (
        {**transport, "lagrangian": EUCLIDEAN}
        if method == "nlot"
        else {"kind": "sequence", "data": every}
    )
    methods = {method: METHODS[method]}
    experiment = parse_config(
        {"preset": "mine", "problems": {"five": problem}, "methods": methods}
    )
    run = nlot.train(experiment, "five", method, 0, tmp_path / "run")
    found = nlot.load(tmp_path / "run")
    if method == "nlot":
        y = run.transport(points[0])
        assert y.shape == (40, 5)
        np.testing.assert_array_equal(found.transport(points[0]), y)
    else:
        metric = run.metric(points[0])
        assert metric.shape == (40, 5, 5)
        np.testing.assert_array_equal(found.metric(points[0]), metric)
        assert found.carry(points[0]).shape == (3, 40, 5)
