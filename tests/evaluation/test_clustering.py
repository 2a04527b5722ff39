"""Measures and controls of collections."""

import math
from dataclasses import replace

import equinox as eqx
import numpy as np
import pytest
from scipy.stats import energy_distance, wasserstein_distance

from nlot.config import parse_config
from nlot.costs.lagrangians import Newtonian
from nlot.discrete.couplings import exact_squared_w2
from nlot.evaluation.applicable import applicable
from nlot.evaluation.collection_case import CollectionCase
from nlot.evaluation.collection_controls import Compared
from nlot.evaluation.controls import CONTROLS
from nlot.evaluation.rows import control_rows, measured, rows_table
from nlot.measures.clouds import Clouds
from nlot.problems.collection import Collection
from nlot.runs.data import make_data

from ..conftest import EUCLIDEAN, PATH_COSTS, TOWERS
from .opened import untrained

CONTROL_NAMES = [n for n, c in CONTROLS.items() if "collection" in c.problems]
RNG = np.random.default_rng(0)


def given(**changes):
    return Collection.Config.model_validate({**TOWERS, **changes})


def values(matrix, towers, **changes):
    """The measures of a matrix on the towers."""
    case = CollectionCase(given(**changes), towers, Compared(matrix), 0)
    return {name: value for name, (value, _) in measured(case, "collection").items()}


@pytest.fixture(scope="module")
def line():
    """Three clouds on the line."""
    clouds = tuple(RNG.normal(k, 1, (20, 1)) for k in (0.0, 0.5, 4.0))
    return Collection.of(Clouds(("a", "b", "c"), clouds), Newtonian())


@pytest.mark.parametrize(
    "name, truth", [("w1", wasserstein_distance), ("energy", energy_distance)]
)
def test_controls_are_scipys_on_the_line(name, truth, line):
    found = CONTROLS[name].make(line).matrix
    for i, x in enumerate(line.clouds):
        for j, y in enumerate(line.clouds):
            assert found[i, j] == pytest.approx(truth(x[:, 0], y[:, 0]), abs=1e-9)


@pytest.mark.parametrize("name", CONTROL_NAMES)
def test_controls_are_dissimilarities(name, towers):
    found = CONTROLS[name].make(towers).matrix
    np.testing.assert_array_equal(found, found.T)
    np.testing.assert_array_equal(np.diag(found), 0)
    assert (found[~np.eye(4, dtype=bool)] > 0).all()


def test_w2_is_a_distance_and_not_its_square(towers):
    found = CONTROLS["w2"].make(towers).matrix
    squared = exact_squared_w2(*towers.clouds[:2])
    assert found[0, 1] == pytest.approx(math.sqrt(squared))


def test_along_no_density_the_fermat_distance_is_euclidean(towers):
    """Of power one; across the rectangle of towers, paths go round by a third one."""
    flat = eqx.tree_at(lambda p: p.lagrangian.metric.alpha, towers, 0.0)
    found = CONTROLS["fermat"].make(flat).matrix
    squared = CONTROLS["w2"].make(towers).matrix ** 2
    off = ~np.eye(4, dtype=bool)
    assert (found[off] >= squared[off] * (1 - 1e-9)).all()
    assert (found[off] <= 2 * squared[off] * 1.05).all()
    np.testing.assert_allclose(found[0, 1:3], squared[0, 1:3], rtol=0.05)


@pytest.mark.parametrize("scale", [1.0, 1e-6])
def test_clusters_that_are_the_labels_score_one(towers, scale):
    same = np.array([[0, 1, 5, 6], [1, 0, 6, 5], [5, 6, 0, 1], [6, 5, 1, 0.0]])
    found = values(scale * same, towers)
    for linkage in ("average", "single", "complete"):
        assert found[f"rand_index@{linkage}"] == 1
        assert 0.9 < found[f"cophenetic@{linkage}"] <= 1
    assert found["separation"] == pytest.approx(5)


def test_clusters_across_the_labels_score_no_better_than_chance(towers):
    across = np.array([[0, 5, 1, 6], [5, 0, 6, 1], [1, 6, 0, 5], [6, 1, 5, 0.0]])
    found = values(across, towers)
    assert found["rand_index@average"] < 0
    assert found["separation"] == pytest.approx(0.2)


def test_a_single_linkage_names_its_rows_plainly(towers):
    found = values(CONTROLS["w2"].make(towers).matrix, towers, linkages=["single"])
    assert list(found) == ["rand_index", "cophenetic", "separation"]


@pytest.mark.parametrize("row", [*CONTROL_NAMES, "path_costs"])
@pytest.mark.parametrize("changes", [{}, {"labels": None}, {"lagrangian": EUCLIDEAN}])
def test_what_is_foretold_is_what_is_measured(row, changes, towers):
    problems = {"towers": {**TOWERS, **changes}}
    data = {
        "preset": "mine",
        "problems": problems,
        "methods": {"path_costs": PATH_COSTS},
    }
    experiment = parse_config(data)
    config = experiment.problems["towers"]
    problem = replace(towers, labels=None) if "labels" in changes else towers
    problem = replace(problem, lagrangian=config.lagrangian.build())
    case = CollectionCase(config, problem, None, 0)
    if row == "path_costs":
        run = untrained(problem, experiment.methods[row], "towers")
        distances = CONTROLS["w2"].make(problem).matrix
        run.networks = type(run.networks).of(distances)
        case.subject = run
    elif case.facts.issuperset(CONTROLS[row].needs):
        case.subject = CONTROLS[row].make(*case.given)
    table = rows_table(
        "towers", row, 0, measured(case, "collection"), minutes=math.nan, device="cpu"
    )
    assert tuple(table["measure"]) == applicable(experiment, row, "towers")


def test_each_seed_has_its_own_clouds(tmp_path):
    data = {
        "preset": "mine",
        "problems": {"towers": TOWERS},
        "methods": {"path_costs": PATH_COSTS},
    }
    experiment, rows = parse_config(data), {}
    for seed in (0, 1):
        path = tmp_path / f"{seed}.npz"
        drawn = make_data(experiment, "towers", seed, path)
        loaded = experiment.problems["towers"].load(path)
        np.testing.assert_array_equal(np.stack(loaded.clouds), drawn)
        assert loaded.names == tuple(TOWERS["data"]["names"])
        found = control_rows(experiment, "w2", "towers", seed, data=path)
        rows[seed] = dict(zip(found["measure"], found["value"], strict=True))
    assert rows[0].keys() == rows[1].keys()
    assert rows[0]["separation"] != rows[1]["separation"]
    with pytest.raises(ValueError, match="data are drawn: name the file"):
        experiment.problems["towers"].load()
