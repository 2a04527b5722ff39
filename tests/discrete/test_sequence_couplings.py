from itertools import permutations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.config import RotationConfig
from nlot.costs.metrics import CircleMetric
from nlot.discrete.sequence_couplings import (
    couple_neighbours,
    straight_actions,
    straight_costs,
    thinned,
)
from nlot.networks.rotation import RotationMetric
from nlot.problems.sequence import Sequence

RNG = np.random.default_rng(0)
EVEN = Sequence.of([RNG.normal(size=(8, 2)) for _ in range(3)])


def edges(couplings, pair):
    """Ends and mass of the edges that carry any."""
    used = np.asarray(couplings.mass[pair]) > 0
    parts = (couplings.x, couplings.y, couplings.mass)
    return [np.asarray(part[pair], np.float64)[used] for part in parts]


def cheapest(cost):
    """Mean cost of the best of all permutations."""
    n = len(cost)
    orders = np.array(list(permutations(range(n))))
    return cost[np.arange(n), orders].mean(1).min()


def squared(a, b):
    return np.sum((a[:, None] - b) ** 2, axis=-1)


def along(metric, a, b, nodes):
    """Action of straight paths between all points, node by node."""
    a, b = a[:, None], b[None]
    v = (b - a).astype(np.float32)
    total = 0
    for s in (np.arange(nodes) + 0.5) / nodes:
        at = jnp.asarray(a + s * v, jnp.float32)
        total = total + jnp.einsum(
            "ijk,ijkl,ijl->ij", v, jax.vmap(jax.vmap(metric))(at), v
        )
    return np.asarray(total / (2 * nodes), np.float64)


def test_couplings_without_a_metric_are_the_best_assignments():
    couplings = couple_neighbours(EVEN, None, 1)
    for pair, (a, b) in enumerate(zip(EVEN.measures, EVEN.measures[1:], strict=False)):
        x, y, mass = edges(couplings, pair)
        found = mass @ np.sum((x - y) ** 2, axis=1)
        np.testing.assert_allclose(found, cheapest(squared(a, b)), rtol=1e-5)


def test_couplings_along_a_metric_are_its_best_assignments():
    """The action along the metric; the Euclidean coupling is dearer by its price."""
    metric = CircleMetric(0.01)
    a, b = (m[:7] for m in EVEN.measures[:2])
    sequence = Sequence.of([a, b])
    table = along(metric, a, b, 5)

    def price(couplings):
        x, y, mass = edges(couplings, 0)
        i, j = squared(x, a).argmin(1), squared(y, b).argmin(1)
        return mass @ table[i, j]

    best = cheapest(table)
    found = price(couple_neighbours(sequence, metric, 5))
    np.testing.assert_allclose(found, best, rtol=1e-5)
    assert price(couple_neighbours(sequence, None, 5)) > 1.01 * best


@pytest.mark.parametrize("metric", [None, CircleMetric()])
def test_every_point_keeps_its_mass(metric):
    """Uniform marginals, though the measures have different numbers of points."""
    measures = [RNG.normal(size=(n, 2)).astype(np.float32) for n in (5, 9, 4, 12)]
    couplings = couple_neighbours(Sequence.of(measures), metric, 3)
    for pair in range(3):
        x, y, mass = edges(couplings, pair)
        for ends, points in ((x, measures[pair]), (y, measures[pair + 1])):
            gaps = squared(ends, points)
            np.testing.assert_array_equal(gaps.min(1), 0)
            found = np.bincount(gaps.argmin(1), mass, minlength=len(points))
            np.testing.assert_allclose(found, 1 / len(points), rtol=1e-5)


def test_a_constant_metric_prices_a_path_by_its_displacement():
    """½ vᵀ A v, with any number of nodes."""
    config = RotationConfig(hidden=(4,), activation="tanh")
    metric = RotationMetric(config, (0.0, 0.0), 1.0, key=jax.random.key(0))
    metric = eqx.tree_at(
        lambda m: m.members.layers[-1].weight, metric, replace_fn=jnp.zeros_like
    )
    matrix = np.asarray(metric(jnp.zeros(2)), np.float64)
    for nodes in (1, 4):
        table = straight_actions(metric, EVEN.points[:-1], EVEN.points[1:], nodes)
        assert table.shape == (2, 8, 8)
        for found, a, b in zip(table, EVEN.measures, EVEN.measures[1:], strict=False):
            v = b[None] - a[:, None]
            exact = 0.5 * np.einsum("ijk,kl,ijl->ij", v, matrix, v)
            np.testing.assert_allclose(found, exact, rtol=1e-4, atol=1e-6)


def test_straight_actions_follow_the_metric_along_the_path():
    a, b = EVEN.measures[:2]
    found = straight_actions(CircleMetric(), EVEN.points[:-1], EVEN.points[1:], 6)[0]
    expected = along(CircleMetric(), a, b, 6)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("n, m, most", [(30, 30, 30), (20, 300, 700), (600, 8, 700)])
def test_straight_costs_are_those_of_the_real_points(n, m, most):
    """However many points they are rounded up to."""
    a, b = (RNG.normal(size=(k, 2)).astype(np.float32) for k in (n, m))
    found = straight_costs(CircleMetric(), a, b, 3, most)
    assert found.shape == (n, m)
    expected = along(CircleMetric(), a, b, 3)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_large_measures_are_thinned():
    """Of 50 points 10 different ones, others with another key; all of fewer."""
    measures = [RNG.normal(size=(n, 2)).astype(np.float32) for n in (50, 7, 10)]
    sequence = Sequence.of(measures, (0.0, 0.5, 3.0))
    assert thinned(sequence, 50, jax.random.key(0)) is sequence
    assert thinned(sequence, 10, jax.random.key(0)).times == sequence.times
    parts = [thinned(sequence, 10, jax.random.key(k)).measures for k in (0, 1)]
    for part in parts:
        assert [len(points) for points in part] == [10, 7, 10]
        for points, whole in zip(part, measures, strict=True):
            assert len(set(map(tuple, points)) & set(map(tuple, whole))) == len(points)
        np.testing.assert_array_equal(part[1], measures[1])
    assert not np.array_equal(parts[0][0], parts[1][0])


def test_large_couplings_are_announced():
    said = []
    measures = [RNG.normal(size=(n, 2)) for n in (500, 500, 10)]
    couple_neighbours(Sequence.of(measures), None, 1, said.append)
    assert said == ["couples 500 and 500 points, 1 of 2"]
