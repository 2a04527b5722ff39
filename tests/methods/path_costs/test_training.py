"""Exact costs of couplings between clouds, against closed forms and other solvers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import nlot
from nlot.costs.densities import GaussianDensity
from nlot.costs.lagrangians import Riemannian
from nlot.costs.metrics import CircleMetric, DensityMetric
from nlot.discrete.couplings import exact_squared_w2
from nlot.measures.clouds import Clouds
from nlot.methods.path_costs.config import Config
from nlot.methods.path_costs.pricing import pricing
from nlot.problems.collection import Collection
from nlot.runs.job import train_loaded
from nlot.training.checkpoints import CHECKPOINT
from nlot.training.loop import DivergenceError

RNG = np.random.default_rng(0)
CLOUDS = [RNG.normal((k, 0), 1.0, (n, 2)) for k, n in enumerate((8, 12, 10))]
NAMES = ("a", "b", "c")


def density(alpha):
    return DensityMetric(GaussianDensity(jnp.zeros(2), jnp.eye(2)), jnp.array(alpha))


def config(**given):
    return Config.model_validate({"kind": "path_costs", **given})


def priced(problem, x, y, **given):
    return pricing(problem, config(**given), lambda line: None)(x, y)


def collection(lagrangian, horizon=1.0, clouds=CLOUDS):
    named = Clouds(NAMES[: len(clouds)], tuple(clouds))
    return Collection.of(named, lagrangian, horizon)


@pytest.mark.parametrize("lagrangian", [nlot.Newtonian(), Riemannian(density(0.0))])
def test_free_motion_costs_half_the_squared_distance_over_the_time(lagrangian):
    """On straight paths without a solver, and by wave fronts in a constant metric."""
    run = nlot.compare(CLOUDS, lagrangian, horizon=2.0)
    for i, x in enumerate(CLOUDS):
        for j, y in enumerate(CLOUDS):
            truth = exact_squared_w2(x, y) / 4 if i != j else 0.0
            assert run.matrix[i, j] == pytest.approx(truth, rel=1e-4, abs=1e-12)


def test_the_matrix_is_symmetric_with_a_zero_diagonal():
    matrix = nlot.compare(CLOUDS, Riemannian(density(1.0))).matrix
    np.testing.assert_array_equal(matrix, matrix.T)
    np.testing.assert_array_equal(np.diag(matrix), 0)
    assert (matrix[~np.eye(3, dtype=bool)] > 0).all()


def test_wave_fronts_and_single_paths_agree():
    """To 0.2 %, the error of paths of few segments."""
    problem = collection(Riemannian(density(0.3)))
    x, y = CLOUDS[0][:4], CLOUDS[2][:4]
    fronts = priced(problem, x, y, solver="eikonal")
    paths = priced(problem, x, y, solver="paths", paths={"segments": 32})
    assert fronts.converged == paths.converged == 1
    np.testing.assert_allclose(fronts.cost, paths.cost, rtol=2e-3)


@pytest.mark.parametrize("threads", ["1", "3"])
def test_costs_do_not_depend_on_the_number_of_cores(threads, monkeypatch):
    monkeypatch.setenv("NPROC", threads)
    problem = collection(Riemannian(density(1.0)))
    found = priced(problem, CLOUDS[0], CLOUDS[1], nodes=64).cost
    monkeypatch.setenv("NPROC", "2")
    again = priced(problem, CLOUDS[0], CLOUDS[1], nodes=64).cost
    np.testing.assert_array_equal(found, again)


def test_other_metrics_are_priced_path_by_path():
    clouds = [RNG.normal(size=(8, 2)) for _ in range(2)]
    problem = collection(Riemannian(CircleMetric()), clouds=clouds)
    with pytest.raises(ValueError, match=r"the eikonal equation needs a metric w\(x\)"):
        priced(problem, *clouds, solver="eikonal")
    cost = priced(problem, clouds[0][:2], clouds[1][:2]).cost
    straight = ((clouds[0][:2, None] - clouds[1][:2]) ** 2).sum(axis=2) / 2
    assert (cost <= straight + 1e-9).all()


def test_wave_fronts_are_refused_in_space():
    space = [RNG.normal(size=(8, 3)) for _ in range(2)]
    with pytest.raises(ValueError, match="for the plane; the clouds have dimension 3"):
        nlot.compare(space, settings={"solver": "eikonal"})


def trained(folder, problem):
    return train_loaded(
        problem,
        PROBLEM,
        config(nodes=64),
        0,
        names=("some", "path_costs"),
        code="",
        folder=folder,
        interval=0.0,
    )


PROBLEM = Collection.Config.model_validate(
    {
        "kind": "collection",
        "data": {"kind": "folder", "path": "clouds"},
        "lagrangian": {"kind": "newtonian"},
    }
)


def test_a_killed_run_resumes_with_the_same_matrix(tmp_path, monkeypatch):
    """It prices no cloud again whose row is in the checkpoint."""
    problem = collection(Riemannian(density(1.0)))
    whole = trained(tmp_path / "whole", problem)
    from nlot.methods.path_costs import training

    couple, calls = training.exact_plan, []

    def counted(cost):
        calls.append(cost.shape)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return couple(cost)

    monkeypatch.setattr(training, "exact_plan", counted)
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "killed", problem)
    assert (tmp_path / "killed" / CHECKPOINT).exists()
    again = trained(tmp_path / "killed", problem)
    assert calls == [(8, 12), (8, 10), (12, 10), (12, 10)]
    np.testing.assert_array_equal(again.matrix, whole.matrix)
    assert [h["step"] for h in again.history] == [1, 2]
    assert not (tmp_path / "killed" / CHECKPOINT).exists()


def test_a_cost_that_is_not_finite_is_named(monkeypatch, tmp_path):
    from nlot.methods.path_costs import pricing as module

    def broken(*_):
        return module.Priced(np.full((8, 22), np.nan), 0.0)

    monkeypatch.setattr(module, "_straight", broken)
    with pytest.raises(DivergenceError, match="dissimilarity is nan at step 0"):
        trained(None, collection(nlot.Newtonian()))


def test_a_run_is_stored_with_its_matrix_as_a_table(tmp_path):
    import pandas as pd

    lagrangian = {"kind": "newtonian"}
    run = nlot.compare(CLOUDS, lagrangian, names=NAMES, folder=tmp_path)
    opened = nlot.load(tmp_path)
    np.testing.assert_array_equal(opened.matrix, run.matrix)
    assert opened.names == NAMES
    table = pd.read_csv(tmp_path / "dissimilarities.csv", index_col="cloud")
    assert list(table.columns) == list(table.index) == list(NAMES)
    np.testing.assert_array_equal(table.to_numpy(), run.matrix)
    assert opened.header["provenance"]["config_hash"]
    assert opened.clusters(2).tolist() in ([1, 1, 2], [2, 2, 1], [1, 2, 2], [2, 1, 1])


def test_towers_are_told_apart(towers):
    """Which the Euclidean distance does not."""
    run = nlot.compare(towers.clouds, towers.lagrangian, names=towers.names)
    a, b, c, d = run.clusters(2)
    assert a == b != c == d
    a, b, c, d = nlot.compare(towers.clouds).clusters(2)
    assert a == c != b == d


@pytest.mark.parametrize(
    "given, fault",
    [
        ({"clouds": CLOUDS[:1]}, "clouds: found 1 clouds; at least 2 are needed"),
        ({"clouds": CLOUDS[0]}, "clouds: expected a list of arrays"),
        (
            {"clouds": [*CLOUDS, RNG.normal(size=(8, 3))]},
            r"clouds\[3\] has dimension 3, clouds\[0\] has 2",
        ),
        ({"clouds": [CLOUDS[0], np.ones((9, 2))]}, r"clouds\[1\]: .* 1 different"),
        ({"clouds": CLOUDS, "names": ["a", "b"]}, "names: expected 3 different ones"),
        ({"clouds": CLOUDS, "settings": {"node": 3}}, "did you mean 'nodes'"),
    ],
)
def test_bad_input_is_named(given, fault):
    with pytest.raises(ValueError, match=fault):
        nlot.compare(**given)


def test_nothing_is_drawn(towers):
    """The key changes nothing: there is no randomness."""
    from nlot.config.kinds import target
    from nlot.training.progress import Reporter

    method = target("method", "path_costs")
    found = [
        method.train(towers, config(nodes=64), jax.random.key(k), Reporter("some"))[0]
        for k in (0, 1)
    ]
    np.testing.assert_array_equal(found[0].matrix, found[1].matrix)
