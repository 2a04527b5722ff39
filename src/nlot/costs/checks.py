"""Checks of a Lagrangian before anything is trained with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nlot.costs.densities import AbstractDensity
from nlot.costs.lagrangians import AbstractLagrangian
from nlot.costs.metrics import DensityMetric

# Smallest eigenvalue of ∂²L/∂v², relative to the largest, that rounding explains.
_ROUNDING = -1e-3
# Points at which two costs are compared, and how different equal ones may be.
_COMPARED, _EQUAL = 256, 1e-4
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
    with _named_failure(x):
        found = jax.tree.map(np.asarray, _local(lagrangian, x, v, times))
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


def check_density(
    lagrangian: AbstractLagrangian, measure: str, x: Float[Array, "n d"]
) -> None:
    """Raise `ValueError` if a background density vanishes where a measure lies.

    **Arguments:** any Lagrangian, the name of the measure, and points of its support.
    A density vanishes where log ρ is not finite, or so low that ρ^(-α) leaves single
    precision: differences of costs are lost there.
    """
    metric = getattr(lagrangian, "metric", None)
    if not isinstance(metric, DensityMetric):
        return
    if metric.dimension not in (None, x.shape[1]):
        raise ValueError(
            f"{measure} has dimension {x.shape[1]}, the density of the lagrangian's "
            f"metric has dimension {metric.dimension}"
        )
    with _named_failure(x):
        values = np.asarray(_logs(metric.density, x))
    # What is not a number comes first.
    worst = int(np.argmin(np.where(np.isnan(values), -np.inf, values)))
    least = float(metric.least)
    if not np.isfinite(values[worst]) or values[worst] < least:
        raise ValueError(
            f"{measure}: the density of the lagrangian's metric vanishes on it: log ρ, "
            f"less its maximum, is {values[worst]:.4g} at x = {x[worst]}, the smallest "
            f"at {len(x)} of its points; with alpha = {float(metric.alpha):g} single "
            f"precision needs more than {least:.4g}"
        )


@contextmanager
def _named_failure(x: Float[Array, "n d"]) -> Iterator[None]:
    """Whatever a user's function raises at positions `x`, as a `ValueError`."""
    try:
        yield
    except Exception as error:
        fault = f"{type(error).__name__}: {error}".splitlines()[0]
        traced = isinstance(error, jax.errors.JAXTypeError)
        raise ValueError(
            f"lagrangian: fails for a position of shape {x.shape[1:]}: {fault}"
            f"{_TRACEABLE if traced else ''}"
        ) from error


@eqx.filter_jit
def _logs(density: AbstractDensity, x: Float[Array, "n d"]) -> Float[Array, " n"]:
    return jax.vmap(density)(x)


def check_reversible(
    lagrangian: AbstractLagrangian, horizon: float, points: Float[np.ndarray, "n d"]
) -> None:
    """Check that costs between points are symmetric, and zero for equal ones.

    Raises `ValueError` for a Lagrangian that distinguishes a path from its reverse, or
    charges for rest, and as `kinetic_mass`.
    """
    rng = np.random.default_rng(0)
    picks = rng.integers(len(points), size=(2, _COMPARED))
    x, y = (jnp.asarray(points[pick], jnp.float32) for pick in picks)
    v, times = (y - x) / horizon, jnp.linspace(0.0, horizon, _COMPARED)
    kinetic_mass(lagrangian, (x + y) / 2, v, times)

    def costs(x: Array, v: Array, t: Array) -> tuple[Array, Array, Array]:
        now, later = lagrangian.at(t), lagrangian.at(horizon - t)
        return now(x, v), later(x, -v), now(x, jnp.zeros_like(v))

    there, back, rest = map(np.asarray, jax.vmap(costs)(x, v, times))
    if np.abs(rest).max() > _EQUAL * np.abs(there).max():
        raise ValueError(
            "lagrangian: must be zero at rest, so that equal points cost nothing; "
            f"found L(x, 0) = {rest[np.abs(rest).argmax()]:g}"
        )
    if (np.abs(there - back) > _EQUAL * np.abs(there)).any():
        raise ValueError(
            "lagrangian: must cost a path as much as its reverse, L(x, v) = L(x, -v)"
        )


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
