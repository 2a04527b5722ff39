"""Lagrangians L(x, v) whose action is the cost of displacement (eqs. 7 to 12)."""

import abc
import math

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Real

from nlot.costs.metrics import AbstractMetric
from nlot.costs.potentials import AbstractPotential


class AbstractLagrangian(eqx.Module):
    """A function of position and velocity, both of shape `(d,)`."""

    @abc.abstractmethod
    def __call__(
        self, x: Float[Array, " d"], v: Float[Array, " d"]
    ) -> Float[Array, ""]:
        """L at position `x` and velocity `v`."""

    @abc.abstractmethod
    def contains(self, x: Float[Array, " d"]) -> Bool[Array, ""]:
        """Whether `x` lies inside an obstacle of this Lagrangian."""

    @abc.abstractmethod
    def anneal(self, ramp: Float[Array, ""]) -> "AbstractLagrangian":
        """This Lagrangian early in training: `ramp` goes from 0 to 1."""


class Newtonian(AbstractLagrangian):
    """L(x, v) = |v|²/2 - s U(x) (eq. 11), Euclidean where `potential` is None.

    `potential_scale` is s. The paper writes s = 1, but its experiments sum
    |Δx|²/2 - U(x) over T - 1 = 19 intervals without the time step, which weighs U by
    (T - 1)² = 361 against the kinetic term.
    """

    potential: AbstractPotential | None
    potential_scale: float

    def __call__(
        self, x: Float[Array, " d"], v: Float[Array, " d"]
    ) -> Float[Array, ""]:
        kinetic = 0.5 * jnp.sum(v**2)
        if self.potential is None:
            return kinetic
        return kinetic - self.potential_scale * self.potential(x)

    def contains(self, x: Float[Array, " d"]) -> Bool[Array, ""]:
        return (
            jnp.array(False) if self.potential is None else self.potential.contains(x)
        )

    def anneal(self, ramp: Float[Array, ""]) -> "Newtonian":
        if self.potential is None:
            return self
        return eqx.tree_at(lambda lg: lg.potential, self, self.potential.anneal(ramp))


class Riemannian(AbstractLagrangian):
    """L(x, v) = vᵀ A(x) v / 2 (eq. 12)."""

    metric: AbstractMetric

    def __call__(
        self, x: Float[Array, " d"], v: Float[Array, " d"]
    ) -> Float[Array, ""]:
        return 0.5 * v @ self.metric(x) @ v

    def contains(self, x: Float[Array, " d"]) -> Bool[Array, ""]:
        return jnp.array(False)

    def anneal(self, ramp: Float[Array, ""]) -> "Riemannian":
        return self


def sigmoid_ramp(step: Real[Array, ""] | int, duration: int) -> Float[Array, ""]:
    """A smooth rise from exactly 0 at step 0 to exactly 1 from `duration` on."""
    if duration == 0:
        return jnp.array(1.0)
    steepness = 10.0
    edge = 1 / (1 + math.exp(steepness / 2))
    fraction = jnp.clip(jnp.asarray(step, jnp.float32) / duration, 0.0, 1.0)
    logistic = 1 / (1 + jnp.exp(-steepness * (fraction - 0.5)))
    rise = (logistic - edge) / (1 - 2 * edge)
    return jnp.where(fraction < 1, rise, 1.0)
