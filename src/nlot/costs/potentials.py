"""Potentials U(x) of Newtonian Lagrangians L(x, v) = |v|²/2 - U(x).

`strength`, the paper's M, is an ordinary array of the module, so that training can
anneal it. Obstacles are in `nlot.costs.obstacles`.
"""

import abc
from collections.abc import Callable
from typing import Any, Literal

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float
from pydantic import Field, PositiveFloat

from nlot.config.base import Part
from nlot.costs.functions import is_plain, returned
from nlot.costs.python_files import PythonConfig


class AbstractPotential(eqx.Module):
    """A scalar field U on R^d; one of your own needs `__call__` alone."""

    @abc.abstractmethod
    def __call__(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        """U at one point `x` of shape `(d,)`."""

    def contains(self, x: Float[Array, " d"]) -> Bool[Array, ""]:
        """Whether `x` of shape `(d,)` lies inside an obstacle (its sharp outline)."""
        return jnp.array(False)

    def anneal(self, ramp: Float[Array, ""]) -> "AbstractPotential":
        """This potential during annealing.

        `ramp` in [0, 1] scales the strength from 0 and moves the temperature, if any,
        from its initial to its final value. A field that has neither stays.
        """
        return self


class _Smooth(AbstractPotential):
    """Fields without an obstacle."""

    strength: eqx.AbstractVar[Float[Array, ""]]

    def anneal(self, ramp: Float[Array, ""]) -> "_Smooth":
        return eqx.tree_at(lambda u: u.strength, self, ramp * self.strength)


class Hill(_Smooth):
    """U(x) = -M exp(-|x|²): costly at the origin.

    The paper swaps the formulas of hill and well (eqs. 35 and 36); this is the one that
    its experiments, and NLSB's, call hill.
    """

    class Config(Part):
        """U(x) = -M exp(-|x|²)."""

        kind: Literal["hill"]
        strength: PositiveFloat = Field(description="M")

        def build(self) -> "Hill":
            return Hill(jnp.array(self.strength))

    strength: Float[Array, ""]

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        return -self.strength * jnp.exp(-jnp.sum(x**2))


class Well(_Smooth):
    """U(x) = -M |x|²: a harmonic well, cheapest at the origin (see `Hill`)."""

    class Config(Part):
        """U(x) = -M |x|²."""

        kind: Literal["well"]
        strength: PositiveFloat = Field(description="M")

        def build(self) -> "Well":
            return Well(jnp.array(self.strength))

    strength: Float[Array, ""]

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        return -self.strength * jnp.sum(x**2)


class OwnPotential(_Smooth):
    """U(x) as a function of position; `strength`, a factor of it, is annealed."""

    class Config(PythonConfig):
        """U(x), a function in a Python file."""

        kind: Literal["python"]

        def build(self) -> "OwnPotential":
            return OwnPotential(function=self.function(), strength=jnp.array(1.0))

    function: Callable[..., Any] = eqx.field(static=True)
    strength: Float[Array, ""]

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        return self.strength * returned("U(x)", self.function(x), (), x)


def as_potential(given: Any) -> Any:
    """`given`, with a plain function as a potential; raises as `is_plain`."""
    if not is_plain("potential", given, AbstractPotential):
        return given
    return OwnPotential(function=given, strength=jnp.array(1.0))
