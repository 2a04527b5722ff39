"""Trained runs of maps between two measures."""

import abc
import warnings
from typing import Any, Literal, get_args

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.config.errors import unknown
from nlot.methods.run import AbstractRun
from nlot.problems.transport import Transport

Outside = Literal["warn", "nan"]


class TransportRun(AbstractRun):
    """A map from source to target, in the user's units."""

    problem: Transport

    def transport(
        self,
        x: Float[Any, "*n d"],
        key: PRNGKeyArray | None = None,
        *,
        outside: Outside = "warn",
    ) -> Float[Array, "n d"]:
        """Images of points of the source.

        **Arguments:** points of shape (n, d), or one of shape (d,); `key`, for
        stochastic maps, by default one from the run's seed; `outside` says what becomes
        of points that lie far from all source samples, where the map was not trained:
        images with a warning, or `nan`.
        """
        images = self.problem.frame.outward(self._images(self.standard(x), key))
        return self._answer(self.points(x), images, outside)

    def standard(self, x: Float[Any, "*n d"]) -> Float[Array, "n d"]:
        """`x` in standard coordinates, as an array of points.

        Raises `ValueError` as `nlot.problems.transport.as_points`.
        """
        n = len(self.points(x))
        exact = np.asarray(np.ma.getdata(x), np.float64)
        return self.problem.frame.inward(exact.reshape(n, self.problem.dimension))

    def _answer(
        self, x: Float[Array, "n d"], found: Float[Array, "n *more"], outside: Outside
    ) -> Float[Array, "n *more"]:
        """What was found for points, with a warning or `nan` for those outside."""
        if outside not in get_args(Outside):
            raise ValueError(f"outside: {unknown('', outside, get_args(Outside))}")
        known = self.problem.support.contains(x)
        strange = len(x) - int(known.sum())
        if strange and outside == "nan":
            return jnp.where(known.reshape(-1, *[1] * (found.ndim - 1)), found, jnp.nan)
        if strange:
            warnings.warn(
                f"{strange} of {len(x)} points lie outside the source's samples: their "
                "images are extrapolated",
                stacklevel=3,
            )
        return found

    @abc.abstractmethod
    def _images(
        self, z: Float[Array, "n d"], key: PRNGKeyArray | None
    ) -> Float[Array, "n d"]:
        """Images of points, both in standard coordinates."""
