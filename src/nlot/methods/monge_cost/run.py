"""Learned costs, and the entropic maps that are optimal under them."""

from functools import cached_property
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from nlot.costs.convex import Displacing, Scaled
from nlot.discrete.learned_cost import LearnedCost, Solution, solved
from nlot.methods.monge_cost.config import Config
from nlot.methods.monge_cost.training import Learned
from nlot.methods.pairs_run import LearnedCostRun
from nlot.networks.diffeomorphisms import Diffeomorphism


class CostRun(LearnedCostRun):
    """A learned cost, and the entropic map between the samples that it was learned on.

    Costs are in a unit of their own.
    """

    config: Config
    networks: Any

    @property
    def learned(self) -> Learned:
        """The networks of the cost, and the samples."""
        return self.networks

    def transport(
        self, x: Float[Any, "*n d"], key: PRNGKeyArray | None = None
    ) -> Float[Array, "n d"]:
        """Images of points of the source."""
        return self._mapped(x)[0]

    def transport_back(self, y: Float[Any, "*n d"]) -> Float[Array, "n d"]:
        """Images of points of the target under the map back."""
        return self._mapped(y, back=True)[0]

    def costs(
        self, x: Float[Any, "*n d"], y: Float[Any, "*m d"]
    ) -> Float[np.ndarray, "n m"]:
        """The learned cost from each `x[i]` to each `y[j]`."""
        cost = self.learned.cost
        return np.asarray(_costs(cost, self._inward(x), self._inward(y)), np.float64)

    def gradients(self, z: Float[Any, "n d"]) -> Float[np.ndarray, "n d"]:
        """∇h at displacements x - y; with flows, these are of Φ(x) - Ψ(y)."""
        scale = self.problem.frame.scale
        return np.asarray(_gradients(self.learned.cost, jnp.asarray(z) / scale))

    @property
    def lagrangian(self) -> Displacing:
        """That whose least actions, in unit time, are the learned cost.

        `nlot.solve` takes it. Raises `ValueError` where Φ and Ψ differ: that cost is
        not zero from a point to itself, so that no Lagrangian has it.
        """
        cost, frame = self.learned.cost, self.problem.frame
        if cost.after is not None:
            raise ValueError("no Lagrangian has this cost: flow.shared is false")
        if cost.before is None:
            return Displacing(Scaled(cost.convex, frame.scale))
        return Displacing(
            cost.convex, Coordinates(cost.before, jnp.array(frame.centre), frame.scale)
        )

    @property
    def plan(self) -> Float[np.ndarray, "n m"]:
        """The entropic plan between the samples."""
        with jax.enable_x64(True):
            return np.asarray(self._solution.plan)

    @cached_property
    def _solution(self) -> Solution:
        with jax.enable_x64(True):
            found = self.learned
            parts = found.cost, found.x, found.y, found.dual.astype(jnp.float64)
            return _solved(*parts, self.config.temperature.end)

    def _mapped(
        self, x: Float[Any, "*n d"], back: bool = False
    ) -> tuple[Float[Array, "n d"], Bool[Array, " n"]]:
        z = self._inward(x)
        with jax.enable_x64(True):
            images, found = _mapped(self._solution, z, back)
            images = images.astype(jnp.float32)
        return self.problem.frame.outward(images), found


class Coordinates(eqx.Module):
    """Φ of points in the user's units."""

    flow: Diffeomorphism
    centre: Float[Array, " d"]
    scale: float = eqx.field(static=True)

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " d"]:
        """Φ at one point of shape `(d,)`."""
        return self.flow((x - self.centre) / self.scale)


@eqx.filter_jit
def _solved(
    cost: LearnedCost, x: Array, y: Array, start: Array, epsilon: float
) -> Solution:
    return solved(cost, x, y, epsilon, start)


@eqx.filter_jit
def _mapped(
    found: Solution, z: Float[Array, "n d"], back: bool
) -> tuple[Float[Array, "n d"], Bool[Array, " n"]]:
    return found.mapped(z, back)


@eqx.filter_jit
def _costs(cost: LearnedCost, x: Array, y: Array) -> Float[Array, "n m"]:
    return cost(x, y)


@eqx.filter_jit
def _gradients(cost: LearnedCost, z: Float[Array, "n d"]) -> Float[Array, "n d"]:
    return jax.vmap(jax.grad(cost.convex))(z.astype(jnp.float32))


open = CostRun
