"""Least actions between pairs of points, as far as they are known without a search."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from nlot.costs.closed_forms import (
    circle_action,
    frequency,
    harmonic_action,
    power_action,
)
from nlot.costs.densities import GaussianDensity, PowerDensity
from nlot.costs.lagrangians import Riemannian
from nlot.costs.metrics import CircleMetric, DensityMetric
from nlot.costs.radial import radial_action
from nlot.paths.eikonal import Eikonal
from nlot.problems.geodesics import Geodesics

_PLANE = 2


def known_actions(problem: Geodesics) -> Float[np.ndarray, " n"] | None:
    """The least action of each pair, in double precision; None if it is not known.

    It has a closed form for harmonic Lagrangians, the circle metric, and powers of the
    distance as density; it is Clairaut's integral for a round Gaussian density, and the
    solution of the eikonal equation, to some 0.01 %, for any other one in the plane.
    """
    x, y, horizon = problem.starts, problem.ends, problem.horizon
    omega = frequency(problem.lagrangian)
    if omega is not None:
        return _each(harmonic_action, x, y, omega, horizon)
    if not isinstance(problem.lagrangian, Riemannian):
        return None
    metric = problem.lagrangian.metric
    if isinstance(metric, CircleMetric):
        return _each(circle_action, x, y, metric.floor, horizon)
    if not isinstance(metric, DensityMetric):
        return None
    alpha = float(metric.alpha)
    if isinstance(metric.density, PowerDensity):
        exponent = -alpha * metric.density.exponent / 2
        if exponent >= -1:
            return _each(power_action, x, y, exponent, horizon)
    if isinstance(metric.density, GaussianDensity):
        found = _gaussian(metric.density, alpha, problem)
        if found is not None:
            return found
    return _planar(metric, problem) if problem.dimension == _PLANE else None


def _each(function: object, x: object, y: object, *args: float) -> np.ndarray:
    with jax.enable_x64(True):
        ends = (jnp.asarray(z) for z in (x, y))
        values = jax.vmap(lambda a, b: function(a, b, *args))(*ends)  # type: ignore
        return np.asarray(values)


def _gaussian(
    density: GaussianDensity, alpha: float, problem: Geodesics
) -> Float[np.ndarray, " n"] | None:
    """None unless the Gaussian is round and no end is its mean."""
    root = np.asarray(density.root, np.float64)
    precision = root @ root.T
    mean = np.asarray(density.mean, np.float64)
    x, y = problem.starts - mean, problem.ends - mean
    round_one = np.allclose(precision, precision[0, 0] * np.eye(len(mean)), rtol=1e-6)
    if not round_one or not np.linalg.norm([x, y], axis=-1).all():
        return None

    def weight(r: np.ndarray) -> np.ndarray:
        return np.exp(alpha * precision[0, 0] * r**2 / 2)

    pairs = zip(x, y, strict=True)
    return np.array([radial_action(weight, a, b, problem.horizon) for a, b in pairs])


def _planar(
    metric: DensityMetric, problem: Geodesics
) -> Float[np.ndarray, " n"] | None:
    """None where the metric changes too fast for a grid."""
    x, y = problem.starts, problem.ends
    try:
        grid = Eikonal.of(metric, np.concatenate([x, y]))
        lengths = [grid.distances(a, b[None])[0] for a, b in zip(x, y, strict=True)]
    except ValueError:
        return None
    return np.array(lengths) ** 2 / (2 * problem.horizon)
