"""Learned costs with maps that are optimal under them without a temperature."""

from typing import Any

import equinox as eqx
import jax
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.costs.legendre import inverse_gradient
from nlot.methods.monge_cost.run import CostRun
from nlot.methods.monge_cost.training import Learned
from nlot.methods.monge_cost_plus.training import Fitted


class PotentialRun(CostRun):
    """A learned cost, and the map of a smooth potential.

    Its variant `entropic` has the entropic map of the same cost, that of `monge_cost`.
    """

    networks: Fitted

    @property
    def learned(self) -> Learned:
        return self.networks.learned

    def transport(
        self, x: Float[Any, "*n d"], key: PRNGKeyArray | None = None
    ) -> Float[Array, "n d"]:
        """Images of points of the source."""
        if self.variant == "entropic":
            return super().transport(x)
        z = self._inward(x)
        with jax.enable_x64(True):
            images = _moved(self.networks, z).astype(z.dtype)
        return self.problem.frame.outward(images)


@eqx.filter_jit
def _moved(found: Fitted, z: Float[Array, "n d"]) -> Float[Array, "n d"]:
    cost, potential = found.learned.cost, found.potential
    u = cost.inward(z).astype(float)

    def moved(point: Array) -> Array:
        slope = potential.gradient(point)
        step, _ = inverse_gradient(cost.convex, slope, slope)
        return point - step

    return cost.outward(jax.vmap(moved)(u), target=True)


open = PotentialRun
