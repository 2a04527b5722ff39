"""Trained runs of `scarvelis_solomon`."""

from typing import Any

from jaxtyping import Array, Float

from nlot.methods.run import AbstractRun, over_points


class GramRun(AbstractRun):
    """A learned metric without maps or paths."""

    def metric(self, x: Float[Any, "n d"]) -> Float[Array, "n d d"]:
        """The matrices A(x), small along the motion.

        Raises `ValueError` for points of another shape.
        """
        return over_points(self.networks.metric, self.points(x))


open = GramRun
