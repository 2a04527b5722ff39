"""Measures and controls of maps that should meet known pairs."""

from types import SimpleNamespace

import numpy as np
import pytest

from nlot.config import EvaluationConfig, parse_config
from nlot.evaluation.cases import loader
from nlot.evaluation.pairs import direction_distance, last_singular, wrong_mass
from nlot.evaluation.pairs_case import PairsCase
from nlot.evaluation.rows import control_rows, run_rows
from nlot.measures.pairs import Paired
from nlot.runs.data import make_data
from nlot.runs.job import train

from ..conftest import METHODS, ROUND, STRIPS, settings


def turned(degrees, eigenvalues):
    """A matrix with these eigenvalues, the first in this direction."""
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    axes = np.array([[c, -s], [s, c]])
    return ((axes * eigenvalues) @ axes.T).tolist()


# The squared distance is more than the target's spread off.
GAUSSIANS = {
    "kind": "pairs",
    "data": {
        "kind": "gaussian_images",
        "source": {**ROUND, "covariance": turned(0, [1, 1 / 16])},
        "target": {**ROUND, "covariance": turned(120, [1, 1 / 16])},
        "cost": {"kind": "mahalanobis", "matrix": turned(60, [1, 0.01])},
        "source_points": 64,
        "target_points": 64,
        "pairs": 64,
        "known": 8,
    },
}


@pytest.fixture(scope="module")
def experiment():
    raw = settings()
    raw["problems"] = {"strips": STRIPS, "gaussians": GAUSSIANS}
    raw["methods"] = {"monge_cost": METHODS["monge_cost"]}
    del raw["tables"], raw["figures"]
    return parse_config(raw).check()


@pytest.fixture(scope="module")
def files(experiment, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pairs")
    found = {}
    for name in experiment.problems:
        found[name] = folder / f"{name}.npz"
        make_data(experiment, name, 0, found[name])
    return found


def values(experiment, files, control, problem):
    rows = control_rows(experiment, control, problem, 0, None, files[problem])
    return dict(zip(rows["measure"], rows["value"], strict=True))


def test_a_run_has_rows_of_every_measure(experiment, files, tmp_path):
    run = train(experiment, "strips", "monge_cost", 0, tmp_path, files["strips"])
    rows = run_rows(run, experiment, None, files["strips"])
    expected = {"pairs_rmse", "new_rmse", "relative_error", "image_divergence"}
    expected |= {"pairs_found", "wrong_mass", "failures"}
    assert expected <= set(rows["measure"])
    assert np.isfinite(rows["value"]).all()


def test_an_affine_map_is_exact_where_the_truth_is(experiment, files):
    found = values(experiment, files, "affine", "gaussians")
    assert found["pairs_rmse"] == pytest.approx(0, abs=1e-4)
    assert found["new_rmse"] == pytest.approx(0, abs=1e-4)
    # In the strips one shift cannot be right for both.
    assert values(experiment, files, "affine", "strips")["new_rmse"] > 0.01


def test_the_true_cost_finds_all_pairs_and_the_distance_does_not(experiment, files):
    true = values(experiment, files, "true_cost", "gaussians")
    euclidean = values(experiment, files, "euclidean_map", "gaussians")
    assert true["pairs_found"] == 1
    assert euclidean["pairs_found"] < 0.5
    assert true["new_rmse"] < euclidean["new_rmse"]
    assert true["wrong_mass"] < euclidean["wrong_mass"]
    assert values(experiment, files, "true_cost", "strips") == {}


def test_no_motion_and_the_mean_shift(experiment, files):
    case = loader(experiment, "strips", files["strips"])(None, 0, None)
    still = values(experiment, files, "identity", "strips")
    moved = case.data.new_target - case.data.new_source
    assert still["new_rmse"] == pytest.approx(np.sqrt((moved**2).sum(1).mean()))
    shifted = values(experiment, files, "mean_shift", "strips")
    assert shifted["new_rmse"] < still["new_rmse"]
    constant = values(experiment, files, "mean_target", "strips")
    spread = case.data.new_target - case.data.target.mean(axis=0)
    assert constant["new_rmse"] == pytest.approx(np.sqrt((spread**2).sum(1).mean()))


def case_of(subject, source, target, pairs, new):
    """Of samples and pairs, and further points that the subject maps."""
    data = Paired(source, target, np.array(pairs), len(pairs), new, new)
    return PairsCase(data, SimpleNamespace(**subject), EvaluationConfig(), 0, None)


def masses(plan):
    """The measure of a plan of three and four samples, two pairs known."""
    x, y = np.arange(6.0).reshape(3, 2), np.arange(8.0).reshape(4, 2)
    return wrong_mass(case_of({"plan": plan}, x, y, [[0, 0], [1, 1]], x))[0]


def test_wrong_mass_is_zero_at_its_floor_and_one_for_independent_samples():
    assert masses(np.full((3, 4), 1 / 12)) == pytest.approx(1)
    best = np.zeros((3, 4))
    best[[0, 1], [0, 1]] = 1 / 4
    best[[0, 1], 2] = 1 / 12
    best[2, 2:] = 1 / 12, 1 / 4
    np.testing.assert_allclose(best.sum(0), 1 / 4)
    assert masses(best) == pytest.approx(0)


def moved_by(displacements):
    x = np.zeros_like(displacements)
    subject = {"transport": lambda points: points + displacements}
    return case_of(subject, x, x, [[0, 0]], x)


def test_structure_of_displacements():
    x = np.random.default_rng(0).normal(size=(200, 3))
    flat = x * np.array([1.0, 1.0, 0.0])
    assert last_singular(moved_by(flat))[0] == pytest.approx(0, abs=1e-12)
    assert last_singular(moved_by(x))[0] == pytest.approx(1 / 3, abs=0.1)
    axes = np.array([[1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
    along = np.repeat(axes, 100, axis=0) * np.abs(x[:, :1])
    assert direction_distance(moved_by(along))[0] == pytest.approx(0, abs=1e-9)
    assert direction_distance(moved_by(x))[0] > 0.2
    still = moved_by(0 * x)
    assert (last_singular(still)[0], direction_distance(still)[0]) == (0, 0)
