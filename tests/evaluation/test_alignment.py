import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.config import GridConfig
from nlot.costs.metrics import CircleMetric, CrossMetric, VeeMetric
from nlot.evaluation.alignment import alignment, grid_points, matrices, smallest

POINTS = np.asarray(jax.random.normal(jax.random.key(0), (20, 2)))
METRICS = pytest.mark.parametrize("truth", [CircleMetric(), VeeMetric(), CrossMetric()])


def turned(metric, angle):
    """R A Rᵀ at every point."""
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, -s], [s, c]])
    return turn @ metric @ turn.T


@pytest.fixture
def metric(truth):
    return matrices(truth, POINTS).astype(np.float64)


@METRICS
def test_the_true_metric_is_aligned(metric):
    """Up to the rounding of 64 bits."""
    np.testing.assert_allclose(alignment(metric, metric), 1.0, rtol=1e-12)


@METRICS
@pytest.mark.parametrize("angle", [0.0, 0.3, -1.2, np.pi / 2, 2.0, np.pi])
def test_a_turned_metric_scores_the_cosine(metric, angle):
    """Also 0 after a quarter of a turn and 1 again after half of one."""
    found = alignment(turned(metric, angle), metric)
    np.testing.assert_allclose(found, abs(np.cos(angle)), atol=1e-6)


@METRICS
def test_positive_factors_do_not_matter(metric):
    """Nor a factor that depends on the position."""
    other = turned(metric, 0.4)
    factor = np.exp(np.linspace(-9, 9, len(POINTS)))[:, None, None]
    expected = alignment(other, metric)
    for scaled in (7.0 * other, factor * other):
        np.testing.assert_allclose(alignment(scaled, metric), expected, atol=1e-9)


@METRICS
def test_the_order_of_eigenvalues_counts(metric):
    """The inverse has the same eigenvectors in the reverse order."""
    np.testing.assert_allclose(alignment(np.linalg.inv(metric), metric), 0, atol=1e-6)


def test_every_eigenvector_counts_the_same_in_three_dimensions():
    """A turn round the first axis by α leaves it, and turns two: (1 + 2 cos α)/3."""
    c, s = np.cos(0.5), np.sin(0.5)
    turn = np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    truth = np.diag([1.0, 2.0, 3.0])
    found = alignment((turn @ truth @ turn.T)[None], truth[None])
    np.testing.assert_allclose(found, [(1 + 2 * c) / 3], rtol=1e-12)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_matrices_that_are_not_finite_are_an_error(bad):
    good = np.tile(np.eye(2), (3, 1, 1))
    wrong = good.copy()
    wrong[1, 0, 0] = bad
    for pair in ((wrong, good), (good, wrong)):
        with pytest.raises(ValueError, match="not finite"):
            alignment(*pair)


@METRICS
def test_smallest_is_the_cheap_direction(truth, metric):
    cheap = smallest(metric)
    costs = np.einsum("ni,nij,nj->n", cheap, metric, cheap)
    np.testing.assert_allclose(np.linalg.norm(cheap, axis=1), 1, rtol=1e-9)
    np.testing.assert_allclose(costs, np.linalg.eigvalsh(metric)[:, 0], atol=1e-9)
    single = [truth(jnp.asarray(x, jnp.float32)) for x in POINTS]
    np.testing.assert_allclose(metric, single, atol=1e-6)


def test_grid_points_fill_the_box_from_corner_to_corner():
    points = grid_points(GridConfig(low=(-1.0, 2.0), high=(3.0, 4.0), points=5))
    assert points.shape == (25, 2)
    corners = [(-1, 2), (-1, 4), (3, 2), (3, 4)]
    np.testing.assert_array_equal(points[[0, 4, 20, 24]], corners)
    assert len(np.unique(points, axis=0)) == 25
    # In rows of the first coordinate, which a figure relies on.
    np.testing.assert_allclose(points.reshape(5, 5, 2)[:, 0, 0], [-1, 0, 1, 2, 3])
    np.testing.assert_allclose(points.reshape(5, 5, 2)[0, :, 1], [2, 2.5, 3, 3.5, 4])


@pytest.mark.parametrize("d", [1, 3, 4])
def test_grids_have_the_dimension_of_their_box(d):
    low, high = tuple(range(d)), tuple(range(2, d + 2))
    points = grid_points(GridConfig(low=low, high=high, points=3))
    assert points.shape == (3**d, d)
    assert len(np.unique(points, axis=0)) == 3**d
    np.testing.assert_array_equal(points.min(0), low)
    np.testing.assert_array_equal(points.max(0), high)
