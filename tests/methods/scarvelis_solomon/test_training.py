import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.evaluation.alignment import alignment, matrices
from nlot.methods.scarvelis_solomon import training
from nlot.methods.scarvelis_solomon.training import (
    GramMetric,
    build,
    slope_penalty,
    slopes,
    split,
)
from nlot.networks.mlp import MLP
from nlot.problems.sequence import Sequence
from nlot.training.loop import DivergenceError
from nlot.training.progress import Reporter
from nlot.training.streams import stream

KIND = "scarvelis_solomon"
RATE = {"learning_rate": 2e-2}


def constant(root, floor=0.1):
    """The metric RᵀR + floor I with the same R everywhere."""
    network = MLP(2, 4, (), "tanh", key=jax.random.key(0))
    leaves = (jnp.zeros((4, 2)), jnp.ravel(jnp.array(root)))
    return GramMetric(
        eqx.tree_at(lambda n: (n.layers[0].weight, n.layers[0].bias), network, leaves),
        floor,
    )


def train(sequence, config, seed=0):
    return training.train(sequence, config, stream(seed, "training"), Reporter("test"))


def scores(metric, points, v):
    """Alignment of A's inverse with the metric that is cheap along `v`."""
    truth = np.eye(2) - 0.9 * np.outer(v, v) / (v @ v)
    found = np.linalg.inv(matrices(metric, points).astype(float))
    return alignment(found, np.tile(truth, (len(points), 1, 1)))


def best_size(slope):
    """Largest eigenvalue a of the best A, with f = γ_A = 1, where |∇φ| is `slope`.

    A has the direction of ∇φ, and a² - softplus(a |∇φ|²/2 - 1) is least.
    """
    sizes = np.linspace(0, slope**2, 100_001)
    return sizes[np.argmin(sizes**2 - np.logaddexp(0, sizes * slope**2 / 2 - 1))]


def test_slopes_by_finite_differences(x64, translations, make_method):
    """Each pair's own potential at its own points."""
    networks = build(translations.sequence, make_method(KIND), key=jax.random.key(1))
    points = jax.random.normal(jax.random.key(2), (3, 5, 2))
    values = eqx.filter_vmap(lambda phi, x: jax.vmap(phi)(x)[:, 0])
    step, phi = 1e-5, networks.potentials
    expected = [
        (values(phi, points + s) - values(phi, points - s)) / (2 * step)
        for s in step * np.eye(2)
    ]
    found = slopes(phi, points)
    np.testing.assert_allclose(found, np.stack(expected, -1), rtol=1e-6, atol=1e-9)


def test_the_penalty_of_one_slope_by_hand(x64):
    """|(3, 4)| = 5; with R = (1 1; 0 2) and floor 0.1, |Rp|² + |p|²/10 = 115.5."""
    point, slope = jnp.zeros((1, 1, 2)), jnp.array([[[3.0, 4.0]]])
    without = slope_penalty(None, point, slope)
    assert float(without) == pytest.approx(np.log1p(np.exp(1.5)), rel=1e-9)
    metric = constant([[1.0, 1.0], [0.0, 2.0]])
    found = slope_penalty(metric, point, slope)
    assert float(found) == pytest.approx(np.log1p(np.exp(56.75)), rel=1e-9)


def test_the_penalty_is_a_sum_and_smooth_where_a_slope_vanishes(x64):
    points = jnp.zeros((2, 3, 2))
    slope = jax.random.normal(jax.random.key(3), (2, 3, 2)).at[0, 0].set(0.0)
    metric = constant([[1.0, 0.5], [-0.3, 1.0]])
    for a in (None, metric):

        def penalty(p, a=a):
            return slope_penalty(a, points.reshape(1, -1, 2)[:, : p.size // 2], p)

        rows = slope.reshape(1, 6, 2)
        parts = [penalty(rows[:, i : i + 1]) for i in range(6)]
        found, gradient = jax.value_and_grad(penalty)(rows)
        np.testing.assert_allclose(found, sum(parts), rtol=1e-9)
        np.testing.assert_allclose(gradient[0, 0], 0, atol=1e-12)


def test_the_metric_is_symmetric_with_eigenvalues_above_its_floor(
    translations, make_method
):
    networks = build(translations.sequence, make_method(KIND), key=jax.random.key(4))
    metric = GramMetric(networks.metric.root, 0.25)
    found = jax.vmap(metric)(3 * jax.random.normal(jax.random.key(5), (200, 2)))
    np.testing.assert_allclose(found, jnp.swapaxes(found, 1, 2), atol=1e-6)
    assert np.linalg.eigvalsh(found).min() > 0.25 - 1e-5
    # R has no rank: the floor is reached.
    flat = constant([[1.0, 2.0], [0.0, 0.0]], 0.25)(jnp.ones(2))
    np.testing.assert_allclose(np.linalg.eigvalsh(flat), [0.25, 5.25], rtol=1e-5)


@pytest.fixture(scope="module")
def config(make_method):
    fit = {"steps": 150, "optimiser": RATE}
    return make_method(
        KIND, rounds=1, potential_fit=fit, metric_fit=fit, report_every=50
    )


@pytest.fixture(scope="module")
def trained(translations, config):
    return train(translations.sequence, config)


def test_first_potentials_fall_along_the_motion(translations, trained):
    """Slope -2 along it: gain |shift| = 1/2 meets softplus'(|∇φ|/2 - 1), of weight 2.

    So in the limit; 150 steps come within a quarter at the middle of each way.
    """
    networks, _ = trained
    x = translations.sequence.points
    found = slopes(networks.potentials, (x[1:] + x[:-1]) / 2)
    way = -2 * translations.shift / np.linalg.norm(translations.shift)
    gaps = jnp.linalg.norm(found - way, axis=-1)
    assert jnp.mean(gaps) < 0.5


def test_the_metric_is_that_of_the_potentials(translations, trained):
    """A is large along slopes, as large as its norm lets it be, and vanishes across.

    Within a quarter: that is how far 150 steps of the potentials came.
    """
    networks, _ = trained
    points = np.concatenate(translations.sequence.measures)
    assert scores(networks.metric, points, translations.shift).min() > 0.95
    low, high = np.linalg.eigvalsh(matrices(networks.metric, points)).T
    assert np.median(low) < 0.01
    assert np.median(high) == pytest.approx(best_size(2.0), rel=0.25)


def test_a_later_round_fits_potentials_to_the_metric(translations, config, trained):
    """Along the motion, gain |shift| = 1/2 meets the slope of 2 softplus(a s²/2 - 1).

    Across it A has its floor alone, and slopes are free.
    """
    again, history = train(
        translations.sequence, config.model_copy(update={"rounds": 2})
    )
    assert [(r["phase"], r["step"]) for r in history] == [
        (phase, 300 * number + 150 * part + step)
        for number in (0, 1)
        for part, phase in enumerate(("potentials", "metric"))
        for step in (50, 100, 150)
    ]
    _, records = trained
    assert records == history[:6]
    sizes, a = np.linspace(0, 4, 100_001), best_size(2.0)
    best = sizes[np.argmin(2 * np.logaddexp(0, a * sizes**2 / 2 - 1) - sizes / 2)]
    points = translations.sequence.points[:-1]
    u = translations.shift / np.linalg.norm(translations.shift)
    along = slopes(again.potentials, points) @ u
    assert float(jnp.mean(along)) == pytest.approx(-best, rel=0.25)


def test_the_key_fixes_the_weights(translations, config, trained):
    again, other = (train(translations.sequence, config, seed)[0] for seed in (0, 1))
    assert eqx.tree_equal(trained[0], again)
    assert jnp.any(again.metric(jnp.ones(2)) != other.metric(jnp.ones(2)))


def test_groups_are_blocks_of_samples_in_their_order(translations):
    sequence = translations.sequence
    assert split(sequence, 1) == (sequence,)
    blocks = split(sequence, 4)
    for number, block in enumerate(blocks):
        np.testing.assert_array_equal(block.counts, [4] * 4)
        expected = sequence.points[:, 4 * number : 4 * number + 4]
        np.testing.assert_array_equal(block.points, expected)


@pytest.mark.parametrize(
    "sizes, groups, named", [((16, 16), 3, "16"), ((12, 8, 12), 2, "8, 12")]
)
def test_samples_that_do_not_divide_into_groups_are_refused(
    make_method, sizes, groups, named
):
    sequence = Sequence.of([np.ones((n, 2)) for n in sizes])
    config = make_method("scarvelis_solomon", groups=groups)
    reason = config.refuses_data(sequence)
    assert f"groups: {groups} of equal size" in reason
    assert f"found times with {named} samples" in reason
    assert make_method("scarvelis_solomon").refuses_data(sequence) is None


def test_times_of_different_sizes_need_no_groups(make_method):
    points = np.random.default_rng(0).normal(size=(12, 2))
    sequence = Sequence.of([points, points[:8] + 1])
    assert split(sequence, 1) == (sequence,)


@pytest.mark.parametrize("groups", [1, 2])
def test_groups_tell_crossing_ways_apart(config, groups):
    """Two blobs whose ways along the diagonals cross, at their first and last time.

    Samples that are joined are the same as those of two blobs that move straight to
    the right, which is shorter.
    """
    rng = np.random.default_rng(1)
    ends = np.array([[[-1, -1], [-1, 1]], [[1, 1], [1, -1]]])
    points = np.repeat(ends, 16, axis=1) + 0.1 * rng.normal(size=(2, 32, 2))
    # At six times the gain, slopes stay about as small as in `translations`.
    phi = config.potential_fit.model_copy(update={"first_penalty": 12.0})
    learner = config.model_copy(update={"groups": groups, "potential_fit": phi})
    networks, _ = train(Sequence.of(list(points)), learner)
    for number, diagonal in enumerate(np.array([[1, 1], [1, -1]])):
        block = points[:, 16 * number : 16 * number + 16].reshape(-1, 2)
        way = diagonal if groups == 2 else np.array([1, 0])
        assert scores(networks.metric, block, way).mean() > 0.95


@pytest.mark.parametrize("fit, phase", [("potential", "potentials"), ("metric",) * 2])
def test_divergence_names_the_phase(translations, make_method, fit, phase):
    wild = {"learning_rate": 1e30, "clip": 1e30}
    config = make_method(KIND, rounds=1, **{f"{fit}_fit": {"optimiser": wild}})
    message = rf"test: .* step \d+ \(phase {phase}\)"
    with pytest.raises(DivergenceError, match=message):
        train(translations.sequence, config)


@pytest.mark.parametrize("groups, refused", [(1, False), (2, False), (3, True)])
def test_groups_that_do_not_divide_those_of_the_data_are_refused(
    sequences_experiment, make_method, groups, refused
):
    """Two groups of particles cross; of given samples nobody knows."""
    config = make_method(KIND, groups=groups)
    crossing, given = (
        config.refuses(sequences_experiment.problems[name])
        for name in ("crossing", "given")
    )
    assert given is None
    assert (crossing is not None) == refused
    if refused:
        assert crossing == "3 groups do not divide the 2 of data.groups"
