"""Riemannian metrics A(x): positive-definite matrices acting on velocities.

The metrics of the paper's experiments are I - (1 - ε) v vᵀ with a field v of length at
most one: motion along v is cheap. The matrices printed for them (eqs. 13, 39 to 41) are
not positive definite; ε = 1e-3 makes them so without changing their eigenvectors.
"""

import abc
import math
from collections.abc import Callable
from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float
from pydantic import Field, NonNegativeFloat, PositiveFloat

from nlot.config.base import Part
from nlot.costs.functions import is_plain, returned
from nlot.costs.python_files import PythonConfig

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
