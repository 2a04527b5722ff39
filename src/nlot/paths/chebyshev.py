r"""Chebyshev polynomials with pinned ends, as linear functions of free coefficients.

A path from x to y is $γ(s) = (1-s) x + s y + \sum_{k=1}^K c_k ψ_k(s)$ on $s \in [0, 1]$
with $ψ_k(s) = T_{k+1}(2s - 1) - T_{k-1}(2s - 1)$, which vanish at both ends (Wang and
Tabak, 2025, section 2.1).
"""

import equinox as eqx
import numpy as np
from jaxtyping import Float
from numpy.polynomial import chebyshev

from nlot.paths.spaces import AbstractSpace


class Chebyshev(AbstractSpace):
    """The space of pinned polynomials of degree `modes` + 1.

    Raises `ValueError` for less than one mode.
    """

    modes: int = eqx.field(static=True)

    def __check_init__(self) -> None:
        if self.modes < 1:
            raise ValueError(f"A path needs at least 1 mode, got {self.modes}.")

    @property
    def size(self) -> int:
        """Number of free coefficients per dimension, K."""
        return self.modes

    def position(
        self, times: Float[np.ndarray, " times"]
    ) -> Float[np.ndarray, "times size"]:
        """Values of the basis functions at `times` in [0, 1]."""
        return chebyshev.chebval(2 * np.asarray(times) - 1, self._series).T

    def velocity(
        self, times: Float[np.ndarray, " times"]
    ) -> Float[np.ndarray, "times size"]:
        """Derivatives of the basis functions at `times` in [0, 1]."""
        slopes = chebyshev.chebder(self._series, scl=2)
        return chebyshev.chebval(2 * np.asarray(times) - 1, slopes).T

    @property
    def _series(self) -> Float[np.ndarray, "degrees size"]:
        """Coefficients of the basis functions as series of Chebyshev polynomials."""
        size = self.size
        return np.eye(size + 2, size, -2) - np.eye(size + 2, size)
