"""Bounds on the optimal cost, around costs that theory knows."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.interpolate import RBFInterpolator

from nlot.config import EvaluationConfig
from nlot.costs.closed_forms import closed_form, harmonic_action
from nlot.discrete.couplings import assign
from nlot.discrete.exact_costs import exact_costs
from nlot.ground_truth import bounds as module
from nlot.ground_truth.bounds import (
    fit_potential,
    interval,
    lower_bound,
    upper_bound,
)
from nlot.ground_truth.strata import cut

from ..conftest import GAUSSIANS

CELLS, REPLICATES = 64, 4
SETTINGS = EvaluationConfig.model_validate(
    {
        "least_action": {"segments": 16},
        "ground_truth": {"replicates": REPLICATES, "candidates": 8},
    }
)
FREE = {"kind": "newtonian"}
PROBLEMS = {
    "translation": {"lagrangian": FREE},
    "gaussians": {**GAUSSIANS, "lagrangian": FREE},
    "well": {"horizon": 0.8},
}
ABOVE, BELOW = jax.random.split(jax.random.key(1))


def silent(line):
    pass


@pytest.fixture(scope="module", params=PROBLEMS)
def known(request, make_problem):
    """A problem with a closed form, and both bounds on its cost."""
    problem = make_problem(**PROBLEMS[request.param])
    first, second = jax.random.split(jax.random.key(0))
    cells = (
        cut(problem.source, CELLS, key=first),
        cut(problem.target, CELLS, key=second),
    )
    x, y = (part.centres for part in cells)
    costs = exact_costs(problem, SETTINGS.least_action, x, y, silent)
    order, dual = assign(costs.cost)
    potential = fit_potential(costs.cost, dual, cells[1])

    def upper(order):
        return upper_bound(problem, SETTINGS, cells, costs, order, key=ABOVE)

    def lower(potential):
        return lower_bound(problem, SETTINGS, cells, costs, potential, key=BELOW)

    return SimpleNamespace(
        problem=problem,
        truth=closed_form(
            problem.source, problem.target, problem.lagrangian, problem.horizon
        ),
        cells=cells,
        cost=costs.cost,
        order=order,
        dual=dual,
        potential=potential,
        find_upper=upper,
        find_lower=lower,
        upper=upper(order),
        lower=lower(potential),
    )


def zero(y):
    return np.zeros(len(y))


# Intervals.


@pytest.mark.parametrize("replicates", [2, 4])
def test_width_of_an_interval_is_that_of_a_stratified_mean(replicates):
    """2 · 1.96 σ/√(nR), with σ² the mean variance within strata, here of 1,000.

    Estimates of σ² and of quantiles are off by 2 % or so each. What a stratum differs
    from others by does not count, and would make it a hundred times as wide.
    """
    rng = np.random.default_rng(0)
    strata = 1000
    means, sds = 100 * rng.normal(size=strata), rng.uniform(0.2, 2.0, strata)
    values = means + sds * rng.normal(size=(replicates, strata))
    found = interval(values, 0.5)
    assert found.converged == 0.5
    sigma = np.sqrt(np.mean(sds**2) / (strata * replicates))
    assert found.mean == pytest.approx(values.mean())
    assert found.low < found.mean < found.high
    assert found.high - found.low == pytest.approx(2 * 1.96 * sigma, rel=0.1)
    assert interval(values + 3, 1.0).low == pytest.approx(found.low + 3)


def test_an_interval_covers_the_mean_95_times_of_100(monkeypatch):
    """300 of them: 95 ± 1.3 %, less 1 % for quantiles of only 300 resamples."""
    monkeypatch.setattr(module, "_RESAMPLES", 300)
    rng = np.random.default_rng(1)
    means, sds = rng.normal(size=40), rng.uniform(0.2, 2.0, 40)
    covered = []
    for _ in range(300):
        found = interval(means + sds * rng.normal(size=(4, 40)), 1.0)
        covered.append(found.low < means.mean() < found.high)
    assert 0.90 < np.mean(covered) < 0.985


# Both bounds.


def test_the_optimal_cost_lies_between_the_bounds(known):
    """Up to their 95 % intervals, and the gap between them is a few per cent."""
    assert known.lower.low < known.truth.cost < known.upper.high
    assert known.lower.mean < known.upper.high
    assert known.upper.high - known.lower.low < 0.12 * known.truth.cost
    for bound in (known.lower, known.upper):
        assert bound.low < bound.mean < bound.high


def test_a_bad_coupling_costs_more(known):
    """The optimal one backwards."""
    worse = known.find_upper(known.order[::-1].copy())
    assert worse.low > known.upper.high
    assert worse.mean > 1.04 * known.truth.cost


def test_the_potential_zero_gives_a_lower_bound_that_is_worse(known):
    found = known.find_lower(zero)
    assert found.high < known.lower.low
    assert found.mean < 0.95 * known.truth.cost


def test_a_constant_added_to_the_potential_changes_nothing(known):
    """Its infimum falls by as much as its mean over the target rises."""
    shifted = fit_potential(known.cost, known.dual + 7, known.cells[1])
    y = known.cells[1].points
    mean = known.potential(y).mean()
    assert shifted(y).mean() == pytest.approx(mean + 7, abs=1e-6)
    found = known.find_lower(shifted)
    np.testing.assert_allclose(found, known.lower, rtol=1e-4)


def test_infima_are_those_over_all_points_of_the_target(known):
    """By the closed form of the cost to each of 2,048 points: nothing lies below.

    What the search misses is within 3e-4 of the optimal cost. The cost of polygons is
    exact in empty space, and to second order in the well.
    """
    omega, horizon = known.truth.omega, known.problem.horizon
    y = jnp.asarray(known.cells[1].points)
    action = jax.vmap(lambda a, b: harmonic_action(a, b, omega, horizon), (None, 0))
    rows = jax.jit(jax.vmap(lambda a: action(a, y)))
    x = np.stack([known.cells[0].draw(k) for k in jax.random.split(BELOW, REPLICATES)])
    cost = np.asarray(rows(jnp.asarray(x.reshape(-1, 2))))
    for potential in (known.potential, zero):
        g = potential(np.asarray(y))
        truth = (cost - g).min(axis=1).mean() + g.mean()
        error = known.find_lower(potential).mean - truth
        second_order = (omega * horizon / 16) ** 2 / 12
        assert error > -(1e-5 + second_order) * known.truth.cost
        assert error < (3e-4 + second_order) * known.truth.cost


def test_random_pairs_of_a_cell_cost_its_variance(make_problem):
    """From a box to itself: E|x - y|²/2 is the trace of the covariance in a cell."""
    box = {"kind": "uniform", "low": [-1.0, 0.0], "high": [1.0, 1.0]}
    problem = make_problem(source=box, target=box, lagrangian=FREE)
    part = cut(problem.source, CELLS, key=jax.random.key(0))
    cells = part, part
    costs = exact_costs(
        problem, SETTINGS.least_action, *(c.centres for c in cells), silent
    )
    order, _ = assign(costs.cost)
    np.testing.assert_array_equal(order, np.arange(CELLS))
    found = upper_bound(problem, SETTINGS, cells, costs, order, key=ABOVE)
    variance = part.members.var(axis=1).sum(axis=1).mean()
    # Twice the interval's width on each side, as a spread of few draws may fall short.
    slack = found.high - found.low
    assert found.low - slack < variance < found.high + slack
    assert slack < 0.5 * variance


def test_noisy_dual_variables_are_smoothed(known):
    """The dual value on the centres is above that of an interpolating spline."""
    rng = np.random.default_rng(0)
    noisy = known.dual + 0.3 * known.dual.std() * rng.normal(size=CELLS)
    target = known.cells[1]

    def value(fit):
        slack = known.cost - fit(target.centres)
        return slack.min(axis=1).mean() + fit(target.points).mean()

    found = fit_potential(known.cost, noisy, target)
    rough = RBFInterpolator(target.centres, noisy)
    assert value(found) > value(rough)
