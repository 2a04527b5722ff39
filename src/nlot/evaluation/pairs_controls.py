"""Controls of maps that should meet known pairs."""

import abc
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, PRNGKeyArray

from nlot.costs.convex import AbstractConvex, NormPower
from nlot.discrete.learned_cost import LearnedCost, Solution, solved
from nlot.evaluation.controls import control
from nlot.evaluation.registry import PAIRS
from nlot.problems.pairs import Pairs

# ε of entropic maps, as a multiple of the mean cost.
EPSILON = 0.01


@dataclass
class PairsControl:
    """Base of maps that need no training."""

    problem: Pairs
    true: AbstractConvex | None
    stochastic = False


@control("identity", "Identity", PAIRS, capabilities=["map"])
class Identity(PairsControl):
    """Nothing moves."""

    def transport(self, x: Float[Any, "n d"], key: Any = None) -> Float[Any, "n d"]:
        """`x` itself."""
        return x


@control("mean_shift", "Mean shift", PAIRS, capabilities=["map"])
class MeanShift(PairsControl):
    """All points move by the difference of the samples' means."""

    def transport(self, x: Float[Any, "n d"], key: Any = None) -> Float[Any, "n d"]:
        """`x` moved."""
        return x + self.problem.target.mean(axis=0) - self.problem.source.mean(axis=0)


@control("mean_target", "Mean of the target", PAIRS, capabilities=["map"])
class MeanTarget(PairsControl):
    """All points move to one, which is the best where sources say nothing."""

    def transport(self, x: Float[Any, "n d"], key: Any = None) -> Float[Any, "n d"]:
        """That point for each of `x`."""
        return np.broadcast_to(self.problem.target.mean(axis=0), x.shape)


@control(
    "affine",
    "Affine regression",
    PAIRS,
    capabilities=["map"],
    needs=["known_pairs"],
    note="Affine regression: of the known displacements, by least squares; of fewer "
    "pairs than unknowns, the smallest matrix.",
)
class Affine(PairsControl):
    """The affine displacement that fits the known pairs best."""

    def transport(self, x: Float[Any, "n d"], key: Any = None) -> Float[Any, "n d"]:
        """`x` moved."""
        rows, columns = self.problem.pairs.T
        start, end = self.problem.source[rows], self.problem.target[columns]
        mean, shift = start.mean(axis=0), (end - start).mean(axis=0)
        slope = np.linalg.lstsq(start - mean, end - start - shift)[0]
        return x + shift + (x - mean) @ slope


class _Entropic(PairsControl, abc.ABC):
    """The entropic map of a fixed cost."""

    @property
    @abc.abstractmethod
    def convex(self) -> AbstractConvex:
        """That cost."""

    def transport(
        self, x: Float[Any, "n d"], key: PRNGKeyArray | None = None
    ) -> Float[np.ndarray, "n d"]:
        """Images of points of the source."""
        with jax.enable_x64(True):
            images, _ = self._solution.mapped(jnp.asarray(x, jnp.float64))
            return np.asarray(images)

    def costs(
        self, x: Float[Any, "n d"], y: Float[Any, "m d"]
    ) -> Float[np.ndarray, "n m"]:
        """The costs from each `x[i]` to each `y[j]`."""
        with jax.enable_x64(True):
            cost = LearnedCost(self.convex)
            found = cost(*(jnp.asarray(z, jnp.float64) for z in (x, y)))
            return np.asarray(found)

    @property
    def plan(self) -> Float[np.ndarray, "n m"]:
        """The entropic plan between the samples."""
        with jax.enable_x64(True):
            return np.asarray(self._solution.plan)

    @cached_property
    def _solution(self) -> Solution:
        with jax.enable_x64(True):
            samples = self.problem.source, self.problem.target
            x, y = (jnp.asarray(z, jnp.float64) for z in samples)
            return solved(LearnedCost(self.convex), x, y, EPSILON)


_ABLE = ("map", "costs", "plan")
_NOTE = "Entropic maps of a given cost: ε is 0.01 of the mean cost."


@control(
    "euclidean_map",
    "Entropic map, squared distance",
    PAIRS,
    capabilities=_ABLE,
    note=_NOTE,
)
class EuclideanMap(_Entropic):
    """The entropic map of the squared distance."""

    @property
    def convex(self) -> AbstractConvex:
        return NormPower()


@control(
    "true_cost",
    "Entropic map, true cost",
    PAIRS,
    capabilities=_ABLE,
    needs=["true_cost"],
    note=_NOTE,
)
class TrueCost(_Entropic):
    """The entropic map of the cost for which the true map is optimal."""

    @property
    def convex(self) -> AbstractConvex:
        assert self.true is not None
        return self.true
