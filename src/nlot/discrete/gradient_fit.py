r"""Potentials whose gradients are known, with noise, at some points.

$f(u) = b·u + u^T Q u/2 + \sum_k w_k \exp\{-|u - c_k|^2/2ℓ^2\}$, by least squares: ridge
regression in the space of the Gaussian kernel, with quadratic polynomials free. Its
width ℓ and the ridge are those of the least error in cross-validation.
"""

from collections.abc import Iterator

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import scipy
from jaxtyping import Array, Float, Int

# Widths of the kernel, in units of the median distance of points, and ridges, in units
# of the largest eigenvalue of the kernel's normal equations.
_WIDTHS, _RIDGES = (0.25, 0.5, 1.0, 2.0), tuple(10.0**-k for k in range(1, 9))
_FOLDS = 5
# Ridge of the polynomials, which keeps few points from leaving them undetermined.
_TINY = 1e-9


class FittedPotential(eqx.Module):
    """A potential: a quadratic polynomial, and Gaussians round centres."""

    linear: Float[Array, " d"]
    quadratic: Float[Array, "d d"]
    centres: Float[Array, "k d"]
    weights: Float[Array, " k"]
    width: Float[Array, ""]

    def gradient(self, u: Float[Array, " d"]) -> Float[Array, " d"]:
        """The gradient at a point of shape `(d,)`."""
        apart = u - self.centres
        bumps = jnp.exp(-jnp.sum(apart**2, axis=1) / (2 * self.width**2))
        pull = -(self.weights * bumps) @ apart / self.width**2
        return self.linear + self.quadratic @ u + pull


def fit_gradient(
    u: Float[np.ndarray, "n d"],
    slopes: Float[np.ndarray, "n d"],
    shares: Float[np.ndarray, " n"],
    judged: Int[np.ndarray, " k"],
    units: Float[np.ndarray, "n d d"] | None = None,
    seed: int = 0,
) -> FittedPotential:
    """The potential whose gradients at `u` are closest to `slopes`.

    **Arguments:** points, gradients, the weight of each, the rows by which ridge and
    width are judged where they are left out, matrices that multiply errors before they
    are squared (None: the identity), and the seed of the folds.
    """
    if units is None:
        units = np.tile(np.eye(u.shape[1]), (len(u), 1, 1))
    slopes = np.einsum("nij,nj->ni", units, slopes)
    n = len(u)
    folds = np.random.default_rng(seed).permutation(n) % min(_FOLDS, n)
    distances = scipy.spatial.distance.pdist(u)
    best, chosen = np.inf, (0.0, 0.0)
    for width in np.median(distances) * np.array(_WIDTHS):
        design, _ = _design(u, width, units)
        errors = np.zeros(len(_RIDGES))
        for fold in range(folds.max() + 1):
            out = np.intersect1d(np.flatnonzero(folds == fold), judged)
            if not len(out):
                continue
            kept = np.where(folds == fold, 0.0, shares)
            for k, found in enumerate(_solutions(design, slopes, kept)):
                missed = design[out] @ found - slopes[out]
                errors[k] += np.sum(shares[out, None] * missed**2)
        if errors.min() < best:
            best, chosen = errors.min(), (width, _RIDGES[int(errors.argmin())])
    width, ridge = chosen
    design, basis = _design(u, width, units)
    found = next(_solutions(design, slopes, shares, (ridge,)))
    return _potential(found, u, basis, width)


def _design(
    u: Float[np.ndarray, "n d"], width: float, units: Float[np.ndarray, "n d d"]
) -> tuple[Float[np.ndarray, "n d terms"], Float[np.ndarray, "n k"]]:
    """Gradients at u of all terms, times `units`, and the last k as sums of Gaussians.

    Terms are coordinates, their products, and k orthonormal functions of the space of
    the kernel.
    """
    n, d = u.shape
    linear = np.tile(np.eye(d), (n, 1, 1))
    rows, columns = np.triu_indices(d)
    products = np.zeros((n, d, len(rows)))
    for k, (i, j) in enumerate(zip(rows, columns, strict=True)):
        products[:, i, k] += u[:, j]
        products[:, j, k] += u[:, i]
    apart = u[:, None] - u
    bumps = np.exp(-np.sum(apart**2, axis=-1) / (2 * width**2))
    sizes, modes = np.linalg.eigh(bumps)
    kept = sizes > _TINY * sizes[-1]
    basis = modes[:, kept] / np.sqrt(sizes[kept])
    slopes = -(bumps[..., None] * apart).swapaxes(1, 2) / width**2
    terms = np.concatenate([linear, products, slopes @ basis], axis=2)
    return np.einsum("nij,njk->nik", units, terms, optimize=True), basis


def _solutions(
    design: Float[np.ndarray, "n d terms"],
    slopes: Float[np.ndarray, "n d"],
    shares: Float[np.ndarray, " n"],
    ridges: tuple[float, ...] = _RIDGES,
) -> Iterator[Float[np.ndarray, " terms"]]:
    """The coefficients for each ridge."""
    d = slopes.shape[1]
    flat = (design * np.sqrt(shares)[:, None, None]).reshape(-1, design.shape[2])
    right = flat.T @ (slopes * np.sqrt(shares)[:, None]).ravel()
    normal = flat.T @ flat
    unit = np.trace(normal) / len(normal)
    for ridge in ridges:
        added = np.full(len(normal), ridge)
        added[: d + d * (d + 1) // 2] = _TINY
        ridged = normal + unit * np.diag(added)
        yield scipy.linalg.solve(ridged, right, assume_a="pos")


def _potential(
    found: Float[np.ndarray, " terms"],
    centres: Float[np.ndarray, "n d"],
    basis: Float[np.ndarray, "n k"],
    width: float,
) -> FittedPotential:
    d = centres.shape[1]
    rows, columns = np.triu_indices(d)
    linear, products = found[:d], found[d : d + len(rows)]
    quadratic = np.zeros((d, d))
    np.add.at(quadratic, (rows, columns), products)
    np.add.at(quadratic, (columns, rows), products)
    parts = (
        linear,
        quadratic,
        centres,
        basis @ found[d + len(rows) :],
        np.asarray(width),
    )
    return FittedPotential(*(jnp.asarray(part, jnp.float32) for part in parts))
