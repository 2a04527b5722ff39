import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from nlot.costs.convex import NormPower
from nlot.evaluation.controls import CONTROLS, EuclideanOT, Translation, control
from nlot.methods.capabilities import CAPABILITIES, capable
from nlot.problems.sequence import Particles

KEY = jax.random.key(0)


@pytest.fixture(scope="module")
def x(well):
    return well.source.sample(jax.random.key(1), 40)


def test_translation_moves_by_the_difference_of_the_means(well, x):
    moved = Translation(well).transport(x, KEY)
    np.testing.assert_allclose(moved, x + jnp.array([2.25, 0.0]), atol=1e-6)
    assert not capable(Translation(well), "own_paths")


def test_euclidean_ot_assigns_a_target_sample_optimally(well, x):
    """Each of its target points once, at the least total squared distance."""
    pushed = np.asarray(EuclideanOT(well).transport(x, KEY))
    target = np.asarray(well.target.spread(KEY, len(x)))
    np.testing.assert_array_equal(np.sort(pushed, axis=0), np.sort(target, axis=0))
    squared = np.sum((np.asarray(x)[:, None] - target) ** 2, axis=2)
    best = squared[linear_sum_assignment(squared)].sum()
    assert np.sum((np.asarray(x) - pushed) ** 2) == pytest.approx(best, rel=1e-5)


def test_euclidean_ot_draws_from_the_target_with_its_key(well, x):
    one, again = (EuclideanOT(well).transport(x, KEY) for _ in range(2))
    other = EuclideanOT(well).transport(x, jax.random.key(2))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


def test_euclidean_ot_travels_on_straight_lines(free, wall):
    """Their action without a potential; the second one crosses a box of side 1."""
    x, y = jnp.array([[-1.1, 0.9], [-1.1, 0.1]]), jnp.array([[1.1, 0.6], [1.1, 0.1]])
    found = EuclideanOT(free).own_paths(x, y, KEY)
    np.testing.assert_allclose(found.action, [2.465, 2.42], rtol=1e-4)
    np.testing.assert_array_equal(found.obstacle_time, 0)
    inside = EuclideanOT(wall).own_paths(x, y, KEY).obstacle_time
    np.testing.assert_allclose(inside, [0, 1 / 2.2], atol=2e-3)


@pytest.mark.parametrize("name", ["translation", "euclidean_ot"])
def test_maps_give_one_image_a_sample(well, x, name):
    made = CONTROLS[name].make(well)
    assert capable(made, "map")
    assert made.transport(x, KEY).shape == x.shape


@pytest.mark.parametrize("name", [n for n in CONTROLS if CONTROLS[n].make])
def test_controls_can_do_what_they_are_registered_with(
    name, well, translations, sequences_experiment, towers, strips
):
    """All of it and nothing else; the floor has samples for images."""
    found = CONTROLS[name]
    particles = Particles(translations.sequence, np.zeros((4, 5, 2)))
    given = {
        "transport": (well,),
        "sequence": (sequences_experiment.problems["crossing"], particles, 0),
        "collection": (towers,),
        "pairs": (strips, NormPower()),
    }
    made = found.make(*given[found.problems[0]])
    able = {each for each in CAPABILITIES if capable(made, each)}
    assert able == {*found.capabilities} - {"images", "population"}
    assert ("images" in found.capabilities) == (name == "floor")


def test_a_control_is_registered_once():
    with pytest.raises(ValueError, match="'floor' is registered already"):
        control("floor", "Floor")(lambda problem: None)
