"""Lagrangians and drifts given as plain functions.

They take single points of shape (d,), and JAX must be able to trace them. Presets name
them by file: `{kind: python, file: mine.py, name: my_lagrangian}`.
"""

import inspect
from collections.abc import Callable
from typing import Annotated, Any, Literal

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float
from pydantic import Field

from nlot.config.base import Part
from nlot.config.kinds import Kind
from nlot.costs.functions import is_plain, returned
from nlot.costs.lagrangians import AbstractLagrangian
from nlot.costs.python_files import PythonConfig


class OwnLagrangian(AbstractLagrangian):
    """L(x, v) or L(x, v, t) as a function of position, velocity and time.

    **Arguments:** the function, and the time at which it is taken.
    """

    class Config(PythonConfig):
        """L(x, v) or L(x, v, t), a function in a Python file."""

        kind: Literal["python"]

        def build(self) -> "OwnLagrangian":
            return OwnLagrangian(self.function())

    function: Callable[..., Any] = eqx.field(static=True)
    time: Float[Array, ""] | float = 0.0

    def __call__(
        self, x: Float[Array, " d"], v: Float[Array, " d"]
    ) -> Float[Array, ""]:
        now = (self.time,) if self.depends_on_time else ()
        return returned("L(x, v)", self.function(x, v, *now), (), x)

    @property
    def depends_on_time(self) -> bool:
        """Whether the function needs a third argument."""
        return not takes(self.function, 2)

    def at(self, t: Float[Array, ""]) -> "OwnLagrangian":
        return OwnLagrangian(self.function, t) if self.depends_on_time else self


def takes(function: Callable[..., Any], number: int) -> bool:
    """Whether a function can be called with that many positional arguments."""
    try:
        inspect.signature(function).bind(*range(number))
    except TypeError:
        return False
    return True


class OwnDrift(eqx.Module):
    """b(x) as a function of position, a velocity of shape (d,)."""

    class Config(PythonConfig):
        """b(x), a function in a Python file."""

        kind: Literal["python"]

        def build(self) -> "OwnDrift":
            return OwnDrift(self.function())

    function: Callable[..., Any] = eqx.field(static=True)

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " d"]:
        return returned("b(x)", self.function(x), x.shape, x)


class Drifting(AbstractLagrangian):
    """L(x, v) = |v - b(x)|²/2: motion along the drift b is free.

    **Arguments:** b, as a function of position.
    """

    class Config(Part):
        """L = |v - b(x)|²/2."""

        kind: Literal["drift"]
        drift: Annotated[Part, Kind("drift")] = Field(description="b(x)")

        def build(self) -> "Drifting":
            return Drifting(self.drift.build())

    drift: OwnDrift = eqx.field(
        converter=lambda b: OwnDrift(b) if is_plain("drift", b, OwnDrift) else b
    )

    def __call__(
        self, x: Float[Array, " d"], v: Float[Array, " d"]
    ) -> Float[Array, ""]:
        return 0.5 * jnp.sum((v - self.drift(x)) ** 2)
