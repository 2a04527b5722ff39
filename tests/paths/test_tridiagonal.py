"""Block tridiagonal systems against dense linear algebra."""

import jax
import numpy as np
import pytest

from nlot.paths import tridiagonal

pytestmark = pytest.mark.usefixtures("x64")
BLOCKS = 9
dimensions = pytest.mark.parametrize("d", [1, 2, 3, 9])


def dense(diagonal, upper):
    """The whole matrix."""
    n, d, _ = diagonal.shape
    whole = np.zeros((n, d, n, d))
    for k in range(n):
        whole[k, :, k] = diagonal[k]
    for k in range(n - 1):
        whole[k, :, k + 1] = upper[k]
        whole[k + 1, :, k] = upper[k].T
    return whole.reshape(n * d, n * d)


def random_system(d, seed, blocks=BLOCKS):
    """F F' of a random bidiagonal F, whose smallest eigenvalue is made one.

    The coupling of the last block, which is not used, is large.
    """
    rng = np.random.default_rng(seed)
    own, below = rng.normal(size=(2, blocks, d, d))
    diagonal = own @ own.swapaxes(1, 2)
    diagonal[1:] += below[1:] @ below[1:].swapaxes(1, 2)
    upper = own @ np.roll(below, -1, axis=0).swapaxes(1, 2)
    least = np.linalg.eigvalsh(dense(diagonal, upper))[0]
    diagonal += (1 - least) * np.eye(d)
    upper[-1] = 1e6
    return diagonal, upper, rng.normal(size=(blocks, d))


def truth(diagonal, upper, right):
    return np.linalg.solve(dense(diagonal, upper), right.ravel()).reshape(right.shape)


@dimensions
@pytest.mark.parametrize("blocks", [1, 2, BLOCKS])
def test_solves_positive_definite_systems(d, blocks):
    """To rounding: the condition numbers here are below a hundred or so."""
    for seed in range(3):
        system = random_system(d, seed, blocks)
        found, definite = jax.jit(tridiagonal.solve)(*system)
        assert definite
        np.testing.assert_allclose(found, truth(*system), rtol=1e-9, atol=1e-11)


@dimensions
def test_tells_definite_from_indefinite(d):
    """The smallest eigenvalue is one: shifted by less it stays positive, by more not.

    Also where the last pivot alone turns negative.
    """
    diagonal, upper, right = random_system(d, 3)
    for shift, expected in ((0.99, True), (1.01, False)):
        moved = diagonal - shift * np.eye(d)
        assert (np.linalg.eigvalsh(dense(moved, upper))[0] > 0) == expected
        assert jax.jit(tridiagonal.solve)(moved, upper, right)[1] == expected
    last = np.array(diagonal)
    last[-1] = -np.eye(d)
    assert not jax.jit(tridiagonal.solve)(last, upper, right)[1]


@dimensions
def test_an_indefinite_system_spoils_no_other_under_vmap(d):
    systems = [random_system(d, seed) for seed in range(4)]
    systems[2][0][:] -= 1.5 * np.eye(d)
    stacked = map(np.stack, zip(*systems, strict=True))
    found, definite = jax.jit(jax.vmap(tridiagonal.solve))(*stacked)
    np.testing.assert_array_equal(definite, [True, True, False, True])
    for k in (0, 1, 3):
        np.testing.assert_allclose(found[k], truth(*systems[k]), rtol=1e-9, atol=1e-11)
