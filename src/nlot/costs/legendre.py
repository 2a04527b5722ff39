"""Convex conjugates of costs."""

import equinox as eqx
import jax
import jax.numpy as jnp
import optimistix as optx
from jaxtyping import Array, Bool, Float

from nlot.costs.convex import AbstractConvex

# Steps of a search, and the relative and absolute error at which it ends.
_STEPS, _TOLERANCE = 100, 1e-10


def inverse_gradient(
    h: AbstractConvex, p: Float[Array, " d"], start: Float[Array, " d"]
) -> tuple[Float[Array, " d"], Bool[Array, ""]]:
    r"""$(∇h)^{-1}(p) = ∇h^*(p)$, and whether the search for it converged.

    By Levenberg and Marquardt's method from `start`, in double precision. Derivatives
    with respect to p and to the weights of h are those of the solution (implicit
    function theorem), not of the search.

    **Arguments:** h, strictly convex and differentiable; p; and a first guess. The
    result is nan where p is not finite.
    """
    # Linear solvers would fail there for all points.
    known = jnp.all(jnp.isfinite(p))
    p = jnp.where(known, p, 0)
    start = jnp.where(known, start, 0)
    arrays, rest = eqx.partition(h, eqx.is_array)

    def residual(z: Array, given: tuple[AbstractConvex, Array]) -> Array:
        weights, goal = given
        return jax.grad(eqx.combine(weights, rest))(z) - goal

    found: optx.Solution = optx.root_find(
        residual,
        optx.LevenbergMarquardt(rtol=_TOLERANCE, atol=_TOLERANCE),
        jax.lax.stop_gradient(start),
        args=(arrays, p),
        max_steps=_STEPS,
        throw=False,
    )
    converged = jnp.asarray(found.result == optx.RESULTS.successful)
    return jnp.where(known, found.value, jnp.nan), known & converged
