import numpy as np
import pytest

from nlot.config import merge
from nlot.measures.particles import Particles, read_held_out

from ..conftest import CROSSING


def parsed(**changes):
    return Particles.Config.model_validate(merge(CROSSING, changes))


def test_the_dimension_is_that_of_the_stations():
    assert parsed().dimension == 2


def group(*stations, closed=False):
    return {"stations": stations, "closed": closed}


TWO = group([[0, 0], [1, 0]], [[0, 1], [1, 1]])


@pytest.mark.parametrize(
    "changes, fault",
    [
        ({"groups": [group([[0, 0]], [])]}, "every station needs at least one mean"),
        ({"groups": [group([[0, 0]], [[1, 1, 1]])]}, "all means must have the same"),
        (
            {"groups": [group([[0, 0, 0]], [[1, 1, 1]])]},
            "means have dimension 3, metric has dimension 2",
        ),
        (
            {"groups": [TWO, group([[0, 0]], [[1, 1]], [[2, 2]])]},
            "all groups must have the same number of stations",
        ),
        (
            {"groups": [group([[0, 0], [1, 0]], [[1, 1]], closed=True)]},
            "a closed group must end with its first station",
        ),
        ({"groups": [TWO], "particles": 5}, "5 particles, shared by 2 Gaussians"),
        ({"groups": [TWO], "held_out": 3}, "3 particles, shared by 2 Gaussians"),
    ],
)
def test_ways_that_cannot_be_travelled_are_refused(changes, fault):
    with pytest.raises(ValueError, match=fault):
        parsed(**changes)


@pytest.mark.parametrize("number", [0, 1, 2, 5])
def test_held_out_particles_are_read_where_there_are_several(tmp_path, number):
    """One has no neighbour to be compared with."""
    held_out = np.random.default_rng(0).normal(size=(4, number, 3))
    np.savez(tmp_path / "data.npz", held_out=held_out)
    found = read_held_out(tmp_path / "data.npz")
    if number < 2:
        assert found is None
    else:
        np.testing.assert_array_equal(found, held_out)
