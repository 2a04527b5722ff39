"""Riemannian metrics A(x): positive-definite matrices acting on velocities.

The metrics of the paper's experiments are I - (1 - ε) v vᵀ with a field v of length at
most one: motion along v is cheap. The matrices printed for them (eqs. 13, 39 to 41) are
not positive definite; ε = 1e-3 makes them so without changing their eigenvectors.
"""

import abc
import math
from collections.abc import Callable
from typing import Annotated, Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float
from pydantic import Field, NonNegativeFloat, PositiveFloat

from nlot.config.base import Part, dimension_of
from nlot.config.kinds import Kind
from nlot.costs.densities import AbstractDensity, as_density
from nlot.costs.functions import is_plain, returned
from nlot.costs.python_files import PythonConfig

# Logarithm of the largest factor of a metric.
_LARGEST = 78.0
_FLOOR = "smallest eigenvalue where |v| = 1; 0 makes the metric singular"


class _PlaneConfig(Part):
    floor: NonNegativeFloat = Field(1e-3, description=_FLOOR)

    @property
    def dimension(self) -> int:
        return 2


class AbstractMetric(eqx.Module):
    """A field of symmetric positive-definite matrices on R^d."""

    @abc.abstractmethod
    def __call__(self, x: Float[Array, " d"]) -> Float[Array, "d d"]:
        """A at one point `x` of shape `(d,)`, acting on velocities."""

    def anneal(self, ramp: Float[Array, ""]) -> "AbstractMetric":
        """This metric during annealing; `ramp` rises from 0 to 1."""
        return self


class CircleMetric(AbstractMetric):
    """Motion round the origin is cheap, motion along the radius is not.

    $v = (-x_2, x_1)/|x|$; `floor` is ε.
    """

    class Config(_PlaneConfig):
        """A = I - (1 - floor) v vᵀ, v tangent to circles round the origin."""

        kind: Literal["circle"]

        def build(self) -> "CircleMetric":
            return CircleMetric(self.floor)

    floor: float = 1e-3

    def __call__(self, x: Float[Array, "2"]) -> Float[Array, "2 2"]:
        # The small constant keeps the gradient finite at the origin.
        tangent = jnp.stack([-x[1], x[0]]) / jnp.sqrt(jnp.sum(x**2) + 1e-12)
        return _cheap_along(tangent, self.floor)


class VeeMetric(AbstractMetric):
    r"""Diagonal motion away from the first axis is cheap (eq. 40).

    $v = (1, 1)/\sqrt2$ where $x_2 \ge 0$ and $(1, -1)/\sqrt2$ below; `floor` is ε.
    """

    class Config(_PlaneConfig):
        """A = I - (1 - floor) v vᵀ, v diagonal, mirrored at the first axis (eq. 40)."""

        kind: Literal["vee"]

        def build(self) -> "VeeMetric":
            return VeeMetric(self.floor)

    floor: float = 1e-3

    def __call__(self, x: Float[Array, "2"]) -> Float[Array, "2 2"]:
        sign = jnp.where(x[1] >= 0, 1.0, -1.0)
        v = jnp.stack([jnp.ones_like(sign), sign]) * math.sqrt(0.5)
        return _cheap_along(v.astype(x.dtype), self.floor)


class CrossMetric(AbstractMetric):
    r"""Motion along the two diagonals is cheap, each in its own quadrants (eq. 41).

    $v = a \tanh(|x_1 x_2|) (1, \pm 1)/\sqrt2$ with the sign of $x_1 x_2$; `floor` is ε
    and `amplitude` is a: 1 by default, 1.25 in the paper, which makes A indefinite.
    """

    class Config(_PlaneConfig):
        """A = I - (1 - floor) v vᵀ, v along the two diagonals (eq. 41)."""

        kind: Literal["cross"]
        amplitude: PositiveFloat = Field(
            1.0, description="largest |v|; 1.25 in the paper, which makes A indefinite"
        )

        def build(self) -> "CrossMetric":
            return CrossMetric(self.floor, self.amplitude)

    floor: float = 1e-3
    amplitude: float = 1.0

    def __call__(self, x: Float[Array, "2"]) -> Float[Array, "2 2"]:
        product = x[0] * x[1]
        along = jnp.tanh(jax.nn.relu(product))
        across = jnp.tanh(jax.nn.relu(-product))
        v = jnp.stack([along - across, along + across])
        return _cheap_along(self.amplitude * math.sqrt(0.5) * v, self.floor)


class DensityMetric(AbstractMetric):
    """Motion is cheap where a density is high: A = (ρ(x) / max ρ)^(-α) I.

    `density` is log ρ, a density or a function; `alpha` is α. Annealing raises α from
    0. Where a factor would exceed 1e34, near the end of single precision, it stays
    there. Raises `ValueError` for α < 0.
    """

    class Config(Part):
        """A = (ρ/max ρ)^(-α) I, with a background density ρ."""

        kind: Literal["density"]
        density: Annotated[Part, Kind("density")] = Field(description="ρ")
        alpha: NonNegativeFloat = Field(1.0, description="α; 0: the Euclidean metric")

        @property
        def dimension(self) -> int | None:
            return dimension_of(self.density)

        def build(self) -> "DensityMetric":
            return DensityMetric(self.density.build(), jnp.array(self.alpha))

    density: AbstractDensity = eqx.field(converter=as_density)
    alpha: Float[Array, ""] | float = 1.0

    def __check_init__(self) -> None:
        # While it is traced it has no value yet.
        if not isinstance(self.alpha, jax.core.Tracer) and not self.alpha >= 0:
            raise ValueError(f"alpha: expected a number from 0, found {self.alpha}")

    @property
    def dimension(self) -> int | None:
        """The dimension of its space; None if it fits any."""
        return self.density.dimension

    @property
    def least(self) -> Float[Array, ""] | float:
        """Smallest log ρ of which the factor is in single precision."""
        return -_LARGEST / self.alpha if self.alpha > 0 else -math.inf

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, "d d"]:
        factor = jnp.exp(jnp.minimum(-self.alpha * self.density(x), _LARGEST))
        return factor * jnp.eye(len(x), dtype=x.dtype)

    def anneal(self, ramp: Float[Array, ""]) -> "DensityMetric":
        return eqx.tree_at(lambda m: m.alpha, self, ramp * self.alpha)


class OwnMetric(AbstractMetric):
    """A(x) as a function of position, a matrix of shape (d, d)."""

    class Config(PythonConfig):
        """A(x), a function in a Python file."""

        kind: Literal["python"]

        def build(self) -> "OwnMetric":
            return OwnMetric(self.function())

    function: Callable[..., Any] = eqx.field(static=True)

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, "d d"]:
        return returned("A(x)", self.function(x), 2 * x.shape, x)


def as_metric(given: Any) -> Any:
    """`given`, with a plain function as a metric; raises as `is_plain`."""
    return OwnMetric(given) if is_plain("metric", given, AbstractMetric) else given


def _cheap_along(v: Float[Array, " d"], floor: float) -> Float[Array, "d d"]:
    return jnp.eye(len(v), dtype=v.dtype) - (1 - floor) * jnp.outer(v, v)
