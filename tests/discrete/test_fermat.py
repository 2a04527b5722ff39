import numpy as np
import pytest
from scipy.sparse.csgraph import dijkstra
from scipy.spatial.distance import cdist

from nlot.discrete.fermat import fermat_distances, power

RNG = np.random.default_rng(0)


def test_of_power_one_on_a_line_is_the_euclidean_distance():
    points = np.outer(np.sort(RNG.uniform(size=200)), [3.0, 4.0])
    np.testing.assert_allclose(fermat_distances(points, 1.0), cdist(points, points))


@pytest.mark.parametrize("p", [2.0, 3.0])
@pytest.mark.parametrize("apart", [0.0, 5.0])
def test_is_the_shortest_path_through_all_samples(p, apart):
    """Over the complete graph; also where samples are in two groups far apart."""
    points = RNG.normal(size=(60, 2))
    points[30:, 0] += apart
    truth = dijkstra(cdist(points, points) ** p)
    np.testing.assert_allclose(fermat_distances(points, p), truth, rtol=1e-12)


def test_grows_with_the_power_of_the_unit():
    points = RNG.normal(size=(40, 3))
    one, three = (fermat_distances(s * points, 2.5) for s in (1.0, 3.0))
    np.testing.assert_allclose(three, 3**2.5 * one)


def test_starts_from_the_samples_that_are_asked_for():
    points = RNG.normal(size=(40, 2))
    sources = np.array([3, 17])
    every = fermat_distances(points, 2.0)
    np.testing.assert_array_equal(
        fermat_distances(points, 2.0, sources), every[[3, 17]]
    )


def test_equal_samples_are_at_no_distance():
    points = np.repeat(RNG.normal(size=(5, 2)), 20, axis=0)
    found = fermat_distances(points, 2.0)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found[:20, :20], 0, atol=1e-100)


def test_tends_to_lengths_by_the_density():
    """Ratio of lengths in a thin and a dense half of a strip, for the power of α = 1.

    Densities differ by 9, lengths for α = 1 by 3; both halves are half as long as the
    strip, from whose ends and middle distances are taken. Within 15 %: a standard error
    is about 3 % at this number of samples.
    """
    x = np.concatenate([RNG.uniform(0, 1, 400), RNG.uniform(1, 2, 3600)])
    points = np.stack([x, RNG.uniform(0, 0.5, x.size)], axis=1)
    ends = [np.linalg.norm(points - [a, 0.25], axis=1).argmin() for a in (0, 1, 2)]
    thin, dense = fermat_distances(points, power(1.0, 2), np.array([ends[1]]))[
        0, [ends[0], ends[2]]
    ]
    assert thin / dense == pytest.approx(3, rel=0.15)


@pytest.mark.parametrize(
    "given, fault",
    [
        ({"p": 0.5}, "p: must be at least 1, found 0.5"),
        ({"p": float("nan")}, "p: must be at least 1"),
        ({"p": 2.0, "neighbours": 0}, "neighbours: must be at least 1, found 0"),
    ],
)
def test_bad_input_is_named(given, fault):
    with pytest.raises(ValueError, match=fault):
        fermat_distances(RNG.normal(size=(9, 2)), **given)
