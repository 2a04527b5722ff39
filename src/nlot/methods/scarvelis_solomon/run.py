"""Trained runs of `scarvelis_solomon`, opened."""

from typing import Any

from jaxtyping import Array, Float

from nlot.methods.run import AbstractRun, over_points
from nlot.methods.scarvelis_solomon.config import Config
from nlot.methods.scarvelis_solomon.training import GramNetworks
from nlot.problems.sequence import Outline, Sequence
from nlot.problems.transport import as_points


class GramRun(AbstractRun):
    """A learned metric without maps or paths."""

    problem: Sequence | Outline
    config: Config
    networks: GramNetworks

    def metric(self, x: Float[Any, "n d"]) -> Float[Array, "n d d"]:
        """The matrices A(x), small along the motion.

        Raises `ValueError` for points of another shape.
        """
        points = as_points(x, self.problem.dimension)
        return over_points(self.networks.metric, points)


open = GramRun
