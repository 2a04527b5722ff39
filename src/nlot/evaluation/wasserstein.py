"""Distances between two samples.

Most are squared 2-Wasserstein distances or variants, in squared length units.
OTT is imported on first use: jobs that measure nothing would spend a quarter of their
time on it.
"""

from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nlot.discrete.couplings import exact_plan, squared_distances


def exact_distance(
    x: Float[np.ndarray, "n d"],
    y: Float[np.ndarray, "m d"],
    power: Literal[1, 2],
    weights: Float[np.ndarray, " n"] | None = None,
) -> float:
    """Euclidean W1 or W2 between samples, by network simplex.

    **Arguments:** `weights` of the points `x`, None for equal ones; those of `y` are
    equal. Raises `RuntimeError` when the solver does not reach the optimum.
    """
    _, _, cost = exact_plan(squared_distances(x, y) ** (power / 2), weights)
    return cost ** (1 / power)


@jax.jit(static_argnames=("epsilon", "max_iterations"))
def entropic_costs(
    x: Float[Array, "draws n d"],
    y: Float[Array, "draws n d"],
    epsilon: float,
    max_iterations: int,
) -> Float[Array, " draws"]:
    """Entropic OT cost with squared-Euclidean cost, for each pair of samples.

    OTT's `reg_ot_cost`, the number behind Table 1 of the paper. It is biased (a sample
    against itself does not score zero), and at epsilon 1e-3 Sinkhorn mostly stops at
    its iteration limit.
    """
    from ott.geometry.geometry import Geometry
    from ott.geometry.pointcloud import PointCloud
    from ott.solvers import linear

    def one(pair: tuple[Array, Array]) -> Array:
        # A point cloud would recompute its costs in every iteration.
        cost = PointCloud(*pair).cost_matrix
        geometry = Geometry(cost_matrix=cost, epsilon=epsilon)
        solution = linear.solve(geometry, max_iterations=max_iterations)
        return jnp.asarray(solution.reg_ot_cost)

    return jax.lax.map(one, (x, y))


@jax.jit(static_argnames="max_iterations")
def debiased_divergences(
    x: Float[Array, "draws n d"],
    y: Float[Array, "draws n d"],
    epsilon: float | Float[Array, ""],
    max_iterations: int,
) -> Float[Array, " draws"]:
    """Sinkhorn divergence (debiased, zero for equal samples), for each pair."""
    from ott.geometry.pointcloud import PointCloud
    from ott.tools.sinkhorn_divergence import sinkhorn_divergence

    def one(pair: tuple[Array, Array]) -> Array:
        divergence, _ = sinkhorn_divergence(
            PointCloud,
            *pair,
            epsilon=epsilon,
            solve_kwargs={"max_iterations": max_iterations},
        )
        return divergence

    return jax.lax.map(one, (x, y))
