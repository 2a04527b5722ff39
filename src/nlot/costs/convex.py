"""Convex costs h(x - y) of displacements, and the Lagrangians that have them.

A Lagrangian L(v) = h(-v) does not depend on position: paths are straight, at constant
speed, and the cost is c(x, y) = T h((x - y)/T).
"""

import abc
from collections.abc import Callable
from typing import Annotated, Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pydantic
from jaxtyping import Array, Float
from pydantic import Field, NonNegativeFloat, PositiveFloat

from nlot.config.base import Part, Point, dimension_of
from nlot.config.kinds import Kind
from nlot.costs.functions import is_plain, returned
from nlot.costs.lagrangians import AbstractLagrangian
from nlot.costs.python_files import PythonConfig


class AbstractConvex(eqx.Module):
    """A convex function h on R^d; one of your own needs `__call__` alone."""

    @property
    def dimension(self) -> int | None:
        """The dimension of its space; None if it fits any."""
        return None

    @abc.abstractmethod
    def __call__(self, z: Float[Array, " d"]) -> Float[Array, ""]:
        """The value at one displacement of shape `(d,)`."""


def _magnitude(z: Float[Array, " d"]) -> Float[Array, " d"]:
    """|z| of each coordinate, with the derivative 0 at 0, where JAX has 1."""
    return z * jnp.sign(z)


class NormPower(AbstractConvex):
    r"""$h(z) = \{\sum_k |z_k/s_k|^p\}^{q/p} / q$, with p ≥ 1 and q > 1.

    `scales`, the s_k, have shape `(d,)`; None: all are one.
    """

    class Config(Part):
        """A power of a p-norm."""

        kind: Literal["p_norm"]
        norm: Annotated[float, Field(ge=1)] = Field(2.0, description="p, of the norm")
        power: Annotated[float, Field(gt=1)] = Field(2.0, description="q, its power")
        scales: tuple[PositiveFloat, ...] | None = Field(
            None, description="units of the coordinates; none: one"
        )

        @property
        def dimension(self) -> int | None:
            return None if self.scales is None else len(self.scales)

        def build(self) -> "NormPower":
            scales = None if self.scales is None else jnp.array(self.scales)
            return NormPower(self.norm, self.power, scales)

    norm: float = eqx.field(static=True, default=2.0)
    power: float = eqx.field(static=True, default=2.0)
    scales: Float[Array, " d"] | None = None

    @property
    def dimension(self) -> int | None:
        return None if self.scales is None else len(self.scales)

    def __call__(self, z: Float[Array, " d"]) -> Float[Array, ""]:
        if self.scales is not None:
            z = z / self.scales
        total = jnp.sum(_magnitude(z) ** self.norm)
        # At 0 the root alone has no derivative, but h has: zero.
        some = jnp.where(total > 0, total, 1.0)
        value = some ** (self.power / self.norm) / self.power
        return jnp.where(total > 0, value, 0.0)


class Elastic(AbstractConvex):
    r"""$h(z) = |z|^2/2 + γ \sum_k |z_k|$: sparse displacements (Cuturi et al., 2023).

    `weight` is γ.
    """

    class Config(Part):
        """Half the square, and the sum of absolute coordinates."""

        kind: Literal["elastic"]
        weight: NonNegativeFloat = Field(description="γ, of the sum")

        def build(self) -> "Elastic":
            return Elastic(self.weight)

    weight: float

    def __call__(self, z: Float[Array, " d"]) -> Float[Array, ""]:
        return jnp.sum(z**2) / 2 + self.weight * jnp.sum(_magnitude(z))


class Mahalanobis(AbstractConvex):
    """h(z) = zᵀ A z / 2; `matrix` is A, positive definite, of shape `(d, d)`."""

    class Config(Part):
        """A quadratic form."""

        kind: Literal["mahalanobis"]
        matrix: tuple[Point, ...] = Field(
            min_length=1, description="rows of A, symmetric and positive definite"
        )

        @property
        def dimension(self) -> int:
            return len(self.matrix)

        @pydantic.model_validator(mode="after")
        def _positive_definite(self) -> "Mahalanobis.Config":
            if any(len(row) != len(self.matrix) for row in self.matrix):
                raise ValueError("matrix: must be square")
            rows = np.array(self.matrix)
            if not np.allclose(rows, rows.T):
                raise ValueError("matrix: must be symmetric")
            least = np.linalg.eigvalsh(rows)[0]
            if not least > 0:
                raise ValueError(
                    f"matrix: must be positive definite, found an eigenvalue {least:g}"
                )
            return self

        def build(self) -> "Mahalanobis":
            return Mahalanobis(jnp.array(self.matrix))

    matrix: Float[Array, "d d"]

    @property
    def dimension(self) -> int:
        return len(self.matrix)

    def __call__(self, z: Float[Array, " d"]) -> Float[Array, ""]:
        return z @ self.matrix @ z / 2


class Huber(AbstractConvex):
    r"""$h(z) = δ^2 \{(1 + |z|^2/δ^2)^{1/2} - 1\}$: linear in far displacements.

    `width` is δ.
    """

    class Config(Part):
        """Half the square of short displacements, linear in long ones."""

        kind: Literal["huber"]
        width: PositiveFloat = Field(description="δ, where the one becomes the other")

        def build(self) -> "Huber":
            return Huber(self.width)

    width: float

    def __call__(self, z: Float[Array, " d"]) -> Float[Array, ""]:
        square = jnp.sum(z**2) / self.width**2
        # The same as √(1 + s) - 1, without cancellation.
        return self.width**2 * square / (1 + jnp.sqrt(1 + square))


class OwnConvex(AbstractConvex):
    """h(z) as a function of the displacement, a number; it must be convex."""

    class Config(PythonConfig):
        """h(z), a function in a Python file."""

        kind: Literal["python"]

        def build(self) -> "OwnConvex":
            return OwnConvex(self.function())

    function: Callable[..., Any] = eqx.field(static=True)

    def __call__(self, z: Float[Array, " d"]) -> Float[Array, ""]:
        return returned("h(z)", self.function(z), (), z)


class Reversed(AbstractConvex):
    """h(-z), the cost of the way back."""

    original: AbstractConvex

    @property
    def dimension(self) -> int | None:
        return self.original.dimension

    def __call__(self, z: Float[Array, " d"]) -> Float[Array, ""]:
        return self.original(-z)


def as_convex(given: Any) -> Any:
    """`given`, with a plain function as a convex cost; raises as `is_plain`."""
    return OwnConvex(given) if is_plain("cost", given, AbstractConvex) else given


class Scaled(AbstractConvex):
    """h(z/s): that of displacements in another unit, of length s."""

    original: AbstractConvex
    scale: float = eqx.field(static=True)

    @property
    def dimension(self) -> int | None:
        return self.original.dimension

    def __call__(self, z: Float[Array, " d"]) -> Float[Array, ""]:
        return self.original(z / self.scale)


class Displacing(AbstractLagrangian):
    """L(x, v) = h(-DΦ(x) v), whose cost is T h((Φ(x) - Φ(y))/T).

    Paths are straight, at constant speed, in the coordinates Φ.

    **Arguments:** h, an `AbstractConvex` or a function of the displacement; and Φ, a
    diffeomorphism as a function of a point (None: the identity).
    """

    class Config(Part):
        """L = h(-DΦ(x) v); without Φ it is the same everywhere."""

        kind: Literal["convex"]
        cost: Annotated[Part, Kind("convex")] = Field(
            description="h, convex, of displacements x - y"
        )
        coordinates: PythonConfig | None = Field(
            None, description="Φ, a diffeomorphism; none: the identity"
        )

        @property
        def dimension(self) -> int | None:
            return dimension_of(self.cost)

        @property
        def straight(self) -> bool:
            return self.coordinates is None

        def build(self) -> "Displacing":
            given = self.coordinates
            return Displacing(
                self.cost.build(), None if given is None else given.function()
            )

    cost: AbstractConvex = eqx.field(converter=as_convex)
    coordinates: Callable[..., Any] | None = None

    @property
    def dimension(self) -> int | None:
        """The dimension of its space; None if it fits any."""
        return self.cost.dimension

    @property
    def straight(self) -> bool:
        return self.coordinates is None

    def __call__(
        self, x: Float[Array, " d"], v: Float[Array, " d"]
    ) -> Float[Array, ""]:
        if self.coordinates is None:
            return self.cost(-v)
        u, moved = jax.jvp(self.coordinates, (x,), (v,))
        return self.cost(-returned("Φ(x)", moved, x.shape, u))
