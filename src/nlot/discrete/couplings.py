"""Exact discrete couplings of samples.

POT is imported on first use, which takes half a second: most jobs do not need it.
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import scipy
from jaxtyping import Array, Float, Int, PRNGKeyArray

from nlot.costs.lagrangians import AbstractLagrangian
from nlot.networks.amortised import SplineNetwork
from nlot.paths.quadrature import Quadrature
from nlot.problems.transport import Transport

# Source points priced at a time, against all target points.
_ROWS = 2


class Coupling(NamedTuple):
    """Optimally coupled points, and the dual variable of each target point."""

    x: Float[Array, "n d"]
    y: Float[Array, "n d"]
    dual: Float[Array, " n"]


def couple(
    problem: Transport,
    spline: SplineNetwork,
    quadrature: Quadrature,
    *,
    number: int,
    points: int,
    tie_breaking: float,
    sampling: str,
    key: PRNGKeyArray,
) -> Coupling:
    """Several independent couplings of fresh samples, concatenated.

    The cost is the action of the amortised path plus a tie-breaking term
    ε |x - y|²/2: behind an obstacle c(x, y) is close to (a(x) + b(y))²/2, which
    leaves the coupling within a level set of b undetermined.

    **Arguments:** the problem, its amortised paths and the rule that prices them;
    `number` couplings of `points` samples of each measure, drawn as `sampling` says;
    `tie_breaking` is ε.
    """
    parts = []
    for part in jax.random.split(key, number):
        source, target = jax.random.split(part)
        x = problem.source.draw(source, points, sampling)
        y = problem.target.draw(target, points, sampling)
        cost = np.asarray(
            cost_matrix(spline, quadrature, problem.lagrangian, x, y), np.float64
        )
        order, dual = assign(cost + tie_breaking * squared_distances(x, y) / 2)
        dual = dual - dual.mean()
        parts.append(Coupling(x, y[order], jnp.asarray(dual[order], x.dtype)))
    return Coupling(*(jnp.concatenate(leaves) for leaves in zip(*parts, strict=True)))


@eqx.filter_jit
def cost_matrix(
    spline: SplineNetwork,
    quadrature: Quadrature,
    lagrangian: AbstractLagrangian,
    x: Float[Array, "n d"],
    y: Float[Array, "m d"],
) -> Float[Array, "n m"]:
    """Action of the amortised path between each `x[i]` and each `y[j]`.

    Where paths of least action are straight, these are taken.
    """
    size = quadrature.position.shape[-1]

    def cost(a: Array, b: Array) -> Array:
        if lagrangian.straight:
            return quadrature(lagrangian, a, b, jnp.zeros((size, len(a)), a.dtype))
        return quadrature(lagrangian, a, b, spline(a, b))

    row = jax.vmap(cost, (None, 0))
    return jax.lax.map(lambda a: row(a, y), x, batch_size=_ROWS)


def assign(
    cost: Float[np.ndarray, "n n"],
) -> tuple[Int[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """Exact optimal transport between equally weighted points, by network simplex.

    Returns the column that each row is sent to, and the dual variable of each column.
    Raises `RuntimeError` when the solver does not reach the optimum.
    """
    plan, dual, _ = exact_plan(cost)
    return plan.argmax(axis=1), dual


def exact_plan(
    cost: Float[np.ndarray, "n m"],
    weights: Float[np.ndarray, " n"] | None = None,
) -> tuple[Float[np.ndarray, "n m"], Float[np.ndarray, " m"], float]:
    """Optimal plan from `weights` (None: uniform) to uniform ones, by network simplex.

    Also returns the dual variable of each column, and the plan's cost. Raises
    `RuntimeError` when the solver does not reach the optimum.
    """
    import ot

    a = [] if weights is None else weights / weights.sum()
    plan, log = ot.emd(a, [], cost, 10_000_000, log=True)
    if log["warning"] is not None:
        raise RuntimeError(f"exact optimal transport failed: {log['warning']}")
    return plan, log["v"], float(log["cost"])


def exact_squared_w2(
    x: Float[np.ndarray | Array, "n d"], y: Float[np.ndarray | Array, "m d"]
) -> float:
    """Squared W2 between the empirical measures of `x` and `y`, by network simplex.

    Raises `RuntimeError` when the solver does not reach the optimum.
    """
    return exact_plan(squared_distances(x, y))[2]


def match(
    a: Float[Array | np.ndarray, "n d"], b: Float[Array | np.ndarray, "n d"]
) -> Int[np.ndarray, " n"]:
    """The permutation s that minimises the sum of |a[i] - b[s[i]]|²."""
    return scipy.optimize.linear_sum_assignment(squared_distances(a, b))[1]


def squared_distances(
    x: Float[Array | np.ndarray, "n d"], y: Float[Array | np.ndarray, "m d"]
) -> Float[np.ndarray, "n m"]:
    """|x[i] - y[j]|², in double precision."""
    import ot

    return ot.dist(np.asarray(x, np.float64), np.asarray(y, np.float64))
