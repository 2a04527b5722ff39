import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.measures.distributions import Empirical, Gaussian, GaussianMixture, Uniform

N = 4096
POINTS = jax.random.normal(jax.random.key(9), (10, 2))


def uniform():
    return Uniform(jnp.array([-1.0, 2.0]), jnp.array([1.0, 6.0]))


def gaussian():
    return Gaussian(jnp.array([1.0, -2.0]), jnp.array([[2.0, -0.6], [-0.6, 0.5]]))


def mixture():
    means = jnp.array([[-3.0, 0.0], [3.0, 0.0], [0.0, 6.0]])
    return GaussianMixture(means, jnp.array(0.5))


def empirical():
    return Empirical(POINTS)


# Mean and covariance, by hand.
TRUTH = {
    uniform: ([0.0, 4.0], [[4 / 12, 0.0], [0.0, 16 / 12]]),
    gaussian: ([1.0, -2.0], [[2.0, -0.6], [-0.6, 0.5]]),
    mixture: ([0.0, 2.0], [[6.25, 0.0], [0.0, 8.25]]),
    empirical: (np.mean(POINTS, axis=0), np.cov(np.asarray(POINTS).T, ddof=0)),
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


@pytest.mark.parametrize("make", [uniform, gaussian, mixture])
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


@pytest.mark.parametrize("draw", [Empirical.sample, Empirical.spread])
def test_empirical_measure_draws_its_points_and_all_of_them(draw):
    x = np.asarray(draw(empirical(), jax.random.key(6), 1024))
    found, counts = np.unique(x, axis=0, return_counts=True)
    np.testing.assert_array_equal(found, np.unique(np.asarray(POINTS), axis=0))
    # 1024 draws of ten points: five binomial standard deviations of 9.6.
    assert np.all(np.abs(counts - 102.4) < 48)
