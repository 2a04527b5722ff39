"""A Gaussian smeared over a circle."""

from typing import Literal

import jax.numpy as jnp
from jax.scipy.special import ndtri
from jaxtyping import Array, Float
from pydantic import Field, PositiveFloat

from nlot.measures.distributions import AbstractMeasure, MeasureConfig


class Ring(AbstractMeasure):
    """Round Gaussians N(R e(θ), σ² I) in the plane, θ uniform.

    `radius` is R, `std` is σ. Its density is `nlot.costs.densities.RingDensity`.
    """

    class Config(MeasureConfig):
        """Round Gaussians spread over a circle round the origin of the plane."""

        kind: Literal["ring"]
        radius: PositiveFloat = Field(1.0, description="R, radius of the circle")
        std: PositiveFloat = Field(description="σ, standard deviation")

        @property
        def dimension(self) -> int:
            return 2

        def build(self) -> "Ring":
            return Ring(jnp.array(self.radius), jnp.array(self.std))

    radius: Float[Array, ""]
    std: Float[Array, ""]

    @property
    def mean(self) -> Float[Array, "2"]:
        return jnp.zeros(2)

    @property
    def covariance(self) -> Float[Array, "2 2"]:
        return (self.radius**2 / 2 + self.std**2) * jnp.eye(2)

    @property
    def uniforms(self) -> int:
        return 3

    def transform(self, u: Float[Array, "n uniforms"]) -> Float[Array, "n d"]:
        turn = 2 * jnp.pi * u[:, 0]
        circle = jnp.stack([jnp.cos(turn), jnp.sin(turn)], axis=1)
        return self.radius * circle + self.std * ndtri(u[:, 1:])
