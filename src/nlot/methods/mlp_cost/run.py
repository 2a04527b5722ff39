"""Learned unstructured costs, and maps by the Monge gap."""

from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.methods.mlp_cost.config import Config
from nlot.methods.mlp_cost.training import Learned, plan
from nlot.methods.pairs_run import LearnedCostRun


class MLPCostRun(LearnedCostRun):
    """A map, and a cost of which it has a small Monge gap."""

    config: Config
    networks: Learned

    def transport(
        self, x: Float[Any, "*n d"], key: PRNGKeyArray | None = None
    ) -> Float[Array, "n d"]:
        """Images of points of the source."""
        images = eqx.filter_jit(Learned.moved)(self.networks, self._inward(x))
        return self.problem.frame.outward(images)

    def costs(
        self, x: Float[Any, "*n d"], y: Float[Any, "*m d"]
    ) -> Float[np.ndarray, "n m"]:
        """The learned cost from each `x[i]` to each `y[j]`."""
        points = self._inward(x), self._inward(y)
        return np.asarray(eqx.filter_jit(Learned.costs)(self.networks, *points))

    @property
    def plan(self) -> Float[np.ndarray, "n m"]:
        """The entropic plan between the samples."""
        found = self.networks
        with jax.enable_x64(True):
            costs = found.costs(found.x, found.y)
            return np.asarray(plan(costs, self.config.temperature)[1])


open = MLPCostRun
