from itertools import pairwise

import jax
import numpy as np
import pytest

from nlot.config import settings_class
from nlot.measures.files import SampleError
from nlot.problems.sequence import Outline, Sequence

from ..conftest import CROSSING, GRID

RNG = np.random.default_rng(0)
GOOD = RNG.normal(size=(3, 10, 2))
COUNTS = (3, 5, 8)


@pytest.fixture
def uneven():
    """Measures whose points are all different."""
    return Sequence.of([RNG.normal(size=(n, 2)) for n in COUNTS])


def rows(points):
    """Points in an order of their own, to compare sets."""
    return sorted(map(tuple, np.asarray(points).tolist()))


def counts(drawn, points):
    """How often each of `points` was drawn, and that nothing else was."""
    gaps = np.abs(np.asarray(drawn)[:, None] - points).max(-1)
    assert not gaps.min(1).any()
    return np.bincount(gaps.argmin(1), minlength=len(points))


def test_uneven_measures_are_kept(uneven):
    samples = [RNG.normal(size=(n, 2)) for n in COUNTS]
    sequence = Sequence.of(samples)
    assert (sequence.pairs, sequence.points.shape) == (2, (3, 8, 2))
    for found, expected in zip(sequence.measures, samples, strict=True):
        np.testing.assert_array_equal(found, expected.astype(np.float32))


def test_centre_and_extent_count_every_point_once():
    """One point at (0, 0) and three at (4, 0) to (4, 8): not the fill-up points."""
    few = np.zeros((1, 2))
    many = np.array([[4.0, 0.0], [4.0, 4.0], [4.0, 8.0]])
    sequence = Sequence.of([few, many])
    assert sequence.centre == pytest.approx((3.0, 3.0))
    assert sequence.half_width == pytest.approx(5.0)
    assert sequence.bounds == pytest.approx(1.5 * 8.0)


@pytest.mark.parametrize("n", [4, 8, 30])
def test_draws_go_through_all_points_before_any_comes_again(uneven, n):
    """No point is ahead of another by more than one, and none only fills up."""
    drawn = uneven.draw(jax.random.key(0), n)
    assert drawn.shape == (3, n, 2)
    for part, points in zip(drawn, uneven.measures, strict=True):
        times = counts(part, points)
        assert times.sum() == n
        assert times.max() - times.min() <= 1


def test_drawing_all_is_a_permutation_of_each_measure():
    sequence = Sequence.of(list(GOOD))
    drawn = sequence.draw(jax.random.key(1), 0)
    orders = []
    for part, points in zip(drawn, sequence.measures, strict=True):
        assert rows(part) == rows(points)
        orders.append(np.abs(np.asarray(part)[:, None] - points).max(-1).argmin(1))
    # Measures are shuffled independently of each other.
    assert all(np.any(a != b) for a, b in pairwise([range(10), *orders]))


@pytest.mark.parametrize("n", [4096, 4097])
def test_many_points_are_drawn_in_no_order(n):
    """Places and numbers are uncorrelated, up to four standard deviations."""
    number = np.arange(n, dtype=np.float32)[:, None]
    sequence = Sequence.of([number, number[: n - 9]])
    drawn = np.asarray(sequence.draw(jax.random.key(4), 0))
    assert rows(drawn[0]) == rows(number)
    assert rows(drawn[1, : n - 9]) == rows(number[: n - 9])
    for part in drawn:
        assert abs(np.corrcoef(part[:, 0], number[:, 0])[0, 1]) < 4 / np.sqrt(n)


def test_drawing_all_of_uneven_measures_repeats_the_smaller(uneven):
    drawn = uneven.draw(jax.random.key(2), 0)
    for part, points in zip(drawn, uneven.measures, strict=True):
        assert counts(part, points).min() >= 1


def test_first_draws_are_uniform(uneven):
    """A third for each of three points.

    In 600 draws the standard deviation of the frequency is 0.019; four of them.
    """
    keys = jax.random.split(jax.random.key(3), 600)
    first = jax.vmap(lambda k: uneven.draw(k, 1)[0, 0])(keys)
    frequency = counts(first, uneven.measures[0]) / 600
    np.testing.assert_allclose(frequency, 1 / 3, atol=0.077)


def test_outline_is_what_a_run_needs_without_samples(uneven):
    """As plain data, from which settings of any problem of measures open it again."""
    again = parsed(data=GIVEN).reopen(uneven.outline)
    assert isinstance(again, Outline)
    for name in ("times", "pairs", "centre", "half_width", "bounds", "dimension"):
        assert getattr(again, name) == getattr(uneven, name)


@pytest.mark.parametrize("d", [1, 3, 5])
def test_any_dimension(d):
    """Centre and extent by hand, of the corners 0 and 2 of a cube, moved along."""
    cube = np.stack([np.zeros(d), np.full(d, 2.0)])
    sequence = Sequence.of([cube, cube + 1, cube + 2])
    assert sequence.dimension == d
    assert sequence.centre == pytest.approx((2.0,) * d)
    assert sequence.half_width == pytest.approx(2.0)
    assert sequence.bounds == pytest.approx(1.5 * 4.0)
    drawn = sequence.draw(jax.random.key(0), 2)
    assert drawn.shape == (3, 2, d)
    for part, points in zip(drawn, sequence.measures, strict=True):
        assert rows(part) == rows(points)


GIVEN = {"kind": "samples", "path": "given.npz"}


def parsed(**parts):
    data = {"kind": "sequence", **parts}
    return settings_class("problem", "sequence").model_validate(data)


@pytest.fixture
def given(tmp_path):
    """Settings of three measures in five dimensions, in a file, and their points."""
    points = np.random.default_rng(1).normal(size=(3, 9, 5))
    np.savez(tmp_path / "given.npz", mine=points)
    path = str(tmp_path / "given.npz")
    data = {"kind": "samples", "path": path, "array": "mine", "dimension": 5}
    return parsed(data=data), points


def test_given_samples_are_loaded_from_their_file(given):
    """None of their particles are held out."""
    config, points = given
    assert (config.dimension, config.generated) == (5, False)
    assert config.files == (config.data.path,)
    sequence, held_out, unseen, velocities = config.load_particles()
    np.testing.assert_allclose(sequence.measures, points, rtol=1e-6)
    np.testing.assert_array_equal(sequence.points, config.load().points)
    assert held_out is None
    assert velocities is None
    assert not unseen


UNEVEN = (0.0, 0.5, 3.0)


def test_held_out_times_are_kept_apart(given):
    """What is trained on goes from the time before to the time after."""
    config, points = given
    data = config.data.model_dump() | {"times": UNEVEN}
    sequence, _, unseen, _ = parsed(data=data, held_out_times=[0.5]).load_particles()
    assert sequence.times == (0.0, 3.0)
    np.testing.assert_allclose(sequence.measures, points[[0, 2]], rtol=1e-6)
    assert list(unseen) == [0.5]
    np.testing.assert_allclose(unseen[0.5], points[1], rtol=1e-6)


def test_what_is_left_has_to_move():
    points = RNG.normal(size=(9, 2))
    there_and_back = Sequence.of([points, points + 1, points])
    with pytest.raises(ValueError, match="times 0 and 2 are the same; nothing moves"):
        there_and_back.without([1.0])


@pytest.mark.parametrize(
    "times, fault",
    [
        ([0.0], "0 is the first or last time; valid: 0.5"),
        ([3.0], "3 is the first or last time; valid: 0.5"),
        ([0.5, 1.0], "1 is no time of the data; valid: 0.5"),
        ([0.5, 0.5], "0.5 is listed twice"),
    ],
)
def test_times_that_cannot_be_held_out(times, fault):
    with pytest.raises(ValueError, match=f"held_out_times: {fault}"):
        parsed(data={**GIVEN, "times": UNEVEN}, held_out_times=times)


def test_held_out_times_of_a_table_are_checked_when_it_is_read(tmp_path):
    path = tmp_path / "given.csv"
    table = np.column_stack([np.repeat([0.0, 2.0], 8), RNG.normal(size=(16, 2))])
    np.savetxt(path, table, delimiter=",")
    config = parsed(data={**GIVEN, "path": str(path)}, held_out_times=[1.0])
    with pytest.raises(ValueError, match=r"given\.csv: held_out_times: 1 is no"):
        config.load()


def test_held_out_particles_are_followed_at_the_times_that_are_left(tmp_path):
    path, points = tmp_path / "seed_0.npz", RNG.normal(size=(4, 10, 2))
    np.savez(path, samples=points, held_out=points[:, :3])
    config = parsed(data=CROSSING, held_out_times=[1.0])
    sequence, held_out, unseen, _ = config.load_particles(path)
    assert sequence.times == (0.0, 2.0, 3.0)
    np.testing.assert_array_equal(held_out, points[[0, 2, 3], :3])
    np.testing.assert_allclose(unseen[1.0], points[1], rtol=1e-6)
    with pytest.raises(ValueError, match="held_out_times: 5 is no time of the data"):
        parsed(data=CROSSING, held_out_times=[5.0])


def test_an_unusable_file_is_an_error():
    with pytest.raises(SampleError, match=r"given\.npz: no such sample file"):
        parsed(data=GIVEN).load()


@pytest.mark.parametrize("number, kept", [(3, True), (1, False), (0, False)])
def test_generated_samples_are_loaded_from_the_file_of_a_seed(tmp_path, number, kept):
    """With their held-out particles, of which one alone has no neighbour."""
    config, path = parsed(data=CROSSING), tmp_path / "seed_0.npz"
    assert (config.dimension, config.generated, config.files) == (2, True, ())
    np.savez(path, samples=GOOD, held_out=GOOD[:, :number] + 1)
    sequence, held_out, _, _ = config.load_particles(path)
    np.testing.assert_allclose(sequence.measures, GOOD, rtol=1e-6)
    if kept:
        np.testing.assert_array_equal(held_out, GOOD[:, :number] + 1)
    else:
        assert held_out is None


def test_generated_samples_need_the_file_of_a_seed():
    with pytest.raises(ValueError, match="generated: name the file of the seed"):
        parsed(data=CROSSING).load()


CUBE = {"low": [-1.0] * 3, "high": [1.0] * 3, "points": 4}


@pytest.mark.parametrize(
    "parts, fault",
    [
        ({"truth": {"kind": "cross"}}, "data has dimension 5, truth has 2"),
        ({"grid": GRID}, "data has dimension 5, grid has 2"),
        ({"grid": CUBE}, "data has dimension 5, grid has 3"),
    ],
)
def test_parts_of_another_dimension_are_refused(parts, fault):
    with pytest.raises(ValueError, match=fault):
        parsed(data={**GIVEN, "dimension": 5}, **parts)


def test_a_grid_of_any_dimension_is_welcome():
    config = parsed(data={**GIVEN, "dimension": 3}, grid=CUBE)
    assert config.grid.dimension == config.dimension == 3


def test_no_ground_truth_of_maps_is_known():
    assert not parsed(data=CROSSING, truth={"kind": "cross"}).has_ground_truth
