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
# Armijo's share of the promised decrease.
_ARMIJO = 1e-4


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

    slope_of = jax.grad(value)

    # Whether a loop goes on is decided in its body. Under `vmap` a condition is
    # computed twice, to go on and to leave lanes as they are that are done. Rounded
    # differently, it keeps a loop going that changes nothing.
    def step(state: tuple) -> tuple:
        z, slope, count, _ = state
        size = jnp.linalg.norm(slope)
        way = -_solved(jax.hessian(value)(z), slope, _DAMPING * size)
        before, rise = value(z), slope @ way

        # Close to the solution the decrease is lost in rounding, not so the slope's.
        def tried(length: Array, halvings: Array | int) -> tuple:
            there = z + length * way
            slope = slope_of(there)
            lower = value(there) <= before + _ARMIJO * length * rise
            flatter = jnp.linalg.norm(slope) <= size / 2
            return length, halvings, slope, ~(lower | flatter) & (halvings < _HALVINGS)

        length, halvings, slope, _ = jax.lax.while_loop(
            lambda search: search[3],
            lambda search: tried(search[0] / 2, search[1] + 1),
            tried(jnp.ones((), z.dtype), 0),
        )
        going = far(slope) & (halvings < _HALVINGS) & (count + 1 < _STEPS)
        return z + length * way, slope, count + 1, going

    def far(slope: Array) -> Array:
        return jnp.linalg.norm(slope) > enough

    enough = _TOLERANCE * (1 + jnp.linalg.norm(p))
    first = slope_of(start)
    state = start, first, 0, far(first)
    z, slope, *_ = jax.lax.while_loop(lambda state: state[3], step, state)
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
