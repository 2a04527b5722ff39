"""Exact costs against searches from several starts for each pair by itself."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.config import LeastActionConfig
from nlot.costs.closed_forms import frequency, harmonic_action
from nlot.discrete import exact_costs as module
from nlot.discrete import limits, table
from nlot.discrete.exact_costs import exact_costs
from nlot.discrete.table import moved
from nlot.ground_truth.strata import cut
from nlot.paths.multistart import optimal_paths
from nlot.paths.newton import Geodesic, least_actions
from nlot.paths.polygons import polygon_actions

SETTINGS = LeastActionConfig(segments=16)
# Boxes with edges as soft as a segment is long: 16 segments resolve their paths.
SOFT = {
    "kind": "newtonian",
    "potential_scale": 361.0,
    "potential": {
        "kind": "boxes",
        "low": [[-0.5, -0.6]],
        "high": [[0.5, 0.4]],
        "strength": 0.1,
        "temperature": 0.1,
    },
}


def silent(line):
    pass


def both(problem, number):
    first, second = jax.random.split(jax.random.key(0))
    return cut(problem.source, number, key=first), cut(
        problem.target, number, key=second
    )


def straight(x, y):
    """From each x[i] to each y[j]."""
    s = np.linspace(0, 1, SETTINGS.segments + 1)[:, None]
    x, y = x[:, None, None], y[None, :, None]
    return x + s * (y - x)


def best_paths(problem, x, y):
    return optimal_paths(
        problem.lagrangian, problem.horizon, problem.frame.scale, SETTINGS, x, y
    )


@pytest.fixture(scope="module")
def boxes(make_problem):
    return make_problem(lagrangian=SOFT)


@pytest.fixture(scope="module")
def cells(boxes):
    return both(boxes, 64)


@pytest.fixture(scope="module")
def ends(cells):
    return cells[0].centres, cells[1].centres


@pytest.fixture(scope="module")
def lines():
    return []


@pytest.fixture(scope="module")
def costs(boxes, ends, lines):
    """Two levels: 16 points a side, and 64."""
    return exact_costs(boxes, SETTINGS, *ends, lines.append)


@pytest.fixture(scope="module")
def sample():
    """Some pairs (i, j)."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 64, (2, 128))


def test_costs_are_those_of_the_best_of_several_starts(
    boxes, ends, costs, lines, sample
):
    """On pairs that were not solved so; neighbours may know better paths."""
    i, j = sample
    alone = best_paths(boxes, ends[0][i], ends[1][j])
    assert lines[0].startswith("16 x 16")
    assert "64 x 64" in lines[1]
    # The best of four neighbours' paths leaves little to do: any of them, 5 %.
    assert int(lines[2].split()[0]) < 0.02 * costs.cost.size
    assert np.all(costs.converged)
    assert np.all(costs.cost[i, j] <= alone.action * (1 + 1e-5))
    np.testing.assert_allclose(costs.cost[i, j], alone.action, rtol=1e-3)


def test_costs_are_the_actions_of_the_paths(boxes, ends, costs, sample):
    """Which run between the points; they are kept in single precision."""
    i, j = sample
    paths = np.asarray(costs.paths(i, j), np.float64)
    np.testing.assert_allclose(paths[:, 0], ends[0][i], atol=1e-6)
    np.testing.assert_allclose(paths[:, -1], ends[1][j], atol=1e-6)
    with jax.enable_x64(True):
        actions = polygon_actions(boxes.lagrangian, boxes.horizon, paths)
        again = least_actions(boxes.lagrangian, boxes.horizon, SETTINGS, paths)
    np.testing.assert_allclose(costs.cost[i, j], actions, rtol=1e-5)
    np.testing.assert_allclose(costs.cost[i, j], again.action, rtol=1e-6)
    np.testing.assert_allclose(costs.slopes[i, j], again.slopes, atol=2e-2)


def test_never_above_the_straight_path(boxes, ends, costs):
    paths = straight(*ends)
    with jax.enable_x64(True):
        above = polygon_actions(
            boxes.lagrangian, boxes.horizon, paths.reshape(-1, *paths.shape[2:])
        )
    above = above.reshape(costs.cost.shape)
    assert np.all(costs.cost <= above * (1 + 1e-9))
    assert np.mean(costs.cost < 0.8 * above) > 0.3, "the boxes must matter"


def test_costs_of_the_well(make_problem):
    """One level, 16 points a side; to second order, (ωT/N)² of the cost."""
    problem = make_problem(horizon=0.5)
    x, y = (part.centres for part in both(problem, 16))
    found = exact_costs(problem, SETTINGS, x, y, silent)
    omega = frequency(problem.lagrangian)
    each = jax.vmap(lambda a, b: harmonic_action(a, b, omega, 0.5))
    i, j = (axis.ravel() for axis in np.indices((16, 16)))
    truth = each(jnp.asarray(x[i]), jnp.asarray(y[j]))
    rtol = (omega * 0.5 / SETTINGS.segments) ** 2
    np.testing.assert_allclose(found.cost.ravel(), truth, rtol=rtol)


def test_costs_on_the_line_and_of_unequal_numbers(make_problem):
    """128 points against 8, of which the coarsest level has one or two."""
    line = {"kind": "uniform", "low": [-1.0], "high": [1.0]}
    problem = make_problem(source=line, target=line, lagrangian={"kind": "newtonian"})
    x, y = (cut(problem.source, n, key=jax.random.key(n)).centres for n in (128, 8))
    settings = LeastActionConfig(segments=4)
    found = exact_costs(problem, settings, x, y, silent)
    np.testing.assert_allclose(found.cost, (x - y.T) ** 2 / 2, atol=1e-12)


def test_worse_local_minima_are_found_by_sweeps(monkeypatch, boxes, ends):
    """Some paths on the wrong side of the box are replaced by their neighbours'."""
    x, y = (z[::4] for z in ends)
    i, j = (axis.ravel() for axis in np.indices((16, 16)))
    best = best_paths(boxes, x[i], y[j])
    wave = np.sin(np.pi * np.linspace(0, 1, SETTINGS.segments + 1))[:, None]
    over = straight(x, y).reshape(256, -1, 2) + wave * [0.0, 0.9]
    wrong = least_actions(boxes.lagrangian, boxes.horizon, SETTINGS, over)
    planted = (wrong.action > 1.02 * best.action) & (i % 3 == 0) & (j % 3 == 0)
    assert planted.sum() >= 5, "some sides must be worse"
    mixed = Geodesic(
        *(
            np.where(planted.reshape(-1, *[1] * (right.ndim - 1)), bad, right)
            for bad, right in zip(wrong, best, strict=True)
        )
    )
    monkeypatch.setattr(module, "optimal_paths", lambda *_: mixed)
    lines = []
    found = exact_costs(boxes, SETTINGS, x, y, lines.append)
    np.testing.assert_allclose(found.cost.ravel(), best.action, rtol=1e-5)
    improved = [int(line.split()[0]) for line in lines if "improved" in line]
    assert improved[0] == planted.sum()
    assert improved[-1] == 0


def test_paths_that_are_not_kept_are_found_again(monkeypatch, boxes, ends):
    """To the last bit, with memory for three rows of 64, and those of neighbours."""
    monkeypatch.setattr(limits, "_PAIRS", 128)
    every = exact_costs(boxes, SETTINGS, *ends, silent)
    monkeypatch.setattr(limits, "KEPT", 3 * 64 * 4 * 17 * 2)
    again, held, find = [], [], table.Table._found_again

    def counted(self, i, j):
        again.append(len(i))
        held.append(len(self._rows))
        return find(self, i, j)

    monkeypatch.setattr(table.Table, "_found_again", counted)
    few = exact_costs(boxes, SETTINGS, *ends, silent)
    assert sum(again) > 64 * 64
    # Two rows at a time, and four neighbours of each.
    assert max(held) <= 10
    for name in ("cost", "slopes", "converged", "gradient_norm"):
        np.testing.assert_array_equal(getattr(few, name), getattr(every, name))
    i, j = (axis.ravel() for axis in np.indices((64, 64)))
    np.testing.assert_array_equal(few.paths(i, j), every.paths(i, j))


def test_later_sweeps_miss_no_better_path(monkeypatch, boxes, ends, lines, costs):
    """They look at neighbours of late; as many are found by looking at all of them."""
    sweep, every = table.Table.sweep, []
    monkeypatch.setattr(table.Table, "sweep", lambda self, _: sweep(self, 1))
    found = exact_costs(boxes, SETTINGS, *ends, every.append)
    assert every == lines
    np.testing.assert_array_equal(found.cost, costs.cost)


def test_moved_paths_end_at_the_points_they_are_moved_to(cells, costs, sample):
    """A path of the same ends stays; the shift falls linearly along it.

    Stored paths are in single precision, their ends after a move are exact.
    """
    i, j = sample
    x, y = (part.centres[k] for part, k in zip(cells, sample, strict=True))
    stay = moved(costs.paths(i, j), x, y)
    np.testing.assert_allclose(stay, costs.paths(i, j), atol=1e-6)
    np.testing.assert_allclose(stay[:, 0], x, rtol=1e-15)
    np.testing.assert_allclose(stay[:, -1], y, rtol=1e-15)
    far = moved(costs.paths(i, j), x + 0.25, y - [0.5, 0.0])
    s = np.linspace(0, 1, SETTINGS.segments + 1)[:, None]
    expected = (1 - s) * 0.25 - s * [0.5, 0.0]
    np.testing.assert_allclose(
        far - stay, np.broadcast_to(expected, far.shape), atol=1e-12
    )
