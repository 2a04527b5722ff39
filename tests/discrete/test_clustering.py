import numpy as np
import pytest
from scipy.spatial.distance import cdist

from nlot.discrete.clustering import (
    clusters,
    cophenetic_correlation,
    linked,
    separation,
)

LINKAGES = ["average", "single", "complete", "weighted"]
POINTS = np.array([[0.0], [0.1], [5.0], [5.2], [20.0]])
MATRIX = cdist(POINTS, POINTS)


@pytest.mark.parametrize("linkage", LINKAGES)
def test_groups_far_apart_are_clusters(linkage):
    found = clusters(MATRIX, 3, linkage)
    assert len(set(found)) == 3
    assert found[0] == found[1] != found[2] == found[3]


@pytest.mark.parametrize(
    "linkage, height", [("single", 4.9), ("complete", 5.2), ("average", 5.05)]
)
def test_clusters_merge_at_the_height_of_their_linkage(linkage, height):
    assert linked(MATRIX, linkage)[2, 2] == pytest.approx(height)


@pytest.mark.parametrize("linkage", LINKAGES)
def test_an_ultrametric_is_shown_faithfully(linkage):
    """It is its own cophenetic distance."""
    matrix = np.array([[0, 1, 4, 4], [1, 0, 4, 4], [4, 4, 0, 2], [4, 4, 2, 0.0]])
    assert cophenetic_correlation(matrix, linkage) == pytest.approx(1)


def test_separation_is_of_the_nearest_over_the_farthest():
    labels = ("a", "a", "b", "b", "c")
    assert separation(MATRIX, labels) == pytest.approx(4.9 / 0.2)
    assert separation(MATRIX, ("a", "b", "a", "b", "b")) < 1


@pytest.mark.parametrize("labels", [tuple("abcde"), tuple("aaaaa")])
def test_without_both_kinds_of_pairs_there_is_no_separation(labels):
    assert np.isnan(separation(MATRIX, labels))
