"""Riemannian metrics A(x): positive-definite matrices acting on velocities."""

import abc

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float


class AbstractMetric(eqx.Module):
    """A field of symmetric positive-definite matrices on R^d."""

    @abc.abstractmethod
    def __call__(self, x: Float[Array, " d"]) -> Float[Array, "d d"]:
        """A at one point `x` of shape `(d,)`, acting on velocities."""


class CircleMetric(AbstractMetric):
    r"""Motion round the origin is cheap, motion along the radius is not.

    $A(x) = I - (1 - ε) v v^T$ with $v = (-x_2, x_1)/|x|$. The matrix printed as eqs. 13
    and 39 of the paper is not positive definite; this is the one behind its results,
    with ε = 1e-3.
    """

    floor: float = 1e-3

    def __call__(self, x: Float[Array, "2"]) -> Float[Array, "2 2"]:
        # The small constant keeps the gradient finite at the origin.
        tangent = jnp.stack([-x[1], x[0]]) / jnp.sqrt(jnp.sum(x**2) + 1e-12)
        return jnp.eye(2) - (1 - self.floor) * jnp.outer(tangent, tangent)
