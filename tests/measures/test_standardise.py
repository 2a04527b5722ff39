"""Standard coordinates of samples, and of measures that they are drawn from."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.measures.distributions import Gaussian, GaussianMixture, Uniform
from nlot.measures.empirical import Empirical
from nlot.measures.standardise import Standardise

KEY = jax.random.key(0)
MEASURES = {
    "box": Uniform(jnp.array([4.0, -1.0]), jnp.array([6.0, 0.0])),
    "gaussian": Gaussian(jnp.array([9.0, 1.0]), jnp.array([[2.0, 1.0], [1.0, 3.0]])),
    "mixture": GaussianMixture(jnp.array([[3.0, 0.0], [5.0, 9.0]]), jnp.array(0.5)),
    "samples": Empirical(jax.random.normal(KEY, (50, 2)) + 8),
}
FRAME = Standardise((5.0, -2.0), 4.0)


def test_measures_together_have_mean_zero_and_half_a_unit_of_spread():
    first, second = MEASURES["box"], MEASURES["gaussian"]
    frame = Standardise.fit(first, second)
    x = [frame.measure(m).sample(KEY, 20_000) for m in (first, second)]
    z = jnp.concatenate(x)
    # Errors of a mean over 40,000 draws are below 0.01.
    np.testing.assert_allclose(z.mean(0), 0.0, atol=0.02)
    np.testing.assert_allclose(jnp.sqrt(jnp.mean(z**2)), 0.5, rtol=0.02)


@pytest.mark.parametrize("name", MEASURES)
def test_draws_in_standard_coordinates_are_the_same_draws(name):
    measure = MEASURES[name]
    inside = FRAME.measure(measure)
    for how in ("independent", "spread"):
        np.testing.assert_allclose(
            FRAME.outward(inside.draw(KEY, 9, how)),
            measure.draw(KEY, 9, how),
            atol=1e-4,
        )
    np.testing.assert_allclose(FRAME.outward(inside.mean), measure.mean, atol=1e-5)
    np.testing.assert_allclose(
        16 * inside.covariance, measure.covariance, rtol=1e-5, atol=1e-5
    )


def test_points_far_from_the_origin_keep_their_differences():
    """In double precision: single has half a metre there."""
    frame = Standardise((5.5e6, 4.0e5), 100.0)
    x = np.array([[5.5e6 + 1.25, 4.0e5 - 30.0], [5.5e6 + 1.5, 4.0e5]])
    expected = [[0.0125, -0.3], [0.015, 0.0]]
    np.testing.assert_allclose(frame.inward(x), expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("far", [0.0, 5.5e6, 1e8])
def test_coordinates_do_not_depend_on_the_origin(far):
    """Samples in metres, as a projection of the Earth has them."""
    rng = np.random.default_rng(0)
    near = [rng.normal(size=(400, 2)) + 3 * i for i in range(2)]
    fitted = Standardise.fit(*map(Empirical, near))
    shifted = Standardise.fit(*(Empirical(x + far) for x in near))
    np.testing.assert_allclose(shifted.scale, fitted.scale, rtol=1e-5)
    np.testing.assert_allclose(
        np.subtract(shifted.centre, far), fitted.centre, atol=1e-5 + 1e-9 * far
    )


def test_plain_coordinates_leave_measures_as_they_are():
    assert Standardise((0.0, 0.0), 1.0).measure(MEASURES["box"]) is MEASURES["box"]
