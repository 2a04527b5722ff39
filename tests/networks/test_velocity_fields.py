import json

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg

from nlot.config import GeneratedConfig, VelocityConfig, merge
from nlot.costs.metrics import VeeMetric
from nlot.measures.sequences import read_sequence
from nlot.networks import velocity_fields as trajectories
from nlot.networks.amortised import MLP
from nlot.networks.velocity_fields import (
    Trajectories,
    generate,
    integrate,
    write_trajectories,
)
from nlot.training.loop import DivergenceError
from nlot.training.progress import Reporter

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
    config = GeneratedConfig.model_validate(merge(SETTINGS, changes))
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
    found = trajectories._loss(
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


@pytest.fixture(scope="module")
def stored(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "data.npz"
    write_trajectories(path, data, {"sequence": "round"}, jax.random.key(5))
    return path


def test_samples_are_stored_without_who_went_where(data, stored):
    """Each time in an order of its own."""
    orders = []
    for found, true in zip(
        read_sequence(stored, "samples", 2), data.particles, strict=True
    ):
        equal = np.all(found[:, None] == true, axis=-1)
        np.testing.assert_array_equal(equal.sum(0), 1)
        np.testing.assert_array_equal(equal.sum(1), 1)
        orders.append(tuple(equal.argmax(1)))
    # Two of ten orders of twelve are equal with a chance of 1e-7.
    assert len({tuple(range(12)), *orders}) == 11


def test_groups_follow_each_other_and_are_mixed_inside(data, tmp_path):
    """Two orders of six are equal with a chance of 1/720, ten of them never."""
    path = tmp_path / "data.npz"
    write_trajectories(path, data, {}, jax.random.key(5), groups=2)
    orders = []
    for found, true in zip(
        read_sequence(path, "samples", 2), data.particles, strict=True
    ):
        order = np.all(found[:, None] == true, axis=-1).argmax(1)
        assert sorted(order[:6]) == list(range(6))
        assert sorted(order[6:]) == list(range(6, 12))
        orders += [tuple(order[:6]), tuple(order[6:] - 6)]
    assert len(set(orders)) > 10


def test_held_out_particles_and_header_are_stored_as_they_are(data, stored):
    with np.load(stored, allow_pickle=False) as file:
        np.testing.assert_array_equal(file["held_out"], data.held_out)
        assert json.loads(file["header"].item()) == {"sequence": "round"}


def test_stored_data_are_those_of_the_key(data, stored, tmp_path):
    write_trajectories(tmp_path / "a.npz", data, {}, jax.random.key(5))
    write_trajectories(tmp_path / "b.npz", data, {}, jax.random.key(6))
    samples = [
        np.stack(read_sequence(path, "samples", 2))
        for path in (stored, tmp_path / "a.npz", tmp_path / "b.npz")
    ]
    np.testing.assert_array_equal(samples[0], samples[1])
    assert np.any(samples[0] != samples[2])


def test_a_single_particle_at_a_time_can_be_stored(tmp_path):
    points = np.arange(8.0).reshape(4, 1, 2)
    path = tmp_path / "data.npz"
    write_trajectories(path, Trajectories(points, points + 1), {}, jax.random.key(0))
    with np.load(path) as file:
        np.testing.assert_array_equal(file["samples"], points)
