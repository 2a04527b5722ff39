"""Paths between given pairs of points by all methods that find them."""

import equinox as eqx
import jax
import numpy as np
import pytest

from nlot.config.kinds import target
from nlot.methods.geodesics_run import end_gradients
from nlot.problems.geodesics import Geodesics
from nlot.training.progress import Reporter

from ..conftest import METHODS, PAIRS

FRACTIONS = np.linspace(0, 1, 33)
SOLVERS = ["chebyshev", "shooting", "newton"]


def solved(kind, problem=None, **changes):
    """The run of a method on `PAIRS`, or another problem."""
    problem = problem or Geodesics.Config.model_validate(PAIRS).load()
    method = target("method", kind)
    config = method.Config.model_validate({**METHODS[kind], **changes})
    networks, history = method.train(problem, config, jax.random.key(0), Reporter(kind))
    header = {"provenance": {"seed": 0, "minutes": 0.0, "device": "cpu"}}
    return method.open(problem, config, networks, header, history)


@pytest.fixture(scope="module")
def shot():
    return solved("shooting")


def test_chebyshev_paths_and_shooting_agree(shot):
    """K = 8, 32 nodes: to 1e-3 in position, 1e-6 in action."""
    found = solved("chebyshev", modes=8, nodes=32)
    assert found.converged.all() and shot.converged.all()
    apart = found.positions(FRACTIONS) - shot.positions(FRACTIONS)
    assert np.abs(apart).max() < 1e-3
    np.testing.assert_allclose(found.actions, shot.actions, rtol=1e-6)


def test_errors_of_chebyshev_paths_fall_with_the_modes(shot):
    errors = [
        np.abs(solved("chebyshev", modes=k, nodes=64).actions / shot.actions - 1).max()
        for k in (2, 4, 8)
    ]
    assert errors[0] > 10 * errors[1] > 100 * errors[2]


@pytest.mark.parametrize("kind", SOLVERS)
def test_end_gradients_are_those_of_the_cost(kind):
    """Within 1e-4, by central differences of the costs of moved ends.

    Stored actions of shooting are in single precision: their differences over 2e-2 have
    errors of some 2e-5, as have the differences themselves by their width.
    """
    run, step = solved(kind), 1e-2
    p = run.problem
    for end in (0, 1):
        for axis in (0, 1):
            costs = []
            for sign in (-1, 1):
                ends = [p.starts.copy(), p.ends.copy()]
                ends[end][:, axis] += sign * step
                moved = Geodesics(*ends, p.lagrangian, p.horizon)
                costs.append(solved(kind, moved).actions)
            slope = (costs[1] - costs[0]) / (2 * step)
            found = run.end_gradients[:, end, axis]
            scale = np.abs(run.end_gradients).max()
            assert np.abs(found - slope).max() < 1e-4 * scale


def test_momenta_at_the_ends_of_stationary_paths_are_the_gradients(shot):
    """-p(0) and p(T) of a path of many modes, and the gradients of its sum."""
    found = solved("chebyshev", modes=20, nodes=64)
    s = np.array([0.0, 1e-6, 1 - 1e-6, 1.0])
    x = found.positions(s)
    v = np.stack([x[:, 1] - x[:, 0], x[:, 3] - x[:, 2]], axis=1) / 1e-6
    momenta = end_gradients(found.problem, x[:, [0, 3]], v)
    scale = np.abs(momenta).max()
    np.testing.assert_allclose(found.end_gradients, momenta, atol=1e-4 * scale)
    np.testing.assert_allclose(shot.end_gradients, momenta, atol=1e-4 * scale)


def test_the_horizon_divides_actions(shot):
    slow = Geodesics.Config.model_validate({**PAIRS, "horizon": 4.0}).load()
    for kind in ("chebyshev", "newton"):
        found = solved(kind, slow)
        np.testing.assert_allclose(4 * found.actions, shot.actions, rtol=1e-4)
        np.testing.assert_allclose(
            found.positions(FRACTIONS), shot.positions(FRACTIONS), atol=1e-3
        )


def test_free_ends_shorten_paths_by_what_the_penalty_allows(shot):
    """λ(|x₀ - a|²) balances S: 2λ(x₀ - a) = p(0), and a larger λ moves ends less."""
    before = np.inf
    for penalty in (100.0, 1000.0):
        found = solved("chebyshev", penalty=penalty)
        assert (found.actions < shot.actions).all()
        ends = found.positions(np.array([0.0, 1.0]))
        p = found.problem
        moved = ends - np.stack([p.starts, p.ends], axis=1)
        np.testing.assert_allclose(-found.end_gradients, 2 * penalty * moved, rtol=1e-3)
        assert np.abs(moved).max() < before
        before = np.abs(moved).max()


def test_a_shot_that_does_not_arrive_is_counted(capsys):
    found = solved("shooting", max_shots=1)
    assert not found.converged.any()
    assert "2 of 2 paths did not arrive at their ends" in capsys.readouterr().err
    assert found.history[-1]["converged"] == 0


@pytest.mark.parametrize("kind", SOLVERS)
def test_stored_paths_are_those_that_were_found(kind, tmp_path):
    run = solved(kind)
    path = tmp_path / "networks.eqx"
    eqx.tree_serialise_leaves(path, run.networks)
    method = target("method", kind)
    shapes = eqx.filter_eval_shape(
        lambda key: method.build(run.problem, run.config, key=key), jax.random.key(0)
    )
    again = method.open(
        run.problem, run.config, eqx.tree_deserialise_leaves(path, shapes), run.header
    )
    np.testing.assert_array_equal(again.positions(FRACTIONS), run.positions(FRACTIONS))
    np.testing.assert_array_equal(again.actions, run.actions)
