r"""Spaces of paths with pinned ends.

A path from x to y is $γ(s) = (1-s) x + s y + \sum_k c_k b_k(s)$ on $s \in [0, 1]$, with
basis functions b that vanish at both ends.
"""

import abc

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float


class AbstractSpace(eqx.Module):
    """A space of paths with `size` free coefficients per dimension."""

    @property
    @abc.abstractmethod
    def size(self) -> int:
        """Number of free coefficients per dimension."""

    @abc.abstractmethod
    def position(
        self, times: Float[np.ndarray, " times"]
    ) -> Float[np.ndarray, "times size"]:
        """Values of the basis functions at `times` in [0, 1]."""

    @abc.abstractmethod
    def velocity(
        self, times: Float[np.ndarray, " times"]
    ) -> Float[np.ndarray, "times size"]:
        """Derivatives of the basis functions at `times` in [0, 1]."""


def positions(
    space: AbstractSpace,
    s: Float[np.ndarray, " times"],
    x: Float[Array, "n d"],
    y: Float[Array, "n d"],
    coefficients: Float[Array, "n size d"],
) -> Float[Array, "n times d"]:
    """Positions of paths from `x[i]` to `y[i]`, of shape `(n, times, d)`.

    **Arguments:** the space of the paths, fractions of their horizon in [0, 1], the
    ends, whose precision the positions have, and the coefficients.
    """
    basis = jnp.asarray(space.position(s), x.dtype)
    fraction = jnp.asarray(s, x.dtype)[:, None]
    line = x[:, None] + fraction * (y - x)[:, None]
    return line + jnp.einsum("tk,nkd->ntd", basis, coefficients)
