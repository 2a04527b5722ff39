"""Maps that are optimal under a cost h(Φ(x) - Ψ(y)), between samples."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from nlot.costs.convex import AbstractConvex, Reversed
from nlot.discrete.entropic import Duals, entropic_duals
from nlot.discrete.entropic_maps import Pairwise, displacement_costs, displacements


class LearnedCost(eqx.Module):
    """c(x, y) = h(Φ(x) - Ψ(y)), with diffeomorphisms Φ and Ψ.

    **Attributes:** h; Φ, None for the identity; and Ψ, None for Φ.
    """

    convex: AbstractConvex
    before: Any = None
    after: Any = None

    def inward(
        self, x: Float[Array, "n d"], target: bool = False
    ) -> Float[Array, "n d"]:
        """Φ of points of the source, or Ψ of points of the target."""
        flow = self._flow(target)
        return x if flow is None else jax.vmap(flow)(x)

    def outward(
        self, u: Float[Array, "n d"], target: bool = False
    ) -> Float[Array, "n d"]:
        """The points of the source, or of the target, that `inward` carries to `u`."""
        flow = self._flow(target)
        return u if flow is None else jax.vmap(flow.inverse)(u)

    def __call__(
        self, x: Float[Array, "n d"], y: Float[Array, "m d"]
    ) -> Float[Array, "n m"]:
        """The cost from `x[i]` to `y[j]` at [i, j]."""
        return displacement_costs(self.convex, self.inward(x), self.inward(y, True))

    def _flow(self, target: bool) -> Any:
        return self.after if target and self.after is not None else self.before


class Solution(NamedTuple):
    """The entropic transport between samples under a cost.

    **Attributes:** the cost, all pairs of the samples after Φ and Ψ, these, their dual
    variables and ε.
    """

    cost: LearnedCost
    pairs: Pairwise
    u: Float[Array, "n d"]
    v: Float[Array, "m d"]
    duals: Duals
    epsilon: Float[Array, ""]

    @property
    def plan(self) -> Float[Array, "n m"]:
        """The entropic plan between the samples."""
        f, g = self.duals.f, self.duals.g
        return jnp.exp((f[:, None] + g - self.pairs.costs) / self.epsilon)

    def images(
        self, rows: Int[Array, " k"], back: bool = False
    ) -> tuple[Float[Array, "k d"], Bool[Array, " k"]]:
        """Images of some samples of the source, or of the target under the map `back`.

        With each, whether (∇h)⁻¹ was found.
        """
        starts, pairs = (self.v, self.pairs.reverse) if back else (self.u, self.pairs)
        if 2 * len(rows) < len(starts):
            # Few rows: slopes of these alone, those of all pairs are then not computed.
            convex, ends = self._side(back)
            chosen = Pairwise.of(convex, starts[rows], ends)
        else:
            chosen = Pairwise(*(part[rows] for part in pairs))
        return self._images(starts[rows], chosen, back)

    def mapped(
        self, x: Float[Array, "k d"], back: bool = False
    ) -> tuple[Float[Array, "k d"], Bool[Array, " k"]]:
        """The same of any points."""
        u = self.cost.inward(x, target=back)
        convex, ends = self._side(back)
        return self._images(u, Pairwise.of(convex, u, ends), back)

    def _side(self, back: bool) -> tuple[AbstractConvex, Float[Array, "_ d"]]:
        convex = self.cost.convex
        return (Reversed(convex), self.u) if back else (convex, self.v)

    def _images(
        self, u: Float[Array, "k d"], pairs: Pairwise, back: bool
    ) -> tuple[Float[Array, "k d"], Bool[Array, " k"]]:
        dual = self.duals.f if back else self.duals.g
        convex, _ = self._side(back)
        steps, found = displacements(convex, pairs, dual, self.epsilon)
        return self.cost.outward(u - steps, target=not back), found


def solved(
    cost: LearnedCost,
    x: Float[Array, "n d"],
    y: Float[Array, "m d"],
    relative: Float[Array, ""] | float,
    start: Float[Array, " m"] | None = None,
) -> Solution:
    """Solve the entropic problem between samples, differentiably.

    Dual variables are in double precision, networks in that of the samples.

    **Arguments:** the cost, the samples, ε as a multiple of the mean cost, and the g to
    start from.
    """
    u, v = cost.inward(x), cost.inward(y, target=True)
    pairs = Pairwise.of(cost.convex, u, v)
    costs = pairs.costs.astype(jnp.float64)
    epsilon = relative * jnp.mean(costs)
    duals = entropic_duals(costs, epsilon, start)
    return Solution(cost, pairs._replace(costs=costs), u, v, duals, epsilon)
