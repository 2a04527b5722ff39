"""Costs from outside the package, by a line of the registry and settings alone.

A method from outside is tried in `tests/methods/test_median.py`.
"""

import jax
import numpy as np
import pytest

import nlot
from nlot.config import ConfigError, parse_config
from nlot.config.kinds import KINDS
from nlot.runs.code import training_code
from nlot.runs.store import RunError

from ..conftest import CIRCLE, METHODS, SLAB
from ..registering import Slope, Stretched, registered


@pytest.fixture(scope="module", autouse=True)
def outside():
    """Known while the tests of this module run."""
    before = {what: dict(kinds) for what, kinds in KINDS.items()}
    with (
        registered("potential", "slope", "tests.registering:Slope"),
        registered("metric", "stretched", "tests.registering:Stretched"),
        registered("method", "median", "tests.methods.median"),
    ):
        yield
    assert before == KINDS


def cube(first, last):
    return {"kind": "uniform", "low": [first] + [-1.0] * 2, "high": [last] + [1.0] * 2}


@pytest.fixture(scope="module")
def experiment():
    """In space, under each of the two."""
    slope = {"kind": "slope", "strength": 0.5}
    stretched = {"kind": "stretched", "factors": [1.0, 2.0, 3.0]}
    given = {**SLAB, "source": cube(-1.25, -1.0), "target": cube(1.0, 1.25)}
    problems = {
        "hillside": {**given, "lagrangian": {"kind": "newtonian", "potential": slope}},
        "grain": {**given, "lagrangian": {"kind": "riemannian", "metric": stretched}},
        "circle": {**SLAB, "lagrangian": CIRCLE},
    }
    methods = {"nlot": METHODS["nlot"], "median": {"kind": "median", "steps": 4}}
    return parse_config({"preset": "mine", "problems": problems, "methods": methods})


@pytest.mark.parametrize("problem, part", [("hillside", Slope), ("grain", Stretched)])
def test_methods_are_trained_under_them(experiment, tmp_path, problem, part):
    run = nlot.train(experiment, problem, "nlot", 0, tmp_path)
    loaded = nlot.load(tmp_path)
    assert part in {type(value) for value in vars(loaded.problem.lagrangian).values()}
    x = run.problem.source.sample(jax.random.key(0), 6)
    y = run.transport(x)
    assert y.shape == (6, 3)
    np.testing.assert_array_equal(loaded.transport(x), y)
    np.testing.assert_array_equal(loaded.cost(x, y), run.cost(x, y))


def test_tables_and_figures_show_them_without_being_asked(experiment):
    """All of one kind: every method on every problem."""
    (table,) = experiment.tables.values()
    assert table.problems == ("hillside", "grain", "circle")
    assert table.methods == ("nlot", "median")
    assert ("grain", "median", 0) in experiment.runs()


def test_faults_in_their_settings_are_named(experiment):
    slope = {"kind": "slope", "strength": -1}
    lagrangian = {"kind": "newtonian", "potential": slope}
    problems = {"bad": {**SLAB, "lagrangian": lagrangian}}
    fault = r"problems\.bad\.lagrangian\.potential\.strength: .* greater than 0"
    with pytest.raises(ConfigError, match=fault):
        parse_config({"preset": "mine", "problems": problems, "methods": METHODS})


def test_a_dimension_that_does_not_fit_is_named():
    metric = {"kind": "stretched", "factors": [1.0, 2.0, 3.0]}
    lagrangian = {"kind": "riemannian", "metric": metric}
    problems = {"bad": {**SLAB, "lagrangian": lagrangian}}
    fault = r"problems\.bad: source has dimension 2, lagrangian has dimension 3"
    with pytest.raises(ConfigError, match=fault):
        parse_config({"preset": "mine", "problems": problems, "methods": METHODS})


def test_their_code_counts_for_what_is_trained_under_them(experiment):
    """And for nothing else."""
    codes = {name: training_code(experiment, name, "nlot") for name in KNOWN}
    assert codes["hillside"] != codes["circle"]
    assert len({training_code(experiment, "circle", m) for m in ("nlot", "median")}) > 1


KNOWN = ("hillside", "grain", "circle")


def test_a_run_of_a_method_that_is_not_registered_is_refused(experiment, tmp_path):
    nlot.train(experiment, "grain", "median", 0, tmp_path)
    nlot.load(tmp_path)
    target = KINDS["method"].pop("median")
    try:
        with pytest.raises(RunError, match="unknown kind 'median'; valid kinds: nlot"):
            nlot.load(tmp_path)
    finally:
        KINDS["method"]["median"] = target


def test_a_class_that_is_not_there_is_an_error():
    with (
        registered("potential", "lost", "tests.registering:Lost"),
        pytest.raises(AttributeError, match="Lost"),
    ):
        nlot.config.settings_class("potential", "lost")
