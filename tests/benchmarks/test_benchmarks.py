"""That the benchmarks measure what they say; how long things take is their result."""

import importlib
import inspect

import numpy as np
import pandas as pd
import pytest
from benchmarks.__main__ import measure
from benchmarks.cases import SCALE, cases
from benchmarks.plot import plot_growth, plot_scale
from benchmarks.scale import _defaults, _fewer
from benchmarks.steps import Clock, _per_step

from nlot.config.kinds import KINDS


@pytest.mark.parametrize("case", cases(), ids=lambda c: f"{c.group}-{c.name}-{c.size}")
def test_every_case_calls_a_function_with_arguments_that_it_takes(case):
    module, name = case.function.split(".")
    function = getattr(importlib.import_module(f"benchmarks.{module}"), name)
    inspect.signature(function).bind(**case.arguments)


def test_cases_are_told_apart():
    names = [(case.group, case.name, case.size) for case in cases()]
    assert len(set(names)) == len(names)


def test_the_first_chunk_is_the_compilations():
    """Chunks of 10 steps that took 25, 3, 2 and 4 seconds."""
    clock = Clock()
    clock.times = [125.0, 128.0, 130.0, 134.0]
    found = _per_step(clock, begun=100.0, steps=10)
    assert found == pytest.approx(
        {"seconds": 0.3, "low": 0.2, "high": 0.4, "compile_seconds": 22.0}
    )


@pytest.mark.slow
def test_a_small_case_is_measured():
    found = measure("steps.algorithm_1", {"preset": "smoke", "steps": 2, "batch": 8})
    assert 0 < found["low"] <= found["seconds"] <= found["high"]
    assert found["compile_seconds"] > 0
    assert found["peak_mb"] > 100


@pytest.mark.slow
def test_a_program_of_several_seeds_is_measured():
    arguments = {"preset": "smoke", "steps": 2, "seeds": 2}
    found = measure("steps.algorithm_1_of_seeds", arguments)
    assert 0 < found["low"] <= found["seconds"] <= found["high"]


def test_growth_is_drawn_where_sizes_differ(tmp_path):
    sizes = np.array([1.0, 2.0, 4.0])
    table = pd.DataFrame(
        {"group": "batch", "case": "a", "size": sizes, "seconds": sizes / 10}
    ).assign(low=lambda t: t["seconds"] / 2, high=lambda t: t["seconds"] * 2)
    plot_growth(table, tmp_path / "growth.png")
    assert (tmp_path / "growth.png").stat().st_size > 1000
    plot_growth(table.assign(size=None), tmp_path / "none.png")
    assert not (tmp_path / "none.png").exists()


def test_every_method_is_measured_against_the_size_of_what_is_given():
    for group in SCALE[:2]:
        found = {case.name for case in cases() if case.group == group}
        assert found == set(KINDS["method"])


@pytest.mark.parametrize("kind", KINDS["method"])
def test_every_method_has_defaults_of_its_kind(kind):
    assert _defaults(kind)["kind"] == kind


def test_a_share_of_the_steps_is_taken_and_nothing_else_changes():
    settings = {"steps": 200, "batch": 200, "polish": {"rounds": 3, "steps": 1}}
    assert _fewer(settings, 0.1) == {
        "steps": 20,
        "batch": 200,
        "polish": {"rounds": 2, "steps": 1},
    }


@pytest.mark.slow
@pytest.mark.parametrize("method", ["estimated_density", "newton"])
def test_a_training_is_measured(method):
    sizes = {"samples": 64, "dimension": 3, "measures": 3}
    found = measure("scale.training", {"method": method, "share": 0.01, **sizes})
    assert found["seconds"] > 0
    assert found["compile_seconds"] > 0
    assert found["peak_mb"] > 100


def test_trainings_are_drawn_in_a_plot_of_their_own(tmp_path):
    sizes = np.array([1.0, 10.0])
    table = pd.concat(
        pd.DataFrame({"group": "samples", "case": name, "size": sizes})
        for name in ("nlot", "newton")
    ).assign(seconds=1.0, low=1.0, high=1.0, peak_mb=500.0)
    plot_growth(table, tmp_path / "growth.png")
    plot_scale(table, tmp_path / "scale.png")
    assert not (tmp_path / "growth.png").exists()
    assert (tmp_path / "scale.png").stat().st_size > 1000
