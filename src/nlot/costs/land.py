"""The LAND metric: diagonal, cheap along what samples nearby spread over."""

from typing import Annotated, Literal

import equinox as eqx
import jax.numpy as jnp
import pydantic
from jaxtyping import Array, Float
from pydantic import Field, PositiveFloat

from nlot.config.base import Part, dimension_of
from nlot.config.kinds import Kind
from nlot.costs.densities import MixtureDensity
from nlot.costs.metrics import AbstractMetric

_MIXTURES = ("fitted", "kernel", "gaussian_mixture")


class LandMetric(AbstractMetric):
    r"""Locally adaptive normal distributions (Arvanitidis et al., 2016, eq. 13).

    $A = \mathrm{diag}(h_1 + ε, …, h_d + ε)^{-1}$ with
    $h_j(x) = \sum_i w_i ((m_{ij} - x_j)^2 + τ_i^2) e^{-|x - m_i|^2 / 2σ_i^2}$ over the
    Gaussians of a mixture, here with τ = σ, divided by its largest σ²: a Gaussian
    stands for samples that spread round its mean. `floor` is ε.
    """

    class Config(Part):
        """A diagonal metric, cheap where a mixture of Gaussians has mass (LAND)."""

        kind: Literal["land"]
        density: Annotated[Part, Kind("density")] = Field(
            description="`fitted`, `kernel` or `gaussian_mixture`"
        )
        floor: PositiveFloat = Field(1e-3, description="ε")

        @pydantic.field_validator("density")
        @classmethod
        def _a_mixture(cls, density: Part) -> Part:
            if density.kind not in _MIXTURES:
                valid = ", ".join(map(repr, _MIXTURES))
                raise ValueError(
                    f"expected a mixture of Gaussians, found {density.kind!r}; valid: "
                    f"{valid}"
                )
            return density

        @property
        def dimension(self) -> int | None:
            return dimension_of(self.density)

        def build(self) -> "LandMetric":
            return LandMetric(self.density.build(), self.floor)

    density: MixtureDensity
    floor: float = eqx.field(default=1e-3, static=True)

    @property
    def dimension(self) -> int:
        """The dimension of its space."""
        return self.density.dimension

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, "d d"]:
        squared, stds = (x - self.density.means) ** 2, self.density.stds
        near = jnp.exp(self.density.heights - jnp.sum(squared, 1) / (2 * stds**2))
        spread = near @ (squared + stds[:, None] ** 2) / jnp.max(stds) ** 2
        return jnp.diag(1 / (spread + self.floor))
