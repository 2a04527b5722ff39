import numpy as np
import pytest
from numpy.polynomial import Polynomial

from nlot.paths.chebyshev import Chebyshev
from nlot.paths.quadrature import Quadrature


@pytest.mark.parametrize("modes", [1, 2, 8, 16])
def test_ends_are_pinned(modes):
    ends = Chebyshev(modes).position(np.array([0.0, 1.0]))
    np.testing.assert_allclose(ends, np.zeros((2, modes)), atol=1e-12)


def test_it_is_the_difference_of_chebyshev_polynomials():
    """By their definition, T_k(cos θ) = cos kθ."""
    theta = np.linspace(0.1, 3.0, 30)
    k = np.arange(1, 9)
    expected = np.cos(np.outer(theta, k + 1)) - np.cos(np.outer(theta, k - 1))
    found = Chebyshev(8).position((np.cos(theta) + 1) / 2)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_velocity_is_the_derivative():
    s, step = np.linspace(0.01, 0.99, 50), 1e-6
    space = Chebyshev(8)
    slope = (space.position(s + step) - space.position(s - step)) / (2 * step)
    np.testing.assert_allclose(space.velocity(s), slope, rtol=1e-6, atol=1e-6)


def test_there_is_no_path_without_modes():
    with pytest.raises(ValueError, match="at least 1 mode, got 0"):
        Chebyshev(0)


@pytest.mark.parametrize("points", [2, 5, 9])
def test_gauss_integrates_polynomials_exactly(points):
    """Up to degree 2 points - 1, over the horizon."""
    rule = Quadrature(Chebyshev(2), points, "gauss", horizon=3.0)
    integrand = Polynomial(np.arange(1.0, 2 * points + 1))
    found = rule.weights @ integrand(rule.times)
    assert found == pytest.approx(3.0 * integrand.integ()(1.0), rel=1e-12)
