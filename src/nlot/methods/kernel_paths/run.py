"""Solved kernel paths: pairs of samples, and the paths between their moved ends."""

from typing import Any

import numpy as np
from jaxtyping import Array, Float, Int

from nlot.discrete.couplings import match, squared_distances
from nlot.methods.kernel_paths.config import Config
from nlot.methods.kernel_paths.training import KernelPaths, solve
from nlot.methods.run import AbstractRun, check_paired
from nlot.paths.chebyshev import Chebyshev
from nlot.paths.quadrature import Quadrature, path_actions
from nlot.paths.spaces import positions
from nlot.problems.transport import Times, Transport
from nlot.training.progress import Reporter
from nlot.training.streams import stream

# Squared distance, in standard coordinates, of what is the same sample.
_ROUNDING = 1e-10


class KernelPathsRun(AbstractRun):
    """Paths between samples; there is no map of other points.

    The ends of the paths are moved samples. A path pairs the sample that its start
    stands for with the one that its end stands for: ends stand for samples by the least
    mean squared distance, each for one.
    """

    problem: Transport
    config: Config
    networks: KernelPaths
    action_loss = "paths", "action", 0.01

    @property
    def ends(self) -> tuple[Float[Array, "n d"], Float[Array, "n d"]]:
        """Starts and ends of the paths."""
        outward = self.problem.frame.outward
        return outward(self.networks.x), outward(self.networks.y)

    @property
    def samples(self) -> tuple[Float[Array, "n d"], Float[Array, "n d"]]:
        """The samples of source and target that the paths were solved for."""
        outward = self.problem.frame.outward
        return outward(self.networks.source), outward(self.networks.target)

    def curves(self, times: Times) -> Float[Array, "n times d"]:
        """The paths at `times` in [0, T]; raises `ValueError` for times outside."""
        found, s = self.networks, self.problem.fractions(times)
        paths = positions(self._space, s, found.x, found.y, found.coefficients)
        return self.problem.frame.outward(paths)

    @property
    def actions(self) -> Float[Array, " n"]:
        """Actions of the paths."""
        found, problem = self.networks, self.problem.standard
        rule = Quadrature(self._space, self.config.nodes, "gauss")
        paths = found.x, found.y, found.coefficients
        return self.problem.unit * path_actions(problem.lagrangian, rule, *paths)

    def match(
        self, x: Float[Any, "*n d"], y: Float[Any, "*n d"]
    ) -> Int[np.ndarray, " n"]:
        """Partners of samples: that of `x[i]` is `y[order[i]]`.

        Paths are solved for anew, unless these are the samples that they were solved
        for. Raises `ValueError` unless there are equally many of both.
        """
        check_paired(self.points(x), self.points(y))
        a, b = map(self.problem.frame.inward, (x, y))
        found = self.networks
        if not (_same(found.source, a) and _same(found.target, b)):
            key, report = stream(self.seed, "training"), Reporter("matching")
            found = solve(self.problem.standard, self.config, a, b, key, report)
        order = np.empty(len(a), int)
        order[match(found.x, a)] = match(found.y, b)
        return order

    @property
    def _space(self) -> Chebyshev:
        return Chebyshev(self.config.modes)


def _same(a: Float[Array, "n d"], b: Float[Array, "m d"]) -> bool:
    """Whether two arrays have the same rows, in any order, up to rounding."""
    apart = squared_distances(a, b)
    far = max(apart.min(axis=0).max(), apart.min(axis=1).max())
    return len(a) == len(b) and bool(far < _ROUNDING)


open = KernelPathsRun
