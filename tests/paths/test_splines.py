from itertools import pairwise

import numpy as np
import pytest
import scipy.integrate
import scipy.interpolate

from nlot.paths.splines import CubicSpline

KNOTS = [5, 6, 12, 30]


@pytest.fixture(params=KNOTS)
def spline(request) -> CubicSpline:
    return CubicSpline(request.param)


def path(spline, values, s, derivative=False):
    """The path through `values`, with its straight part added by hand."""
    coefficients = spline.coefficients(values)
    start, end = values[0], values[-1]
    if derivative:
        return end - start + spline.velocity(s) @ coefficients
    return start + s[:, None] * (end - start) + spline.position(s) @ coefficients


def test_ends_are_pinned(spline):
    ends = spline.position(np.array([0.0, 1.0]))
    np.testing.assert_allclose(ends, np.zeros((2, spline.size)), atol=1e-13)


@pytest.mark.parametrize("order", [0, 1])
def test_agrees_with_scipy(spline, order):
    """Any path of the space is the not-a-knot interpolant of its knot values."""
    values = np.random.default_rng(0).normal(size=(spline.knots, 3))
    truth = scipy.interpolate.CubicSpline(
        np.linspace(0, 1, spline.knots), values, bc_type="not-a-knot"
    )
    s = np.linspace(0, 1, 173)
    found = path(spline, values, s, derivative=order == 1)
    np.testing.assert_allclose(found, truth(s, order), atol=1e-9)


def test_coefficients_reproduce_the_values_at_the_knots(spline):
    values = np.random.default_rng(1).normal(size=(spline.knots, 2))
    at_knots = path(spline, values, np.linspace(0, 1, spline.knots))
    np.testing.assert_allclose(at_knots, values, atol=1e-11)


def test_a_straight_line_has_no_coefficients(spline):
    line = np.linspace(0, 1, spline.knots)[:, None] * np.array([[2.0, -1.0]]) + 0.3
    np.testing.assert_allclose(spline.coefficients(line), 0, atol=1e-12)


def test_twice_continuously_differentiable(spline):
    """Cubics fitted to four points of each interval meet with equal derivatives."""
    width = 1 / (spline.knots - 1)
    local = width * np.array([0.05, 0.35, 0.65, 0.95])
    lefts = width * np.arange(spline.knots - 1)
    cubics = [np.polyfit(local, spline.position(s + local), 3) for s in lefts]
    for order in range(3):
        ends = [derivatives(cubic, order, width) for cubic in cubics]
        jumps = [after[0] - before[1] for before, after in pairwise(ends)]
        assert np.abs(jumps).max() < 1e-8 * np.abs(ends).max()


def derivatives(cubic, order, width):
    """Derivative at both ends of an interval; one column a basis function."""
    return np.array(
        [[np.polyval(np.polyder(c, order), s) for c in cubic.T] for s in (0, width)]
    )


def test_orthonormal_in_kinetic_energy(spline):
    s = np.linspace(0, 1, 64 * (spline.knots - 1) + 1)  # holds every knot
    velocity = spline.velocity(s)
    products = velocity[:, :, None] * velocity[:, None, :]
    gram = scipy.integrate.simpson(products, x=s, axis=0)
    # Simpson's error on the quartic pieces: h⁴ f⁗ / 180 with h = width / 64.
    np.testing.assert_allclose(gram, np.eye(spline.size), atol=1e-5)


def test_modes_are_ordered_by_frequency(spline):
    """At equal energy a slower mode is the larger one."""
    s = np.linspace(0, 1, 64 * (spline.knots - 1) + 1)
    sizes = scipy.integrate.simpson(spline.position(s) ** 2, x=s, axis=0)
    assert np.all(np.diff(sizes) < 0)


def test_too_few_knots_are_an_error():
    with pytest.raises(ValueError, match="at least 5 knots, got 4"):
        CubicSpline(4)
