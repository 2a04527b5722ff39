"""Cells of equal mass."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.ground_truth.strata import Cells, cut
from nlot.measures.distributions import Gaussian, GaussianMixture, Uniform
from nlot.measures.empirical import Empirical

NUMBER = 64
MEASURES = {
    "line": Uniform(jnp.array([-1.0]), jnp.array([2.0])),
    "box": Uniform(jnp.array([-1.25, -1.0]), jnp.array([-1.0, 1.0])),
    "gaussian": Gaussian(jnp.array([1.0, 0.0]), jnp.array([[1.0, 0.6], [0.6, 0.5]])),
    "mixture": GaussianMixture(
        jnp.array([[-2.0, 0.0], [2.0, 1.0], [0.0, 3.0]]), jnp.array(0.3)
    ),
    "empirical": Empirical(jax.random.normal(jax.random.key(9), (500, 3))),
}


@pytest.fixture(params=MEASURES)
def measure(request):
    return MEASURES[request.param]


def split(measure, seed=0) -> Cells:
    return cut(measure, NUMBER, key=jax.random.key(seed))


def in_order(points):
    return points[np.lexsort(points.T)]


def test_cells_part_the_points_of_the_measure(measure):
    """Equal numbers, which are equal masses."""
    cells = split(measure)
    assert cells.members.shape[:2] == (NUMBER, 32)
    whole = measure.spread(jax.random.key(0), NUMBER * 32)
    np.testing.assert_array_equal(in_order(cells.points), in_order(np.asarray(whole)))


def test_centres_are_the_members_nearest_to_the_mean(measure):
    cells = split(measure)
    away = cells.members - cells.members.mean(axis=1, keepdims=True)
    distances = np.linalg.norm(away, axis=2)
    centre = cells.centres - cells.members.mean(axis=1)
    np.testing.assert_allclose(
        np.linalg.norm(centre, axis=1), distances.min(axis=1), rtol=1e-12
    )
    same = (cells.members == cells.centres[:, None]).all(axis=2)
    assert np.all(same.any(axis=1))


@pytest.mark.parametrize("every", [1, 4, 8])
def test_cells_and_groups_of_siblings_are_compact(measure, every):
    """So one of each group, every fourth or eighth centre, is spread as all are.

    Within n compact cells the variance is about n^(-2/d) of the whole; tails and gaps
    at most double that or so. In another order of cells, groups of them have all of it.
    """
    members = split(measure).members
    d = members.shape[2]
    groups = members.reshape(NUMBER // every, -1, d)
    within = groups.var(axis=1).mean(axis=0).sum()
    share = within / members.reshape(-1, d).var(axis=0).sum()
    assert share < 2.5 * len(groups) ** (-2 / d)


def test_cells_of_a_box_do_not_overlap():
    """Neither do those of the line: intervals next to each other."""
    for name in ("line", "box"):
        members = split(MEASURES[name]).members
        low, high = members.min(axis=1), members.max(axis=1)
        apart = (high[:, None] <= low) | (high <= low[:, None])
        overlap = ~apart.any(axis=2)
        np.testing.assert_array_equal(overlap, np.eye(NUMBER, dtype=bool))


def test_translated_measures_have_translated_cells():
    """With one key: the evaluation's common random numbers. Up to single precision."""
    low, high, shift = jnp.array([-1.25, -1.0]), jnp.array([-1.0, 1.0]), 2.25
    one = split(Uniform(low, high))
    other = split(Uniform(low + shift, high + shift))
    np.testing.assert_allclose(other.members, one.members + shift, atol=1e-6)
    np.testing.assert_allclose(other.centres, one.centres + shift, atol=1e-6)
    apart = split(Uniform(low, high), seed=1)
    assert np.abs(apart.centres - one.centres).max() > 1e-2


def test_a_draw_takes_one_member_of_each_cell(measure):
    cells = split(measure)
    keys = jax.random.split(jax.random.key(3), 100)
    draws = np.stack([cells.draw(key) for key in keys])
    assert draws.shape == (100, *cells.centres.shape)
    taken = (cells.members == draws[:, :, None]).all(axis=3)
    assert np.all(taken.any(axis=2))
    # 100 draws leave out one of 32 members with a chance of 4 %: 1.3 in each cell.
    assert taken.any(axis=0).mean() > 0.9
    # Cells apart: two of them take the same place with a chance of 1 in 32.
    place = taken.argmax(axis=2)
    assert np.mean(place[:, :1] == place[:, 1:]) < 0.2
    # Stratified: mean over draws within six standard errors of the members' mean.
    error = cells.members.std(axis=1).mean(axis=0) / np.sqrt(100 * NUMBER)
    bias = draws.mean(axis=(0, 1)) - cells.points.mean(axis=0)
    assert np.all(np.abs(bias) < 6 * error)
