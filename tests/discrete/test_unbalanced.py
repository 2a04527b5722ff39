"""Entropic plans between samples, with lost and gained mass."""

import numpy as np
import pytest

from nlot.discrete.couplings import squared_distances
from nlot.discrete.unbalanced import coupled

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(30, 3)), 0.5 + RNG.normal(size=(40, 3))


def plan_of(found, x, y, epsilon):
    log = (found.f[:, None] + found.g - squared_distances(x, y)) / epsilon
    return np.exp(log) / (len(x) * len(y))


@pytest.mark.parametrize("epsilon", [0.1, 1.0])
def test_conserved_mass_has_the_marginals(epsilon):
    """To the tolerance of Sinkhorn's iteration, in single precision."""
    found = coupled(X, Y, epsilon, np.inf)
    plan = plan_of(found, X, Y, epsilon)
    assert found.converged
    np.testing.assert_allclose(plan.sum(1), 1 / 30, rtol=1e-2)
    np.testing.assert_allclose(plan.sum(0), 1 / 40, rtol=1e-2)
    assert not np.any(found.lost) and not np.any(found.gained)


@pytest.mark.parametrize("relaxation", [0.2, 2.0])
def test_lost_and_gained_mass_restore_the_marginals(relaxation):
    """The first-order conditions of the relaxed problem."""
    found = coupled(X, Y, 0.3, relaxation)
    plan = plan_of(found, X, Y, 0.3)
    np.testing.assert_allclose(plan.sum(1) * np.exp(found.lost), 1 / 30, rtol=1e-2)
    np.testing.assert_allclose(plan.sum(0) * np.exp(found.gained), 1 / 40, rtol=1e-2)


def test_the_plan_minimises_its_objective():
    """Against the plan times random factors, of any size."""
    epsilon, relaxation = 0.3, 1.0
    costs, a, b = squared_distances(X, Y), np.full(30, 1 / 30), np.full(40, 1 / 40)

    def divergence(p, q):
        return np.sum(p * np.log(p / q) - p + q)

    def objective(plan):
        return (
            np.sum(plan * costs)
            + epsilon * divergence(plan, np.outer(a, b))
            + relaxation * divergence(plan.sum(1), a)
            + relaxation * divergence(plan.sum(0), b)
        )

    plan = plan_of(coupled(X, Y, epsilon, relaxation), X, Y, epsilon)
    least = objective(plan)
    for size in (0.03, 0.3):
        for _ in range(5):
            assert objective(plan * np.exp(size * RNG.normal(size=plan.shape))) > least
    for factor in (0.98, 1.02):
        assert objective(plan * factor) > least
