"""A potential under which motion is cheap, and slow, where a density is high."""

from typing import Annotated, Literal

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float
from pydantic import Field, PositiveFloat

from nlot.config.base import Part, dimension_of
from nlot.config.kinds import Kind
from nlot.costs.densities import AbstractDensity, as_density
from nlot.costs.potentials import AbstractPotential


class LogDensity(AbstractPotential):
    """U(x) = M log(ρ(x) / max ρ): paths bend to where ρ is high, and linger there.

    Along a path of least action |v|²/2 + U keeps its value.
    """

    class Config(Part):
        """U = M log(ρ / max ρ), with a background density ρ."""

        kind: Literal["log_density"]
        density: Annotated[Part, Kind("density")] = Field(description="ρ")
        strength: PositiveFloat = Field(description="M")

        @property
        def dimension(self) -> int | None:
            return dimension_of(self.density)

        def build(self) -> "LogDensity":
            return LogDensity(self.density.build(), jnp.array(self.strength))

    density: AbstractDensity = eqx.field(converter=as_density)
    strength: Float[Array, ""]

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        return self.strength * self.density(x)

    def anneal(self, ramp: Float[Array, ""]) -> "LogDensity":
        return eqx.tree_at(lambda u: u.strength, self, ramp * self.strength)
