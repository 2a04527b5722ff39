import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.networks.mlp import MLP
from nlot.networks.pairwise import Frame, build_pair_networks
from nlot.problems.sequence import Outline, Sequence

SOMEWHERE = Outline(
    times=(0.0, 1.0, 2.0, 3.0), centre=(0.0, 0.0), half_width=1.0, bounds=2.0
)


@pytest.fixture
def networks(make_method):
    config = make_method("metric_nlot")
    return build_pair_networks(
        SOMEWHERE, config, config.metric, config.potential, key=jax.random.key(0)
    )


def mlp(out_size):
    return MLP(2, out_size, [8], "tanh", key=jax.random.key(1))


def test_frames_hold_their_pair_and_touch_it(translations):
    """Means of the pairs, and cubes that the farthest coordinate just reaches."""
    frames = Frame.of(translations.sequence, 0.1)
    measures = translations.sequence.measures
    for i, centre in enumerate(frames.centre):
        both = np.concatenate(measures[i : i + 2])
        np.testing.assert_allclose(centre, both.mean(0), atol=1e-6)
        inside = np.abs(both - centre) / frames.scale[i]
        assert inside.max() == pytest.approx(1, abs=1e-6)


def test_frames_know_how_far_their_pair_moves(translations):
    """W2 of a translation is its length, whatever the order of the points."""
    measures = translations.sequence.measures
    backwards = [m[::-1] if i % 2 else m for i, m in enumerate(measures)]
    frames = Frame.of(Sequence.of(backwards), 0.1)
    np.testing.assert_allclose(frames.step, 0.5, rtol=1e-5)
    # The price of the step changes by 1 over the distance `scale` / `step`.
    np.testing.assert_allclose(frames.cost, 0.1 * 0.5 * frames.scale, rtol=1e-5)


def test_maps_see_the_displacement_at_the_velocity_before(translations):
    """In an interval three times as long it is three times as far."""
    measures = translations.sequence.measures
    uneven = Sequence.of(measures, (0.0, 0.5, 2.0, 3.0))
    frames = Frame.of(uneven, 0.1, momentum=True)
    np.testing.assert_allclose(frames.pace, [1.0, 3.0, 2 / 3], rtol=1e-6)
    even = Frame.of(Sequence.of(measures), 0.1, momentum=True)
    network = MLP(4, 2, [8], "tanh", key=jax.random.key(1))
    x, before = jnp.array([0.3, 0.1]), jnp.array([0.2, -0.1])
    second, same = (jax.tree.map(lambda leaf: leaf[1], f) for f in (frames, even))
    np.testing.assert_allclose(
        second.map(network)(x, before), same.map(network)(x, 3 * before), atol=1e-6
    )


def test_frames_weigh_measures_by_their_points():
    """Two points at 0 and six at (4, 4), each with its own mass in W2."""
    frame = Frame.of(Sequence.of([np.zeros((2, 2)), np.full((6, 2), 4.0)]), 1.0)
    np.testing.assert_allclose(frame.centre, [[3.0, 3.0]])
    np.testing.assert_allclose(frame.scale, [3.0])
    np.testing.assert_allclose(frame.step, [np.sqrt(32)], rtol=1e-6)


def test_potentials_and_maps_are_in_the_units_of_their_frame():
    frame = Frame(
        centre=jnp.array([2.0, -1.0]),
        scale=jnp.array(3.0),
        step=jnp.array(0.2),
        cost=jnp.array(0.05),
        pace=jnp.array(1.0),
    )
    z = jnp.array([0.3, 0.6])
    x = frame.centre + frame.scale * z
    g, y = mlp(1), mlp(2)
    np.testing.assert_allclose(frame.potential(g)(x), 0.05 * g(z)[0], rtol=1e-5)
    np.testing.assert_allclose(frame.map(y)(x) - x, 0.2 * y(z), atol=1e-6)


def test_pairs_start_from_networks_of_their_own(networks):
    for stacked in (networks.potentials, networks.maps):
        weight = stacked.layers[0].weight
        assert len(weight) == 3
        assert jnp.all(jnp.any(weight[:1] != weight[1:], axis=(1, 2)))


def test_metric_and_spline_are_shared(networks):
    x = jnp.array([0.3, 0.1])
    assert networks.metric(x).shape == (2, 2)
    assert networks.spline(x, -x).shape == (3, 2)


def test_paths_bend_in_proportion_to_their_chord(networks):
    """Less than a tenth of it before training, and not at all where the ends meet."""
    x, y = jax.random.uniform(jax.random.key(2), (2, 50, 2), minval=-1.0)
    for near in (1.0, 1e-3):
        ends = x + near * (y - x)
        bends = jax.vmap(networks.spline)(x, ends)
        lengths = jnp.linalg.norm(bends, axis=(1, 2))
        chords = jnp.linalg.norm(ends - x, axis=1)
        assert jnp.all(lengths < 0.1 * chords)
        assert jnp.any(lengths > 0.01 * chords)
    assert jnp.abs(networks.spline(x[0], x[0])).max() < 1e-6


def test_gradients_of_paths_are_finite_where_the_ends_meet(networks):
    x = jnp.array([0.3, -0.2])
    for argument in (0, 1):
        jacobian = jax.jacobian(networks.spline, argument)(x, x)
        assert jnp.all(jnp.isfinite(jacobian))


def test_learning_by_couplings_needs_no_potentials(make_method):
    config = make_method("metric_nlot_plus")
    built = build_pair_networks(SOMEWHERE, config, config.metric, key=jax.random.key(0))
    assert built.potentials is None
