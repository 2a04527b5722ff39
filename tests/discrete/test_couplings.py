"""Exact couplings for a network whose paths are straight: the cost is |x - y|²/2."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from nlot.discrete.couplings import assign, cost_matrix, couple, match
from nlot.networks.amortised import SplineNetwork
from nlot.networks.mlp import MLP
from nlot.paths.quadrature import Quadrature
from nlot.paths.splines import CubicSpline

SPLINE = CubicSpline(5)
QUADRATURE = Quadrature(SPLINE, 6)
NUMBER, POINTS = 2, 24


@pytest.fixture(scope="module")
def straight():
    key = jax.random.key(0)
    network = SplineNetwork(MLP(4, 2 * SPLINE.size, [4], "silu", key=key))
    return jax.tree.map(jnp.zeros_like, network)


def half_squares(x, y):
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    return np.sum((x[:, None] - y) ** 2, axis=2) / 2


@pytest.fixture(scope="module")
def parts(free, straight):
    """The independent couplings of one call, taken apart."""
    joined = couple(
        free,
        straight,
        QUADRATURE,
        number=NUMBER,
        points=POINTS,
        tie_breaking=0.1,
        sampling="independent",
        key=jax.random.key(1),
    )
    return [jax.tree.map(lambda a, k=k: a[k : k + POINTS], joined) for k in (0, POINTS)]


def test_costs_of_all_pairs(free, straight):
    x, y = jax.random.normal(jax.random.key(2), (2, 6, 2))
    found = cost_matrix(straight, QUADRATURE, free.lagrangian, x, y)
    np.testing.assert_allclose(found, half_squares(x, y), rtol=1e-5)


def test_pairs_are_coupled_at_least_total_cost(parts):
    """Ties are broken by a multiple of the same cost here, so they change nothing."""
    for x, y, _ in parts:
        cost = half_squares(x, y)
        best = cost[linear_sum_assignment(cost)].sum()
        np.testing.assert_allclose(np.trace(cost), best, rtol=1e-6)


def test_dual_variables_prove_optimality(parts):
    """φ_i + g_j <= c_ij with equality for coupled pairs."""
    for x, y, dual in parts:
        cost = 1.1 * half_squares(x, y)
        reduced = cost - np.asarray(dual)
        assert np.all(np.diag(reduced) <= reduced.min(axis=1) + 1e-5)


def test_couplings_are_independent(parts):
    assert len(np.unique(np.concatenate([p.x for p in parts]), axis=0)) == 2 * POINTS


def test_match_is_the_best_permutation():
    a, b = jax.random.normal(jax.random.key(3), (2, 20, 2))
    cost = half_squares(a, b)
    found = match(a, b)
    assert sorted(found) == list(range(20))
    best = cost[linear_sum_assignment(cost)].sum()
    assert cost[np.arange(20), found].sum() == pytest.approx(best)


def test_match_undoes_a_permutation():
    a = jax.random.normal(jax.random.key(4), (20, 2))
    order = np.random.default_rng(0).permutation(20)
    np.testing.assert_array_equal(order[match(a, a[order])], np.arange(20))


def test_assignment_reports_a_solver_that_stops_early(monkeypatch):
    log = {"warning": "numItermax reached", "v": np.zeros(2)}
    monkeypatch.setattr("ot.emd", lambda *args, **kwargs: (np.eye(2), log))
    with pytest.raises(RuntimeError, match="numItermax reached"):
        assign(np.ones((2, 2)))
