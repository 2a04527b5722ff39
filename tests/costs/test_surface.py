"""Surfaces that are known by samples: distances, projections, potentials."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.config import settings_class
from nlot.measures.files import SampleError

RNG = np.random.default_rng(0)
CLOUD = {
    "kind": "gaussian_mixture",
    "means": [[0.5, 0.0, 0.7], [-0.5, 0.0, 0.0]],
    "std": 0.1,
}


def potential(path, **more):
    given = {"kind": "surface", "path": str(path), "dimension": 3, "spacing": 0.1}
    given |= {"strength": 3.0, "margin": 0.5, **more}
    return settings_class("potential", "surface").model_validate(given)


def saved(folder, height, n=4000):
    """Samples of the graph of a function of two coordinates."""
    plane = RNG.uniform(-1, 1, (n, 2))
    path = folder / "surface.npz"
    np.savez(path, samples=np.column_stack([plane, height(*plane.T)]))
    return path


def tilted(x, y):
    return 0.5 * x - 0.25 * y + 0.1


def bowl(x, y):
    return 0.25 * (x**2 + y**2)


def test_the_distance_from_a_plane_is_exact(tmp_path):
    """Of points above and below, where samples are all round."""
    found = potential(saved(tmp_path, tilted)).build()
    x = RNG.uniform(-0.5, 0.5, (50, 3))
    normal = np.array([-0.5, 0.25, 1.0])
    expected = (x @ normal - 0.1) / np.linalg.norm(normal)
    distance = jax.vmap(found.distance)(jnp.asarray(x, jnp.float32))
    np.testing.assert_allclose(distance, expected, atol=1e-4)
    value = jax.vmap(found)(jnp.asarray(x, jnp.float32))
    np.testing.assert_allclose(value, -3.0 * expected**2, atol=1e-3)


@pytest.mark.parametrize("height", [tilted, bowl])
def test_elevations_are_those_of_the_surface(tmp_path, height):
    """Planes through 20 of 4000 samples differ from the bowl by 0.002."""
    found = potential(saved(tmp_path, height)).build()
    x = RNG.uniform(-0.8, 0.8, (50, 2))
    elevation = jax.vmap(found.elevation)(jnp.asarray(x, jnp.float32))
    np.testing.assert_allclose(elevation, height(*x.T), atol=4e-3)


def test_annealing_scales_the_strength(tmp_path):
    found, x = potential(saved(tmp_path, tilted)).build(), jnp.zeros(3)
    np.testing.assert_allclose(found.anneal(jnp.array(0.5))(x), found(x) / 2)


def test_samples_of_a_projected_measure_are_on_the_surface(tmp_path):
    """Planes through 20 of 4000 samples differ from its curvature of 1/2 by 0.002."""
    path = saved(tmp_path, bowl)
    given = {"kind": "on_surface", "path": str(path), "dimension": 3, "spacing": 0.1}
    settings = settings_class("measure", "on_surface")
    measure = settings.model_validate({**given, "of": CLOUD}).build()
    x = np.asarray(measure.spread(jax.random.key(0), 512))
    np.testing.assert_allclose(x[:, 2], bowl(*x[:, :2].T), atol=4e-3)
    # The nearest points of a slanted surface, not those below.
    np.testing.assert_allclose(measure.mean, x.mean(0), atol=0.02)
    np.testing.assert_allclose(measure.covariance, np.cov(x.T), atol=0.02)
    assert settings.model_validate({**given, "of": CLOUD}).files == (str(path),)


def test_unusable_samples_and_grids_are_errors(tmp_path):
    path = saved(tmp_path, tilted, n=12)
    with pytest.raises(SampleError, match="found 12 samples, fewer than the 20"):
        potential(path).build()
    with pytest.raises(SampleError, match=r"spacing 0.001 takes a grid of 2\d* x"):
        potential(path, neighbours=8, spacing=0.001).build()
    with pytest.raises(SampleError, match="no such sample file"):
        potential(tmp_path / "missing.npz").build()
