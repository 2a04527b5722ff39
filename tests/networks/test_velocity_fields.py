import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg

from nlot.config import merge
from nlot.costs.metrics import VeeMetric
from nlot.measures.particles import Particles, VelocityConfig
from nlot.networks import velocity_fields
from nlot.networks.mlp import MLP
from nlot.networks.velocity_fields import generate, integrate
from nlot.training.loop import DivergenceError
from nlot.training.progress import Reporter

from ..compilations import compilations
from ..registering import registered

ROUND = [[[3.0, 0.0]], [[0.0, 3.0], [0.0, 5.0]], [[-3.0, 0.0]], [[3.0, 0.0]]]
SETTINGS = {
    "kind": "generated",
    "metric": {"kind": "vee", "floor": 0.0},
    "groups": [
        {"stations": ROUND, "closed": True},
        {"stations": [[[0.0, -9.0]]] * 4},
    ],
    "std": 0.1,
    "particles": 6,
    "held_out": 2,
    "intervals": 3,
    "exact_end": True,
    "velocity": {"network": {"hidden": [4], "activation": "tanh"}, "steps": 2},
}


def made(seed=0, **changes):
    config = Particles.Config.model_validate(merge(SETTINGS, changes))
    return generate(config, jax.random.key(seed), Reporter("test"))


@pytest.fixture(scope="module")
def data():
    return made()


def linear(matrix, offset):
    """The field v(x) = M x + b."""
    layer = MLP(2, 2, (), "tanh", key=jax.random.key(0)).layers[0]
    layer = eqx.tree_at(
        lambda n: (n.weight, n.bias), layer, (jnp.array(matrix), jnp.array(offset))
    )
    field = MLP(2, 2, (), "tanh", key=jax.random.key(0))
    return eqx.tree_at(lambda f: f.layers[0], field, layer)


def test_shapes_and_precision(data):
    """Three legs of three intervals; two groups."""
    assert data.particles.shape == (10, 12, 2)
    assert data.held_out.shape == (10, 4, 2)
    for part in data:
        assert part.dtype == np.float64
        assert np.isfinite(part).all()
        # Not 64 bits in name only.
        assert np.any(part != part.astype(np.float32))


def test_the_exact_end_replaces_the_last_time_alone(data):
    """The same key gives the same data; two steps do not train it to the end."""
    reached = made(exact_end=False)
    for part, other in zip(data, reached, strict=True):
        np.testing.assert_array_equal(part[:-1], other[:-1])
        assert np.all(part[-1] != other[-1])


def test_particles_pass_all_stations(data):
    """Every leg starts at its station, whatever the leg before reached.

    Gaussians share a group equally. Of 512 normal numbers the largest stays below five
    standard deviations but for a chance of 3e-4.
    """
    for part in data:
        first, second = np.split(part[::3], 2, axis=1)
        for stop, means in zip(first, ROUND, strict=True):
            gaps = np.abs(stop[:, None] - np.array(means)).max(-1)
            assert gaps.min(1).max() < 0.5
            shares = np.bincount(gaps.argmin(1), minlength=len(means))
            assert set(shares) == {len(stop) // len(means)}
        assert np.abs(second - [0.0, -9.0]).max() < 0.5


def test_a_closed_group_ends_where_it_starts(data):
    for part in data:
        first, second = np.split(part, 2, axis=1)
        np.testing.assert_array_equal(first[-1], first[0])
        assert np.all(second[-1] != second[0])


def test_held_out_particles_are_others(data):
    for seen, unseen in zip(*data, strict=True):
        assert np.abs(seen[:, None] - unseen).max(-1).min() > 0


@pytest.fixture(scope="module")
def arrived():
    """Data of another key, trained with a large weight on the distance to the end."""
    velocity = {"steps": 60, "learning_rate": 0.1, "end_weight": 1e3}
    return made(seed=1, held_out=0, exact_end=False, velocity=velocity)


def test_another_key_gives_other_data(data, arrived):
    """No particles need be held out."""
    assert arrived.held_out.shape == (10, 0, 2)
    assert np.all(arrived.particles[::3] != data.particles[::3])


def test_another_seed_compiles_nothing():
    """Programs are kept by settings and shapes."""
    made(seed=2)
    with compilations() as count:
        made(seed=3)
    assert (count.traced, count.compiled) == (0, 0)


def test_the_end_is_reached_where_its_distance_weighs_much(arrived):
    """After 60 steps of AdamW a tenth of the way is left, on average.

    The closed group's last way is one of six from its third station to its first.
    """
    first = arrived.particles[:, :6]
    way, gap = (np.linalg.norm(first[-1] - first[i], axis=1).mean() for i in (-4, 0))
    assert way > 5
    assert gap < 0.1 * way


def test_the_loss_of_a_constant_field_by_hand(x64):
    """Action without the half, averaged over times, and the weighted distance.

    Above the first axis the metric is constant: vᵀ A v = |v|² - (1 - ε) (v₁ + v₂)²/2.
    """
    v, start, end = np.array([1.0, 2.0]), np.array([0.0, 1.0]), np.array([4.0, 7.0])
    field = linear(np.zeros((2, 2)), v)
    found = velocity_fields._loss(
        field,
        VeeMetric(0.2),
        VelocityConfig(end_weight=3.0),
        jnp.array(start),
        jnp.array(end),
        jnp.linspace(0, 1, 4),
    )
    action, distance = 5 - 0.8 * 4.5, 5.0
    np.testing.assert_allclose(found, action + 3.0 * distance, rtol=1e-9)


def test_the_flow_of_a_linear_field(x64):
    """x(t) = e^{tM} (x₀ + M⁻¹ b) - M⁻¹ b, to the tolerance asked of the solver."""
    matrix, offset = np.array([[0.3, -2.0], [1.5, -0.4]]), np.array([0.5, -1.0])
    start, times = np.array([1.0, 0.7]), np.array([0.0, 0.1, 0.55, 1.0])
    settings = VelocityConfig(relative_tolerance=1e-8, absolute_tolerance=1e-10)
    found = integrate(
        linear(matrix, offset), settings, jnp.array(start), jnp.array(times)
    )
    fixed = -np.linalg.solve(matrix, offset)
    exact = [fixed + scipy.linalg.expm(t * matrix) @ (start - fixed) for t in times]
    np.testing.assert_allclose(found, exact, rtol=1e-6)


def test_a_flow_that_is_not_solved_is_nan(x64):
    settings, times = VelocityConfig(max_steps=1), jnp.linspace(0, 1, 3)
    found = integrate(linear(np.eye(2), np.ones(2)), settings, jnp.ones(2), times)
    assert jnp.all(jnp.isnan(found))


def test_an_unsolved_ode_names_the_step():
    with pytest.raises(
        DivergenceError, match=r"test: 48 of 48 velocity fields .* at step 0$"
    ):
        made(velocity={"max_steps": 1})


def test_particles_travel_in_space():
    """Along a constant metric of the test's own, to where they are to go."""
    first, last = [0.0, 0.0, 0.0], [2.0, 1.0, 1.0]
    data = {
        **SETTINGS,
        "groups": [{"stations": [[first], [last]]}],
        "exact_end": False,
        "velocity": {
            **SETTINGS["velocity"],
            "steps": 80,
            "learning_rate": 0.03,
            "end_weight": 10.0,
        },
    }
    with registered("metric", "stretched", "tests.registering:Stretched"):
        data["metric"] = {"kind": "stretched", "factors": [0.2, 1.0, 1.0]}
        config = Particles.Config.model_validate(data)
    found = generate(config, jax.random.key(0), Reporter("test"))
    assert found.particles.shape == (4, 6, 3)
    assert found.held_out.shape == (4, 2, 3)
    np.testing.assert_allclose(found.particles[0], np.tile(first, (6, 1)), atol=0.5)
    gaps = np.linalg.norm(found.particles[-1] - last, axis=1)
    assert gaps.mean() < 0.2 * np.linalg.norm(last)
