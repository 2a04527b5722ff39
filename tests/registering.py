"""Kinds from outside the package, in its registry for a while."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import jax
import jax.numpy as jnp
from pydantic import PositiveFloat

from nlot.config import Part, register
from nlot.config.kinds import KINDS
from nlot.costs.metrics import AbstractMetric
from nlot.costs.potentials import AbstractPotential


@contextmanager
def registered(what: str, kind: str, target: str) -> Iterator[None]:
    """The kind is known inside the block, and unknown after it."""
    register(what, kind, target)
    try:
        yield
    finally:
        del KINDS[what][kind]


class Stretched(AbstractMetric):
    """A constant diagonal metric, in any dimension."""

    class Config(Part):
        """A = diag(factors)."""

        kind: Literal["stretched"]
        factors: tuple[PositiveFloat, ...]

        @property
        def dimension(self):
            return len(self.factors)

        def build(self):
            return Stretched(jnp.array(self.factors))

    factors: jax.Array

    def __call__(self, x):
        return jnp.diag(self.factors.astype(x.dtype))


class Slope(AbstractPotential):
    """U = M x_1, in any dimension."""

    class Config(Part):
        """U = M x_1."""

        kind: Literal["slope"]
        strength: PositiveFloat

        def build(self):
            return Slope(jnp.array(self.strength))

    strength: jax.Array

    def __call__(self, x):
        return self.strength * x[0]

    def anneal(self, ramp):
        return Slope(ramp * self.strength)
