"""Checks of a Lagrangian before anything is trained with it."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nlot.costs.lagrangians import AbstractLagrangian

# Smallest eigenvalue of ∂²L/∂v², relative to the largest, that rounding explains.
_ROUNDING = -1e-3
_TRACEABLE = (
    "; JAX must be able to trace it: use jax.numpy in place of numpy and math, and "
    "jnp.where in place of if"
)


class _Local(NamedTuple):
    """L at n points: values, gradients in x and v, eigenvalues of ∂²L/∂v².

    `elsewhere` has the values at these positions with one velocity and time for all.
    """

    values: Float[Array, " n"]
    in_x: Float[Array, "n d"]
    in_v: Float[Array, "n d"]
    eigenvalues: Float[Array, "n d"]
    elsewhere: Float[Array, " n"]


def kinetic_mass(
    lagrangian: AbstractLagrangian,
    x: Float[Array, "n d"],
    v: Float[Array, "n d"],
    times: Float[Array, " n"],
) -> float:
    """Median of the largest eigenvalue of ∂²L/∂v² over positions, velocities and times.

    It is 1 for L = |v|²/2 - U(x). Raises `ValueError` for a Lagrangian that fails, is
    not a finite number with finite derivatives, is not convex in v, or whose gradient
    in x is zero everywhere although it changes with x.
    """
    try:
        found = jax.tree.map(np.asarray, _local(lagrangian, x, v, times))
    # Whatever a user's function raises.
    except Exception as error:
        fault = f"{type(error).__name__}: {error}".splitlines()[0]
        traced = isinstance(error, jax.errors.JAXTypeError)
        raise ValueError(
            f"lagrangian: fails for a position of shape {x.shape[1:]}: {fault}"
            f"{_TRACEABLE if traced else ''}"
        ) from error
    for what, part in (
        ("value", found.values[:, None]),
        ("gradient in x", found.in_x),
        ("gradient in v", found.in_v),
        ("second derivative in v", found.eigenvalues),
    ):
        bad = np.flatnonzero(~np.isfinite(part).all(axis=1))
        if bad.size:
            raise ValueError(
                f"lagrangian: its {what} is not finite at {bad.size} of {len(x)} "
                f"points, the first with x = {x[bad[0]]}, v = {v[bad[0]]}, "
                f"t = {times[bad[0]]:g}"
            )
    smallest, largest = found.eigenvalues[:, 0], found.eigenvalues[:, -1]
    mass = float(np.median(largest))
    margin = smallest - _ROUNDING * np.abs(found.eigenvalues).max(axis=1)
    worst = int(np.argmin(margin))
    if mass <= 0 or margin[worst] < 0:
        raise ValueError(
            f"lagrangian: must be convex in v; found {smallest[worst]:g} as an "
            f"eigenvalue of its second derivative at x = {x[worst]}, v = {v[worst]}, "
            f"t = {times[worst]:g}"
        )
    if np.ptp(found.elsewhere) > 0 and not found.in_x.any():
        raise ValueError(
            "lagrangian: changes with x, but its gradient in x is zero everywhere, so "
            "that no path can avoid anything; replace its steps by smooth slopes, as "
            "jax.nn.sigmoid makes them"
        )
    return mass


@eqx.filter_jit
def _local(
    lagrangian: AbstractLagrangian,
    x: Float[Array, "n d"],
    v: Float[Array, "n d"],
    times: Float[Array, " n"],
) -> _Local:
    def one(a: Array, u: Array, t: Array) -> _Local:
        now = lagrangian.at(t)
        value, (in_x, in_v) = jax.value_and_grad(now, argnums=(0, 1))(a, u)
        eigenvalues = jnp.linalg.eigvalsh(jax.hessian(now, argnums=1)(a, u))
        elsewhere = lagrangian.at(times[0])(a, v[0])
        return _Local(value, in_x, in_v, eigenvalues, elsewhere)

    return jax.vmap(one)(x, v, times)
