"""The metric of a trained run, which acts on velocities."""

import jax
import numpy as np
import pytest

from nlot.methods.scarvelis_solomon import training
from nlot.methods.scarvelis_solomon.run import GramRun

from .test_training import KIND, constant


@pytest.fixture
def opened(make_method, translations):
    """A run whose A is RᵀR + 0.001 I, with the same R everywhere."""

    def of(root):
        config, problem = make_method(KIND, floor=1e-3), translations.sequence
        built = training.build(problem, config, key=jax.random.key(0))
        networks = training.GramNetworks(constant(root, 1e-3), built.potentials)
        return GramRun(problem, config, networks, {})

    return of


def test_the_metric_is_the_inverse_of_a(opened):
    root = np.array([[2.0, 1.0], [0.0, 0.5]])
    found = np.asarray(opened(root).metric(np.ones((3, 2))))
    a = root.T @ root + 1e-3 * np.eye(2)
    np.testing.assert_allclose(found @ a, np.tile(np.eye(2), (3, 1, 1)), atol=1e-5)


@pytest.mark.parametrize("size", [1e2, 1e4, 1e6])
def test_eigenvectors_of_an_ill_conditioned_a_keep_their_digits(opened, size):
    """A is larger along (3, 4) than across it, by more than single precision holds."""
    along = np.array([0.6, 0.8])
    metric = opened(size * np.array([along, [0, 0]])).metric(np.ones((1, 2)))
    values, vectors = np.linalg.eigh(np.asarray(metric[0], np.float64))
    assert abs(vectors[:, 0] @ along) == pytest.approx(1, abs=1e-6)
    assert values[1] == pytest.approx(1e3, rel=1e-3)
