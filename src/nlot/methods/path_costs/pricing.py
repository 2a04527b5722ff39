"""Least actions between all points of two clouds."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nlot.costs.lagrangians import AbstractLagrangian
from nlot.discrete.exact_costs import exact_costs, in_order
from nlot.methods.path_costs.config import Config
from nlot.methods.run import over_points
from nlot.paths.eikonal import Eikonal, isotropic
from nlot.problems.collection import Collection

# Points that straight paths start from at a time.
_ROWS = 64


class Priced(NamedTuple):
    """Least actions, and the share of the searches for them that converged."""

    cost: Float[np.ndarray, "n m"]
    converged: float


Price = Callable[[Float[np.ndarray, "n d"], Float[np.ndarray, "m d"]], Priced]


def pricing(problem: Collection, config: Config, say: Callable[[str], None]) -> Price:
    """The function that prices all pairs of points of two clouds of a collection.

    `say` is told how far path searches are.

    Raises `ValueError` for a metric that the chosen solver cannot use.
    """
    if problem.lagrangian.straight:
        return lambda x, y: _straight(problem.lagrangian, problem.horizon, x, y)
    if config.solver == "eikonal" or (config.solver is None and _isotropic(problem)):
        return _by_fronts(problem, config)
    return _by_paths(problem, config, say)


def _isotropic(problem: Collection) -> bool:
    """Whether the Lagrangian is w(x) |v|²/2 in the plane, at the clouds' points."""
    metric = getattr(problem.lagrangian, "metric", None)
    if metric is None or problem.dimension != 2:
        return False
    points = jnp.asarray(np.concatenate(problem.clouds), jnp.float32)
    matrices = np.asarray(over_points(metric, points), np.float64)
    return bool(isotropic(matrices).all())


def _by_fronts(problem: Collection, config: Config) -> Price:
    metric = getattr(problem.lagrangian, "metric", None)
    if metric is None:
        raise ValueError(
            "solver 'eikonal' needs a Lagrangian w(x) |v|²/2, with a metric; use "
            "'paths'"
        )
    # One grid for all, so that results do not depend on how work is cut.
    grid = Eikonal.of(metric, np.concatenate(problem.clouds), config.nodes)
    # What takes the time leaves the interpreter to other threads.
    pool = ThreadPoolExecutor(cores())

    def price(x: Float[np.ndarray, "n 2"], y: Float[np.ndarray, "m 2"]) -> Priced:
        lengths = np.stack(list(pool.map(lambda point: grid.distances(point, y), x)))
        return Priced(lengths**2 / (2 * problem.horizon), 1.0)

    return price


def cores() -> int:
    """The processor cores of this job: what XLA is told by NPROC, or all."""
    return int(os.environ.get("NPROC", 0)) or os.cpu_count() or 1


def _by_paths(problem: Collection, config: Config, say: Callable[[str], None]) -> Price:
    def price(x: Float[np.ndarray, "n d"], y: Float[np.ndarray, "m d"]) -> Priced:
        i, j = in_order(x), in_order(y)
        found = exact_costs(problem, config.paths, x[i], y[j], say)
        cost = np.empty((len(x), len(y)))
        cost[np.ix_(i, j)] = found.cost
        return Priced(cost, float(found.converged.mean()))

    return price


def _straight(
    lagrangian: AbstractLagrangian,
    horizon: float,
    x: Float[np.ndarray, "n d"],
    y: Float[np.ndarray, "m d"],
) -> Priced:
    """T L(x, (y - x)/T)."""
    with jax.enable_x64(True):
        cost = _straight_actions(lagrangian, horizon, jnp.asarray(x), jnp.asarray(y))
    return Priced(np.asarray(cost), 1.0)


@eqx.filter_jit
def _straight_actions(
    lagrangian: AbstractLagrangian,
    horizon: float,
    x: Float[Array, "n d"],
    y: Float[Array, "m d"],
) -> Float[Array, "n m"]:
    def cost(a: Array, b: Array) -> Array:
        return horizon * lagrangian(a, (b - a) / horizon)

    row = jax.vmap(cost, (None, 0))
    return jax.lax.map(lambda a: row(a, y), x, batch_size=_ROWS)
