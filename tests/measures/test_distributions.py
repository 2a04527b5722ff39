import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.config import settings_class
from nlot.config.base import dimension_of
from nlot.measures.distributions import Gaussian, GaussianMixture, Uniform
from nlot.measures.empirical import Empirical
from nlot.measures.ring import Ring

N = 4096
POINTS = jax.random.normal(jax.random.key(9), (10, 2))


def uniform():
    return Uniform(jnp.array([-1.0, 2.0]), jnp.array([1.0, 6.0]))


def gaussian():
    return Gaussian(jnp.array([1.0, -2.0]), jnp.array([[2.0, -0.6], [-0.6, 0.5]]))


def mixture():
    means = jnp.array([[-3.0, 0.0], [3.0, 0.0], [0.0, 6.0]])
    return GaussianMixture(means, jnp.array(0.5))


def unequal():
    """Gaussians of other weights and widths; the same means."""
    stds, weights = jnp.array([0.5, 1.0, 0.1]), jnp.array([0.5, 0.25, 0.25])
    return GaussianMixture(mixture().means, stds, weights)


def ring():
    return Ring(jnp.array(2.0), jnp.array(0.3))


def empirical():
    return Empirical(POINTS)


WEIGHTS = np.arange(10) / 45


def weighted():
    """Of weights in another unit; the first is zero."""
    return Empirical(POINTS, 7 * WEIGHTS)


# Mean and covariance, by hand.
TRUTH = {
    uniform: ([0.0, 4.0], [[4 / 12, 0.0], [0.0, 16 / 12]]),
    gaussian: ([1.0, -2.0], [[2.0, -0.6], [-0.6, 0.5]]),
    mixture: ([0.0, 2.0], [[6.25, 0.0], [0.0, 8.25]]),
    unequal: ([-0.75, 1.5], [[6.1875, 1.125], [1.125, 6.75]] + 0.3775 * np.eye(2)),
    ring: ([0.0, 0.0], 2.09 * np.eye(2)),
    empirical: (np.mean(POINTS, axis=0), np.cov(np.asarray(POINTS).T, ddof=0)),
    weighted: (
        WEIGHTS @ np.asarray(POINTS),
        np.cov(np.asarray(POINTS).T, ddof=0, aweights=WEIGHTS),
    ),
}
every = pytest.mark.parametrize("make", TRUTH)


@every
def test_mean_and_covariance_of_samples(make):
    """Within five standard errors of each entry, estimated from the sample itself.

    The key is fixed, so the test is not a lottery: five leaves room for any key.
    """
    mean, covariance = (np.asarray(part) for part in TRUTH[make])
    x = np.asarray(make().sample(jax.random.key(0), N), np.float64)
    np.testing.assert_allclose(make().mean, mean, atol=1e-6)
    np.testing.assert_allclose(make().covariance, covariance, rtol=1e-5, atol=1e-6)
    assert np.all(np.abs(x.mean(0) - mean) < 5 * x.std(0) / np.sqrt(N))
    products = (x - mean)[:, :, None] * (x - mean)[:, None, :]
    error = np.abs(products.mean(0) - covariance)
    assert np.all(error < 5 * products.std(0) / np.sqrt(N))


@every
def test_samples_are_fixed_by_the_key(make):
    one, again, other = (make().sample(jax.random.key(k), 50) for k in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("make", [uniform, gaussian, mixture, unequal, ring])
def test_spread_points_are_far_more_even_than_draws(make):
    """The error of their mean is below a tenth of the standard error of draws."""
    errors = []
    for k in range(5):
        x = make().spread(jax.random.key(k), N)
        errors.append(np.asarray(x.mean(0) - make().mean))
    standard = np.sqrt(np.diag(TRUTH[make][1]) / N)
    assert np.all(np.sqrt(np.mean(np.square(errors), axis=0)) < standard / 10)


@every
def test_spread_points_are_fixed_by_the_key(make):
    one, again, other = (make().spread(jax.random.key(k), 64) for k in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)
    assert np.all(np.isfinite(one))


@pytest.mark.parametrize("draw", [Uniform.sample, Uniform.spread])
def test_equal_boxes_share_their_uniforms(draw):
    """One key, two boxes of equal size: the same points, moved."""
    shift = jnp.array([2.25, -1.0])
    here, there = uniform(), Uniform(uniform().low + shift, uniform().high + shift)
    x, y = (draw(measure, jax.random.key(3), 64) for measure in (here, there))
    np.testing.assert_allclose(y - x, jnp.broadcast_to(shift, x.shape), atol=1e-5)


def test_draw_is_one_or_the_other():
    measure, key = uniform(), jax.random.key(7)
    for how, draw in {"independent": measure.sample, "spread": measure.spread}.items():
        np.testing.assert_array_equal(measure.draw(key, 32, how), draw(key, 32))


def test_uniform_samples_stay_in_their_box():
    x = uniform().sample(jax.random.key(4), N)
    assert jnp.all((x >= uniform().low) & (x <= uniform().high))


def test_mixture_visits_its_centres_equally_often():
    """Counts within five binomial standard deviations; centres are 12 std apart."""
    x = mixture().sample(jax.random.key(5), N)
    distances = jnp.linalg.norm(x[:, None] - mixture().means, axis=2)
    counts = np.bincount(np.argmin(distances, axis=1), minlength=3)
    assert np.all(np.abs(counts - N / 3) < 5 * np.sqrt(N * (1 / 3) * (2 / 3)))


@pytest.mark.parametrize("n", [300, 301])
def test_spread_points_of_a_mixture_have_equal_shares(n):
    for k in range(5):
        x = mixture().spread(jax.random.key(k), n)
        distances = jnp.linalg.norm(x[:, None] - mixture().means, axis=2)
        counts = np.bincount(np.argmin(distances, axis=1), minlength=3)
        assert counts.sum() == n
        assert counts.max() - counts.min() <= n % 3


@pytest.mark.parametrize("draw", [Empirical.sample, Empirical.spread])
def test_empirical_measure_draws_its_points_and_all_of_them(draw):
    x = np.asarray(draw(empirical(), jax.random.key(6), 1024))
    found, counts = np.unique(x, axis=0, return_counts=True)
    np.testing.assert_array_equal(found, np.unique(np.asarray(POINTS), axis=0))
    # 1024 draws of ten points: five binomial standard deviations of 9.6.
    assert np.all(np.abs(counts - 102.4) < 48)


@pytest.mark.parametrize("n", [90, 1000])
def test_spread_draws_of_weighted_points_have_their_shares(n):
    """Each within two of its weight times `n`, as shares are intervals.

    In an interval there are as many terms of a Kronecker sequence as its length says,
    give or take 2; among independent draws the deviation is up to 16.
    """
    for k in range(5):
        x = np.asarray(weighted().spread(jax.random.key(k), n))
        counts = np.all(x[:, None] == np.asarray(POINTS), axis=-1).sum(axis=0)
        assert counts[0] == 0
        assert counts.sum() == n
        assert np.abs(counts - n * WEIGHTS).max() <= 2


def test_equal_weights_are_no_weights():
    x, y = (
        Empirical(POINTS, weights).spread(jax.random.key(0), 1000)
        for weights in (None, np.full(10, 1e-3))
    )
    assert np.mean(np.any(x != y, axis=1)) < 0.01


def test_many_small_weights_are_exact_shares():
    """Of a million points, with half the mass on the last tenth."""
    m = 1_000_000
    weights = np.where(np.arange(m) < 0.9 * m, 1 / 9, 1.0)
    measure = Empirical(np.arange(m, dtype=np.float32)[:, None], weights)
    x = np.asarray(measure.spread(jax.random.key(0), 10_000))
    np.testing.assert_allclose(np.mean(x >= 0.9 * m), 0.5, atol=1e-3)
    np.testing.assert_allclose(np.mean(x < 0.45 * m), 0.25, atol=1e-3)


@pytest.mark.parametrize(
    "weights, fault",
    [
        (np.full(10, -1.0), "weights: 10 are negative or not finite, the first in r"),
        (np.zeros(10), "weights: all are zero"),
        (np.ones(9), r"weights: found shape \(9,\); expected \(10,\)"),
    ],
)
def test_weights_that_are_none(unchecked, weights, fault):
    with pytest.raises(ValueError, match=fault):
        Empirical(POINTS, weights)


def test_weights_come_from_the_file(tmp_path):
    points, path = np.asarray(POINTS, np.float64), tmp_path / "x.npz"
    np.savez(path, samples=points, mass=WEIGHTS + 0.1)
    config = settings_class("measure", "samples").model_validate(
        {"kind": "samples", "path": str(path), "weights": "mass", "held_out": 0}
    )
    expected = Empirical(points, WEIGHTS + 0.1)
    np.testing.assert_array_equal(config.build().weights, expected.weights)


def spaces(d):
    """Settings of each kind in `d` dimensions, with mean and covariance by hand."""
    low, high = np.arange(d) - 1.0, np.arange(d) + np.linspace(1, 3, d)
    root = np.eye(d) + 0.3 * np.eye(d, k=-1)
    means = np.stack([np.zeros(d), np.full(d, 4.0)])
    return {
        "uniform": (
            {"low": low, "high": high},
            (low + high) / 2,
            np.diag((high - low) ** 2 / 12),
        ),
        "gaussian": ({"mean": low, "covariance": root @ root.T}, low, root @ root.T),
        "gaussian_mixture": (
            {"means": means, "std": 0.5},
            np.full(d, 2.0),
            0.25 * np.eye(d) + np.full((d, d), 4.0),
        ),
    }


@pytest.mark.parametrize("d", [1, 3, 5])
@pytest.mark.parametrize("kind", ["uniform", "gaussian", "gaussian_mixture"])
def test_any_dimension(kind, d):
    """From settings; moments within five standard errors of each entry."""
    given, mean, covariance = spaces(d)[kind]
    data = {key: np.asarray(value).tolist() for key, value in given.items()}
    config = settings_class("measure", kind).model_validate({"kind": kind, **data})
    measure = config.build()
    assert dimension_of(config) == d
    assert config.files == ()
    np.testing.assert_allclose(measure.mean, mean, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(measure.covariance, covariance, rtol=1e-5, atol=1e-6)
    x = np.asarray(measure.sample(jax.random.key(0), N), np.float64)
    assert x.shape == measure.spread(jax.random.key(1), N).shape == (N, d)
    products = (x - mean)[:, :, None] * (x - mean)[:, None, :]
    for found, expected in ((x, mean), (products, covariance)):
        error = np.abs(found.mean(0) - expected)
        assert np.all(error < 5 * found.std(0) / np.sqrt(N))


@pytest.mark.parametrize("d", [1, 3, 5])
def test_samples_of_any_dimension_are_read_from_their_file(tmp_path, d):
    points, path = np.random.default_rng(d).normal(size=(40, d)), tmp_path / "x.npz"
    np.savez(path, samples=points)
    config = settings_class("measure", "samples").model_validate(
        {"kind": "samples", "path": str(path), "dimension": d}
    )
    assert dimension_of(config) == d
    assert config.files == (str(path),)
    np.testing.assert_allclose(config.build().points, points, rtol=1e-6)


@pytest.mark.parametrize(
    "data, fault",
    [
        ({"kind": "uniform", "low": [0.0], "high": [1.0, 2.0]}, "differ in length"),
        ({"kind": "uniform", "low": [0.0, 2.0], "high": [1.0, 2.0]}, "must lie below"),
        (
            {"kind": "gaussian", "mean": [0.0], "covariance": [[1, 0], [0, 1]]},
            "mean has 1 coordinates, covariance has 2 rows",
        ),
        (
            {"kind": "gaussian", "mean": [0.0], "covariance": [[1, 0]]},
            "as many columns as rows, found 1 rows of lengths",
        ),
        (
            {"kind": "gaussian", "mean": [0, 0], "covariance": [[1, 2], [0, 1]]},
            "found 2.0 in row 1, column 2 and 0.0 across",
        ),
        (
            {"kind": "gaussian", "mean": [0, 0], "covariance": [[1, 1], [1, 1]]},
            "expected a positive definite matrix",
        ),
        (
            {"kind": "gaussian_mixture", "means": [[0.0], [0, 1]], "std": 1.0},
            "all means must have the same length",
        ),
    ],
)
def test_settings_that_are_no_measure_are_refused(data, fault):
    with pytest.raises(ValueError, match=fault):
        settings_class("measure", data["kind"]).model_validate(data)
