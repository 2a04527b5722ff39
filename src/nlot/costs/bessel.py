"""Bessel functions whose derivatives are as cheap as they are."""

import jax
import jax.numpy as jnp
from jax.scipy.special import i0e, i1e
from jaxtyping import Array, Float


@jax.custom_jvp
def _bessel_ratio(z: Float[Array, ""]) -> Float[Array, ""]:
    """I₁(z)/I₀(z)."""
    return i1e(z) / i0e(z)


@_bessel_ratio.defjvp
def _(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (z,), (dz,) = primals, tangents
    ratio = _bessel_ratio(z)
    return ratio, (1 - ratio / z - ratio**2) * dz


@jax.custom_jvp
def log_bessel(z: Float[Array, ""]) -> Float[Array, ""]:
    """log{e^{-z} I₀(z)}, whose derivatives need the two series of the ratio alone."""
    return jnp.log(i0e(z))


@log_bessel.defjvp
def _(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (z,), (dz,) = primals, tangents
    return log_bessel(z), (_bessel_ratio(z) - 1) * dz
