"""Measures of paths between given pairs of points, and their figure, from a preset."""

import numpy as np
import pytest

from nlot.config import EvaluationConfig, LeastActionConfig, parse_config
from nlot.costs.densities import PowerDensity
from nlot.costs.lagrangians import Riemannian
from nlot.costs.metrics import DensityMetric
from nlot.evaluation.applicable import applicable
from nlot.evaluation.geodesics_case import GeodesicsCase
from nlot.evaluation.rows import run_rows
from nlot.ground_truth.geodesics import known_actions
from nlot.problems.geodesics import Geodesics
from nlot.reporting.drawing import draw
from nlot.runs.job import train
from nlot.runs.store import load

from ..conftest import EVALUATION, METHODS, PAIRS

ROWS = ["chebyshev", "shooting", "newton"]
MEASURES = ["pairs_converged", "action_error", "largest_action_error", "path_distance"]


def density(**given):
    return {"kind": "riemannian", "metric": {"kind": "density", "density": given}}


@pytest.fixture(scope="module")
def experiment():
    """Only problems and methods are stated: table and figure are the default ones."""
    evaluation = {**EVALUATION, "least_action": {"segments": 64}}
    methods = {name: METHODS[name] for name in ROWS}
    given = {"preset": "bent", "problems": {"gaussian": PAIRS}, "methods": methods}
    return parse_config({**given, "evaluation": evaluation}).check()


@pytest.fixture(scope="module")
def runs(experiment, tmp_path_factory):
    """Trained, written and opened again."""
    folders = {name: tmp_path_factory.mktemp(name) for name in ROWS}
    for name, folder in folders.items():
        train(experiment, "gaussian", name, folder=folder)
    return {name: load(folder) for name, folder in folders.items()}


def test_tables_and_figures_show_all_methods_by_default(experiment):
    assert list(experiment.tables["results"].methods) == ROWS
    assert list(experiment.figures["geodesics"].methods) == ROWS


def test_rows_are_those_foreseen_and_near_the_truth(experiment, runs):
    """Chebyshev and shooting to 1e-4 percent, polygons of 64 segments to 0.05."""
    for name, run in runs.items():
        rows = run_rows(run, experiment).set_index("measure")["value"]
        assert list(rows.index) == list(applicable(experiment, name, "gaussian"))
        assert list(rows.index) == MEASURES
        assert rows["pairs_converged"] == 100
        assert rows["action_error"] <= rows["largest_action_error"]
        assert rows["largest_action_error"] < (0.05 if name == "newton" else 1e-4)
        assert rows["path_distance"] < 1e-3


def test_a_figure_has_a_line_for_every_path(experiment, runs):
    figure = draw("geodesics", experiment, runs.values())
    (panel,) = figure.axes
    assert len(panel.lines) == len(ROWS) * len(PAIRS["starts"])
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["Chebyshev", "Shooting", "Newton", "start", "end"]


@pytest.mark.parametrize(
    "lagrangian, close",
    [
        ({"kind": "newtonian"}, 1e-12),
        (density(kind="power", exponent=1.0), 1e-4),
        (density(kind="power", exponent=2.0), 1e-4),
        (density(kind="gaussian", mean=[0, 0], covariance=[[1, 0], [0, 1]]), 1e-4),
        (density(kind="gaussian", mean=[0, 0], covariance=[[1, 0], [0, 2]]), 5e-4),
    ],
    ids=["closed form", "cone", "cylinder", "Clairaut", "eikonal"],
)
def test_least_actions_are_those_of_searched_paths(lagrangian, close):
    given = {**PAIRS, "lagrangian": lagrangian}
    problem = Geodesics.Config.model_validate(given).load()
    settings = EvaluationConfig(least_action=LeastActionConfig(segments=128))
    best = GeodesicsCase(problem, None, settings, 0, None).best
    np.testing.assert_allclose(known_actions(problem), best.action, rtol=close)


def test_nothing_is_known_of_most_metrics():
    metric = DensityMetric(PowerDensity(3.0), 1.0)
    ends = np.eye(3)[:1], np.eye(3)[1:2]
    assert known_actions(Geodesics(*ends, Riemannian(metric), 1.0)) is None
