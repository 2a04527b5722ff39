"""Convex conjugates of costs."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from nlot.costs.convex import AbstractConvex

# Error of ∇h(z) = p, relative to 1 + |p|, at which a search ends, its most steps, and
# the most halvings of one.
_TOLERANCE, _STEPS, _HALVINGS = 1e-11, 100, 40
# Damping of a step, as a multiple of the error: it vanishes at the solution. The least
# keeps the Hessian invertible where it is singular.
_DAMPING, _RIDGE = 1e-3, 1e-14
# Armijo's share of the promised decrease, and what rounding hides of it.
_ARMIJO, _ROUNDING = 1e-4, 1e-15


def inverse_gradient(
    h: AbstractConvex, p: Float[Array, " d"], start: Float[Array, " d"]
) -> tuple[Float[Array, " d"], Bool[Array, ""]]:
    r"""$(∇h)^{-1}(p) = ∇h^*(p)$, and whether the search for it converged.

    The minimiser of h(z) - p·z, by Newton's method from `start`, damped and with a line
    search, in double precision. The search is not differentiated: one more step follows
    it, whose derivatives with respect to p and to the weights of h are those of the
    solution (implicit function theorem).

    **Arguments:** h, strictly convex and differentiable; p; and a first guess. The
    result is nan where p is not finite.
    """
    # Else the search of others would go on for as long as that of the point may.
    known = jnp.all(jnp.isfinite(p))
    p = jnp.where(known, p, 0).astype(float)
    start = jnp.where(known, start, 0).astype(float)
    z, curvature, found = _searched(*jax.lax.stop_gradient((h, p, start)))
    z = z - _solved(curvature, jax.grad(h)(z) - p)
    return jnp.where(known, z, jnp.nan), known & found


def _searched(
    h: AbstractConvex, p: Float[Array, " d"], start: Float[Array, " d"]
) -> tuple[Float[Array, " d"], Float[Array, "d d"], Bool[Array, ""]]:
    """The minimiser, the Hessian there, and whether it was found."""

    def value(z: Array) -> Array:
        return h(z) - p @ z

    def step(state: tuple) -> tuple:
        z, slope, count, _ = state
        size = jnp.linalg.norm(slope)
        way = -_solved(jax.hessian(value)(z), slope, _DAMPING * size)
        before, rise = value(z), slope @ way

        def short(search: tuple) -> Array:
            length, halvings = search
            enough = before + _ARMIJO * length * rise + _ROUNDING * jnp.abs(before)
            return ~(value(z + length * way) <= enough) & (halvings < _HALVINGS)

        length, halvings = jax.lax.while_loop(
            short,
            lambda search: (search[0] / 2, search[1] + 1),
            (jnp.ones((), z.dtype), 0),
        )
        z = z + length * way
        return z, jax.grad(value)(z), count + 1, halvings == _HALVINGS

    def going(state: tuple) -> Array:
        _, slope, count, stuck = state
        return (jnp.linalg.norm(slope) > enough) & (count < _STEPS) & ~stuck

    enough = _TOLERANCE * (1 + jnp.linalg.norm(p))
    state = start, jax.grad(value)(start), 0, False
    z, slope, *_ = jax.lax.while_loop(going, step, state)
    return z, jax.hessian(value)(z), jnp.linalg.norm(slope) <= enough


def _solved(
    curvature: Float[Array, "d d"],
    slope: Float[Array, " d"],
    damping: Float[Array, ""] | float = 0.0,
) -> Float[Array, " d"]:
    """The step of Newton's method, downwards if reversed."""
    least = _RIDGE * (1 + jnp.trace(curvature))
    damped = curvature + (damping + least) * jnp.eye(len(slope), dtype=slope.dtype)
    return jax.scipy.linalg.solve(damped, slope, assume_a="pos")
