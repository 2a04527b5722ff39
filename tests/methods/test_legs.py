"""Methods of two measures, applied to neighbours in time."""

from types import SimpleNamespace

import numpy as np
import pytest

BRIDGE = {
    "kind": "nlsb",
    "steps": 1,
    "batch": 8,
    "optimiser": {"learning_rate": 1e-3},
}


@pytest.fixture(scope="module")
def run(open_kind):
    """A short training on points that are translated."""
    return open_kind("legs")


@pytest.fixture
def x():
    return np.random.default_rng(1).uniform(-0.5, 0.5, (7, 2))


def test_carry_applies_the_runs_of_all_pairs(run, x):
    stops = run.carry(x)
    assert stops.shape == (4, 7, 2)
    for pair, leg in enumerate(run.legs):
        np.testing.assert_array_equal(stops[pair + 1], leg.transport(stops[pair]))


@pytest.mark.filterwarnings("ignore:.*outside the source's samples")
def test_between_times_points_are_on_the_paths_of_their_leg(run, x):
    """Whatever measure they start from."""
    start, end = run.times[1:3]
    middle = run.at(x, [0.25 * start + 0.75 * end], 1)[0]
    leg = run.legs[1]
    path = leg.path(x, [0.75 * (end - start)])[:, 0]
    np.testing.assert_allclose(middle, path, atol=1e-6)


@pytest.mark.parametrize("pair", [-1, 3])
def test_a_pair_that_is_not_there_is_an_error(run, x, pair):
    with pytest.raises(ValueError, match=f"pair must be from 0 to 2, found {pair}"):
        run.leg(x, pair)


def test_only_methods_of_two_measures_are_accepted(make_method):
    with pytest.raises(ValueError, match="unknown kind 'path_costs'"):
        make_method("legs", method={"kind": "path_costs"})


def test_what_does_not_fit_the_data_is_refused(make_method):
    plane = SimpleNamespace(dimension=2)
    circle = {"kind": "riemannian", "metric": {"kind": "circle"}}
    assert make_method("legs", lagrangian=circle).refuses(plane) is None
    refused = make_method("legs", lagrangian=circle).refuses(
        SimpleNamespace(dimension=3)
    )
    assert refused == "lagrangian has dimension 2, the data have 3"
    refused = make_method("legs", method=BRIDGE, lagrangian=circle).refuses(plane)
    assert refused == "lagrangian.kind is 'riemannian'; nlsb needs 'newtonian'"
