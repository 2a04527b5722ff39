r"""Cubic splines with pinned ends, as linear functions of free coefficients.

A path from x to y is $γ(s) = (1-s) x + s y + \sum_k φ_k b_k(s)$ on $s \in [0, 1]$,
where the $b_k$ span the twice continuously differentiable cubic splines on equally
spaced knots ("not-a-knot" ends) that vanish at both ends (section A.1 of the paper).

The $b_k$ are chosen orthonormal in kinetic energy, $\int b_j' b_k' ds = δ_{jk}$, and
ordered by frequency. The kinetic energy of a path is then $|y-x|^2/2 + |φ|^2/2$: the
coefficients are perfectly conditioned, both for networks that predict them and for
solvers that refine them. They span the same paths as knot values would.
"""

from functools import cached_property
from typing import Any

import equinox as eqx
import numpy as np
import scipy
from jaxtyping import Float

from nlot.paths.spaces import AbstractSpace

_MIN_KNOTS = 5


class CubicSpline(AbstractSpace):
    """The space of pinned cubic splines on `knots` equally spaced knots.

    Raises `ValueError` for fewer than 5 knots: "not-a-knot" ends need them.
    """

    knots: int = eqx.field(static=True)

    def __check_init__(self) -> None:
        if self.knots < _MIN_KNOTS:
            raise ValueError(
                f"A cubic spline needs at least {_MIN_KNOTS} knots, got {self.knots}."
            )

    @property
    def size(self) -> int:
        """Number of free coefficients per dimension, one for each interior knot."""
        return self.knots - 2

    def position(
        self, times: Float[np.ndarray, " times"]
    ) -> Float[np.ndarray, "times size"]:
        """Values of the basis functions at `times` in [0, 1]."""
        return self._interpolant(times) @ self._modes

    def velocity(
        self, times: Float[np.ndarray, " times"]
    ) -> Float[np.ndarray, "times size"]:
        """Derivatives of the basis functions at `times` in [0, 1]."""
        return self._interpolant(times, 1) @ self._modes

    def coefficients(
        self, values: Float[np.ndarray, "knots d"]
    ) -> Float[np.ndarray, "size d"]:
        """Coefficients of the spline through `values` at all knots, ends included."""
        s = np.linspace(0, 1, self.knots)[:, None]
        bump = values - (1 - s) * values[0] - s * values[-1]
        return np.linalg.solve(self._modes, bump[1:-1])

    @cached_property
    def _interpolant(self) -> Any:
        # One cardinal spline per interior knot: 1 there, 0 at all others.
        cardinal = np.eye(self.knots)[:, 1:-1]
        return scipy.interpolate.CubicSpline(
            np.linspace(0, 1, self.knots), cardinal, bc_type="not-a-knot"
        )

    @cached_property
    def _modes(self) -> Float[np.ndarray, "size size"]:
        # Gauss-Legendre with four nodes per interval is exact up to degree seven, and
        # products of cubics have degree six.
        nodes, weights = np.polynomial.legendre.leggauss(4)
        left = np.linspace(0, 1, self.knots)[:-1, None]
        width = 1 / (self.knots - 1)
        times = (left + width * (nodes + 1) / 2).ravel()
        weights = np.tile(weights * width / 2, self.knots - 1)[:, None]
        b, db = self._interpolant(times), self._interpolant(times, 1)
        mass, stiffness = b.T @ (weights * b), db.T @ (weights * db)
        # mass v = λ stiffness v with vᵀ stiffness v = 1; large λ is low frequency.
        _, modes = scipy.linalg.eigh(mass, stiffness)
        modes = modes[:, ::-1]
        first = np.argmax(np.abs(modes) > 1e-3 * np.abs(modes).max(0), axis=0)
        return modes * np.sign(modes[first, np.arange(self.size)])
