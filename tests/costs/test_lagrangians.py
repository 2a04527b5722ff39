import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.config import settings_class
from nlot.config.base import dimension_of
from nlot.costs.lagrangians import Newtonian, Riemannian, sigmoid_ramp
from nlot.costs.metrics import CircleMetric
from nlot.costs.obstacles import Boxes
from nlot.costs.potentials import AbstractPotential, Hill

from ..registering import Stretched

X, V = jnp.array([0.3, -0.2]), jnp.array([1.5, 2.0])
HILL = Hill(jnp.array(0.05))
WALL = Boxes(*jnp.array([[[-1.0, -1.0]], [[1.0, 1.0]]]), *jnp.array([2.0, 0.01, 0.1]))


def test_newtonian_adds_what_the_potential_costs():
    """|v|²/2 - s U with U <= 0: obstacles cost, and s weighs them."""
    found = Newtonian(HILL, 361.0)(X, V)
    expected = 0.5 * (1.5**2 + 2.0**2) + 361 * 0.05 * np.exp(-(0.3**2 + 0.2**2))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_without_potential_the_cost_is_euclidean():
    assert Newtonian(None, 361.0)(X, V) == pytest.approx(3.125)
    assert not Newtonian(None, 361.0).contains(X)


def test_riemannian_is_the_metrics_square():
    matrix = np.asarray(CircleMetric(0.2)(X))
    expected = 0.5 * np.asarray(V) @ matrix @ np.asarray(V)
    np.testing.assert_allclose(Riemannian(CircleMetric(0.2))(X, V), expected, rtol=1e-6)
    assert not Riemannian(CircleMetric()).contains(X)


def test_contains_is_that_of_the_potential():
    newtonian = Newtonian(WALL, 1.0)
    assert newtonian.contains(X)
    assert not newtonian.contains(jnp.array([1.2, 0.0]))


@pytest.mark.parametrize(
    "lagrangian",
    [Newtonian(WALL, 3.0), Newtonian(None, 3.0), Riemannian(CircleMetric())],
)
def test_annealed_to_the_end_it_is_itself(lagrangian):
    annealed = lagrangian.anneal(jnp.array(1.0))
    np.testing.assert_allclose(annealed(X, V), lagrangian(X, V), rtol=1e-6)


def test_annealing_starts_without_obstacles():
    start = Newtonian(WALL, 3.0).anneal(jnp.array(0.0))
    assert start(X, V) == pytest.approx(3.125)


def test_ramp_rises_from_exactly_0_to_exactly_1():
    ramp = jax.vmap(lambda step: sigmoid_ramp(step, 2000))(jnp.arange(0, 2501, 50))
    assert ramp[0] == 0
    np.testing.assert_array_equal(ramp[40:], 1)
    assert np.all(np.diff(ramp[:41]) > 0)
    assert ramp[20] == pytest.approx(0.5, abs=1e-6)


def test_no_ramp_is_1_at_once():
    assert sigmoid_ramp(0, 0) == 1


@pytest.mark.parametrize("d", [1, 3, 5])
def test_any_dimension(d):
    """|v|²/2 - s U(x) and vᵀ A v/2, by hand."""
    x, v = 0.1 * jnp.arange(1.0, d + 1), jnp.arange(1.0, d + 1)
    kinetic = 0.5 * np.sum(np.square(v))
    hill = 361 * 0.05 * np.exp(-np.sum(np.square(x)))
    assert Newtonian(HILL, 361.0)(x, v) == pytest.approx(kinetic + hill, rel=1e-5)
    found = Riemannian(Stretched(v))(x, v)
    assert found == pytest.approx(0.5 * np.sum(np.asarray(v) ** 3), rel=1e-6)


def parsed(**data):
    return settings_class("lagrangian", data["kind"]).model_validate(data)


def test_settings_of_newtonian_ones_build_them():
    free = parsed(kind="newtonian")
    assert free.build() == Newtonian(None, 1.0)
    assert dimension_of(free) is None
    hill = {"kind": "hill", "strength": 0.05}
    newtonian = parsed(kind="newtonian", potential=hill, potential_scale=361.0)
    np.testing.assert_allclose(newtonian.build()(X, V), Newtonian(HILL, 361.0)(X, V))
    assert dimension_of(newtonian) is None


def test_settings_have_the_dimension_of_their_parts():
    balls = {
        "kind": "discs",
        "centres": [[0.0] * 5],
        "radius": 1.0,
        "strength": 1.0,
        "temperature": 0.1,
    }
    assert dimension_of(parsed(kind="newtonian", potential=balls)) == 5
    assert dimension_of(parsed(kind="riemannian", metric={"kind": "circle"})) == 2


def test_settings_of_riemannian_ones_build_them():
    metric = {"kind": "circle", "floor": 0.2}
    found = parsed(kind="riemannian", metric=metric).build()
    assert found == Riemannian(CircleMetric(0.2))


def test_a_singular_metric_is_no_lagrangian():
    with pytest.raises(ValueError, match=r"metric\.floor must be positive, found 0"):
        parsed(kind="riemannian", metric={"kind": "vee", "floor": 0.0})


class Slope(AbstractPotential):
    """A potential of one's own: its value alone."""

    def __call__(self, x):
        return -jnp.sum(x)


def test_one_of_your_own_needs_its_value_alone():
    """It has no obstacle, annealing leaves it, and its paths are not said straight."""
    x, v = jnp.array([1.0, 2.0]), jnp.array([3.0, 0.0])
    own = Newtonian(Slope(), 2.0)
    half = own.anneal(jnp.array(0.5))
    assert own(x, v) == half(x, v) == 4.5 + 6.0
    assert not own.contains(x)
    assert not own.straight
    assert Newtonian(None, 1.0).straight
