import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.config import RotationConfig
from nlot.networks.rotation import Blend, RotationMetric, _traceless, double_angle

CENTRE, SCALE = (0.3, -0.2), 2.0
ANGLES = [-2.9, -np.pi / 2, -0.4, 0.0, 0.7, 1.9, 3.0]
MODES = pytest.mark.parametrize("angle", ["single", "double"])


def build(seed=0, **changes):
    config = RotationConfig(**{"hidden": (8,), "activation": "tanh", **changes})
    return RotationMetric(config, CENTRE, SCALE, key=jax.random.key(seed))


def constant(metric, z):
    """The metric whose members predict the rows of `z` everywhere."""
    last = metric.members.layers[-1]
    return eqx.tree_at(
        lambda m: (m.members.layers[-1].weight, m.members.layers[-1].bias),
        metric,
        (jnp.zeros_like(last.weight), jnp.asarray(z, jnp.float32)),
    )


def rotated(theta, eigenvalues):
    """R B Rᵀ by its definition."""
    c, s = np.cos(theta), np.sin(theta)
    turn = np.array([[c, -s], [s, c]])
    return turn @ np.diag(eigenvalues) @ turn.T


def towards(theta, angle):
    turned = 2 * theta if angle == "double" else theta
    return np.array([np.cos(turned), np.sin(turned)])


@pytest.fixture
def x():
    return 3 * jax.random.normal(jax.random.key(9), (50, 2))


@MODES
@pytest.mark.parametrize("eigenvalues", [(1.0, 0.1), (5.0, 2.0)])
def test_eigenvalues_are_those_of_b_everywhere(x, angle, eigenvalues):
    metric = build(angle=angle, eigenvalues=eigenvalues, members=3)
    matrices = np.asarray(jax.vmap(metric)(x))
    np.testing.assert_array_equal(matrices, matrices.swapaxes(1, 2))
    found = np.linalg.eigvalsh(matrices)
    np.testing.assert_allclose(found, np.tile(eigenvalues[::-1], (50, 1)), rtol=1e-5)


@MODES
@pytest.mark.parametrize("theta", ANGLES)
def test_the_metric_is_b_turned_by_the_angle_of_its_vector(angle, theta):
    """The length of the vector does not matter."""
    metric = constant(build(angle=angle), [0.03 * towards(theta, angle)])
    expected = rotated(theta, (1.0, 0.1))
    for point in ([0.0, 0.0], [5.0, -7.0]):
        np.testing.assert_allclose(metric(jnp.array(point)), expected, atol=1e-6)


@MODES
def test_half_a_turn_changes_nothing(angle):
    first, second = (
        constant(build(angle=angle), [towards(t, angle)])(jnp.zeros(2))
        for t in (0.7, 0.7 + np.pi)
    )
    np.testing.assert_allclose(first, second, atol=1e-6)


@MODES
def test_vectors_of_members_are_averaged(angle):
    z = np.array([[1.0, 0.0], [0.0, 3.0], [-0.5, 0.5]])
    together = constant(build(angle=angle, members=3), z)
    alone = constant(build(angle=angle), z.mean(0, keepdims=True))
    at = jnp.ones(2)
    np.testing.assert_allclose(together.vectors(at), z, rtol=1e-6)
    np.testing.assert_allclose(together(at), alone(at), atol=1e-6)
    # Not the mean of the members' matrices, whose eigenvalues would be closer.
    assert np.linalg.eigvalsh(together(at))[0] == pytest.approx(0.1, rel=1e-5)


def test_members_differ(x):
    vectors = jax.vmap(build(members=3).vectors)(x)
    assert vectors.shape == (50, 3, 2)
    for other in (1, 2):
        assert jnp.max(jnp.abs(vectors[:, 0] - vectors[:, other])) > 1e-3


def test_networks_see_points_in_the_frame_of_the_data(x):
    here = build()
    config = RotationConfig(hidden=(8,), activation="tanh")
    unit = RotationMetric(config, (0.0, 0.0), 1.0, key=jax.random.key(0))
    framed = (x - jnp.array(CENTRE)) / SCALE
    np.testing.assert_allclose(
        jax.vmap(here)(x), jax.vmap(unit)(framed), rtol=1e-4, atol=1e-6
    )


@MODES
def test_finite_where_the_vector_vanishes(angle):
    metric = constant(build(angle=angle), np.zeros((1, 2)))
    gradient = eqx.filter_grad(lambda m: jnp.sum(m(jnp.ones(2)) ** 2))(metric)
    assert jnp.all(jnp.isfinite(metric(jnp.ones(2))))
    assert all(jnp.all(jnp.isfinite(g)) for g in jax.tree.leaves(gradient))


@pytest.mark.parametrize("ramp", [0.0, 0.3, 1.0])
def test_a_blend_goes_from_the_cheapest_identity_to_the_metric(ramp):
    """Motion along the cheap direction costs the same all the way."""
    metric = build(eigenvalues=(2.0, 0.5))
    x = jnp.array([0.4, 1.1])
    blend = Blend(metric, jnp.array(ramp))(x)
    largest = (1 - ramp) * 0.5 + ramp * 2.0
    np.testing.assert_allclose(np.linalg.eigvalsh(blend), [0.5, largest], rtol=1e-5)
    cheap = np.linalg.eigh(metric(x))[1][:, 0]
    np.testing.assert_allclose(blend @ cheap, 0.5 * cheap, atol=1e-5)
    if ramp == 1:
        np.testing.assert_allclose(blend, metric(x), rtol=1e-6)


def test_double_angle():
    theta, length = np.array(ANGLES), np.linspace(0.5, 3.0, len(ANGLES))
    v = length[:, None] * np.stack([np.cos(theta), np.sin(theta)], -1)
    twice = np.stack([np.cos(2 * theta), np.sin(2 * theta)], -1)
    found = double_angle(jnp.asarray(v, jnp.float32))
    np.testing.assert_allclose(found, length[:, None] ** 2 * twice, atol=1e-5)


# Other dimensions.

SPACES = pytest.mark.parametrize("d", [2, 3, 5])


def in_space(d, angle, members=2, **changes):
    given = {"hidden": (8,), "activation": "tanh", "members": members, **changes}
    centre = tuple(np.linspace(-0.2, 0.3, d).tolist())
    config = RotationConfig(angle=angle, **given)
    return RotationMetric(config, centre, SCALE, key=jax.random.key(0))


@MODES
@SPACES
def test_eigenvalues_in_any_dimension(angle, d):
    """One small, the others large; one direction in all, at 50 points.

    In the double angle the matrix of the members must have a first eigenvalue that
    stands out: among random ones, in the median and to 2 % of the points.
    """
    metric = in_space(d, angle, eigenvalues=(2.0, 0.5))
    x = 3 * jax.random.normal(jax.random.key(9), (50, d))
    matrices = np.asarray(jax.vmap(metric)(x))
    assert matrices.shape == (50, d, d)
    np.testing.assert_allclose(matrices, matrices.swapaxes(1, 2), atol=1e-6)
    found = np.linalg.eigvalsh(matrices)
    assert found.min() > 0.49 and found.max() < 2.01
    expected = np.tile([0.5, *[2.0] * (d - 1)], (50, 1))
    if d == 2 or angle == "single":
        np.testing.assert_allclose(found, expected, rtol=1e-4)
    else:
        errors = np.abs(found - expected).max(axis=1)
        assert np.mean(errors < 1e-3) > 0.75


@MODES
@SPACES
def test_targets_make_their_direction_cheap_in_any_dimension(angle, d):
    """At all lengths; they are |v|² long, and v and -v are one in the double angle."""
    v = np.random.default_rng(d).normal(size=(4, d)).astype(np.float32)
    metric = in_space(d, angle)
    targets = metric.direction_targets(jnp.asarray(v))
    squared = (v**2).sum(axis=1)
    np.testing.assert_allclose(jnp.linalg.norm(targets, axis=1), squared, rtol=1e-5)
    other = metric.direction_targets(jnp.asarray(-v))
    sign = 1 if angle == "double" else -1
    np.testing.assert_allclose(other, sign * targets, rtol=1e-6)
    for move, target in zip(v, targets, strict=True):
        found = constant(metric, jnp.tile(0.03 * target, (2, 1)))(jnp.ones(d))
        np.testing.assert_allclose(found @ move, 0.1 * move, atol=1e-5)
        np.testing.assert_allclose(np.trace(found), d - 1 + 0.1, rtol=1e-5)


@MODES
@SPACES
def test_gradients_are_finite_where_vectors_vanish_in_any_dimension(angle, d):
    """The metric is then a multiple of the identity, or nearly so."""
    metric = in_space(d, angle)
    size = metric.vectors(jnp.ones(d)).shape[1]
    metric = constant(metric, np.zeros((2, size)))
    at = metric(jnp.ones(d))
    np.testing.assert_allclose(at, at[0, 0] * np.eye(d), atol=1e-6)
    weights = jnp.arange(1.0, d * d + 1).reshape(d, d)
    gradient = eqx.filter_grad(lambda m: jnp.sum(weights * m(jnp.ones(d))))(metric)
    assert all(jnp.all(jnp.isfinite(g)) for g in jax.tree.leaves(gradient))
    slope = jax.jacfwd(in_space(d, angle))(jnp.ones(d))
    assert jnp.all(jnp.isfinite(slope)) and jnp.any(slope != 0)


def test_the_double_angle_in_the_plane_is_that_of_symmetric_matrices():
    """Up to the sign that the plane's convention has: z there is the dear direction."""
    basis = _traceless(2)
    z = np.array([0.3, -0.7])
    v = np.random.default_rng(0).normal(size=(5, 2))
    found = np.einsum("ni,kij,nj->nk", v, basis, v)[:, ::-1]
    np.testing.assert_allclose(found, double_angle(jnp.asarray(v)), rtol=1e-5)
    turned = np.tensordot(z[::-1], basis, 1)
    np.testing.assert_allclose(turned, [[z[0], z[1]], [z[1], -z[0]]])


@pytest.mark.parametrize("d", [1, 4])
def test_a_blend_in_any_dimension(d):
    metric = in_space(d, "single", eigenvalues=(2.0, 0.5))
    blend = Blend(metric, jnp.array(0.3))(jnp.ones(d))
    found = np.linalg.eigvalsh(blend)
    np.testing.assert_allclose(
        found, [0.5, *[0.7 * 0.5 + 0.3 * 2.0] * (d - 1)], rtol=1e-5
    )
