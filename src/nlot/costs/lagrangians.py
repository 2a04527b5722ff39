"""Lagrangians L(x, v) whose action is the cost of displacement (eqs. 7 to 12)."""

import abc
import math
from typing import Annotated, Literal

import equinox as eqx
import jax.numpy as jnp
import pydantic
from jaxtyping import Array, Bool, Float, Real
from pydantic import Field, PositiveFloat

from nlot.config.base import Part, dimension_of
from nlot.config.kinds import Kind
from nlot.costs.metrics import AbstractMetric, as_metric
from nlot.costs.potentials import AbstractPotential, as_potential


class AbstractLagrangian(eqx.Module):
    """A function of position and velocity, both of shape `(d,)`, convex in velocity.

    One of your own needs `__call__` alone.
    """

    @abc.abstractmethod
    def __call__(
        self, x: Float[Array, " d"], v: Float[Array, " d"]
    ) -> Float[Array, ""]:
        """L at position `x` and velocity `v`."""

    def at(self, t: Float[Array, ""]) -> "AbstractLagrangian":
        """L at a time from 0 to the horizon: itself, unless it depends on time."""
        return self

    @property
    def straight(self) -> bool:
        """Whether L does not depend on position.

        Paths of least action are then straight, at constant speed (Jensen).
        """
        return False

    def contains(self, x: Float[Array, " d"]) -> Bool[Array, ""]:
        """Whether `x` lies inside an obstacle of this Lagrangian; by default never."""
        return jnp.array(False)

    def anneal(self, ramp: Float[Array, ""]) -> "AbstractLagrangian":
        """This Lagrangian during annealing; `ramp` rises from 0 to 1."""
        return self


class Newtonian(AbstractLagrangian):
    """L(x, v) = |v|²/2 - s U(x) (eq. 11), Euclidean if `potential` is None.

    `potential_scale` is s. The paper writes s = 1, but its experiments sum
    |Δx|²/2 - U(x) over T - 1 = 19 intervals without the time step, which weights U by
    (T - 1)² = 361 relative to the kinetic term.
    """

    class Config(Part):
        """L = |v|²/2 - s U(x)."""

        kind: Literal["newtonian"]
        potential: Annotated[Part, Kind("potential")] | None = Field(
            None, description="U; none: Euclidean"
        )
        potential_scale: PositiveFloat = Field(
            1.0, description="s, the weight of U; 361 in the paper's experiments"
        )

        @property
        def dimension(self) -> int | None:
            return None if self.potential is None else dimension_of(self.potential)

        @property
        def straight(self) -> bool:
            return self.potential is None

        def build(self) -> "Newtonian":
            potential = None if self.potential is None else self.potential.build()
            return Newtonian(potential, self.potential_scale)

    potential: AbstractPotential | None = eqx.field(
        default=None, converter=as_potential
    )
    potential_scale: float = 1.0

    def __call__(
        self, x: Float[Array, " d"], v: Float[Array, " d"]
    ) -> Float[Array, ""]:
        kinetic = 0.5 * jnp.sum(v**2)
        if self.potential is None:
            return kinetic
        return kinetic - self.potential_scale * self.potential(x)

    @property
    def straight(self) -> bool:
        return self.potential is None

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

    class Config(Part):
        """L = vᵀ A(x) v / 2."""

        kind: Literal["riemannian"]
        metric: Annotated[Part, Kind("metric")] = Field(
            description="A, positive definite"
        )

        @property
        def dimension(self) -> int | None:
            return dimension_of(self.metric)

        @pydantic.model_validator(mode="after")
        def _positive_definite(self) -> "Riemannian.Config":
            if getattr(self.metric, "floor", None) == 0:
                raise ValueError("metric.floor must be positive, found 0")
            return self

        def build(self) -> "Riemannian":
            return Riemannian(self.metric.build())

    metric: AbstractMetric = eqx.field(converter=as_metric)

    @property
    def dimension(self) -> int | None:
        """The dimension of its space; None if it fits any."""
        return getattr(self.metric, "dimension", None)

    def __call__(
        self, x: Float[Array, " d"], v: Float[Array, " d"]
    ) -> Float[Array, ""]:
        return 0.5 * v @ self.metric(x) @ v

    def anneal(self, ramp: Float[Array, ""]) -> "Riemannian":
        return Riemannian(self.metric.anneal(ramp))


class Standardised(AbstractLagrangian):
    r"""A Lagrangian in standard coordinates of length, time and cost.

    $L'(z, w) = \frac{T}{C} L(c + s z, \frac{s}{T} w)$: along z = (x - c) / s, with
    times in units of the horizon T, actions are those of L divided by C.
    """

    original: AbstractLagrangian
    centre: tuple[float, ...] = eqx.field(static=True)
    scale: float = eqx.field(static=True)
    horizon: float = eqx.field(static=True)
    unit: float = eqx.field(static=True)

    def _position(self, z: Float[Array, " d"]) -> Float[Array, " d"]:
        return jnp.asarray(self.centre, z.dtype) + self.scale * z

    def __call__(
        self, x: Float[Array, " d"], v: Float[Array, " d"]
    ) -> Float[Array, ""]:
        velocity = (self.scale / self.horizon) * v
        return self.horizon / self.unit * self.original(self._position(x), velocity)

    @property
    def straight(self) -> bool:
        return self.original.straight

    def at(self, t: Float[Array, ""]) -> "Standardised":
        now = self.original.at(self.horizon * t)
        return eqx.tree_at(lambda lg: lg.original, self, now)

    def contains(self, x: Float[Array, " d"]) -> Bool[Array, ""]:
        return self.original.contains(self._position(x))

    def anneal(self, ramp: Float[Array, ""]) -> "Standardised":
        return eqx.tree_at(lambda lg: lg.original, self, self.original.anneal(ramp))


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
