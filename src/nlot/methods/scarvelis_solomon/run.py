"""Trained runs of `scarvelis_solomon`."""

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from nlot.methods.run import AbstractRun, over_points


class GramRun(AbstractRun):
    """A learned metric without maps or paths."""

    def metric(self, x: Float[Any, "*n d"]) -> Float[Array, "n d d"]:
        """The metric on velocities: the inverse of A(x), small along the motion.

        Raises `ValueError` for points of another shape.
        """
        a = over_points(self.networks.metric, self.points(x))
        # Eigenvectors keep their digits however ill-conditioned A is.
        values, vectors = jnp.linalg.eigh(a)
        # Nor can rounding take an eigenvalue below the floor.
        inverse = 1 / jnp.maximum(values, self.config.floor)
        return (vectors * inverse[:, None]) @ jnp.swapaxes(vectors, 1, 2)


open = GramRun
