r"""How well the eigenvectors of two metrics agree (eq. 28)."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nlot.config import GridConfig

Metric = Callable[[Float[Array, " d"]], Float[Array, "d d"]]


def alignment(
    metric: Float[np.ndarray, "n d d"],
    truth: Float[np.ndarray, "n d d"],
) -> Float[np.ndarray, " n"]:
    r"""$\frac1d \sum_i |u_i^\top \hat u_i|$ at each point, in [0, 1].

    The eigenvectors $u_i$ of `truth` and $\hat u_i$ of `metric`, both metrics on
    velocities, are in ascending order of their eigenvalues. Where eigenvalues are
    equal, the eigenvectors are those that LAPACK returns: the axes, for multiples of
    the identity.

    Raises `ValueError` for matrices that are not finite.
    """
    if not (np.isfinite(metric).all() and np.isfinite(truth).all()):
        raise ValueError("a matrix is not finite")
    _, found = np.linalg.eigh(np.asarray(metric, np.float64))
    _, true = np.linalg.eigh(np.asarray(truth, np.float64))
    return np.abs(np.sum(found * true, axis=-2)).mean(-1)


def matrices(metric: Metric, points: Float[np.ndarray, "n d"]) -> np.ndarray:
    """The metric's matrices at `points`, of shape (n, d, d)."""
    return np.asarray(jax.jit(jax.vmap(metric))(jnp.asarray(points, jnp.float32)))


def smallest(matrices: Float[np.ndarray, "n d d"]) -> Float[np.ndarray, "n d"]:
    """Unit eigenvector of the smallest eigenvalue: the cheap direction."""
    return np.linalg.eigh(np.asarray(matrices, np.float64))[1][..., 0]


def grid_points(grid: GridConfig) -> Float[np.ndarray, "n d"]:
    """The points of a grid; the last coordinate varies fastest."""
    axes = [
        np.linspace(a, b, grid.points) for a, b in zip(grid.low, grid.high, strict=True)
    ]
    return np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, grid.dimension)
