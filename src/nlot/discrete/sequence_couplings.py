"""Exact discrete couplings of all neighbouring measures of a sequence."""

import itertools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nlot.costs.metrics import AbstractMetric
from nlot.discrete.couplings import exact_plan, squared_distances
from nlot.problems.sequence import Sequence


class PairCouplings(eqx.Module):
    """The coupled points of each pair of measures, and the mass between them.

    Every pair is padded with edges of zero mass to the same number of edges. Columns of
    `x` after the first d are other numbers that belong to its points.
    """

    x: Float[Array, "*pairs m columns"]
    y: Float[Array, "*pairs m d"]
    mass: Float[Array, "*pairs m"]


def couple_neighbours(
    sequence: Sequence, metric: AbstractMetric | None, nodes: int
) -> PairCouplings:
    """Optimal transport from each measure to the next, by network simplex.

    **Arguments:** the cost is the action along `metric` of the straight path, by a
    midpoint rule of `nodes` nodes; |x - y|² if `metric` is None.
    """
    pairs = list(itertools.pairwise(sequence.measures))
    if metric is None:
        costs = [squared_distances(a, b) for a, b in pairs]
    else:
        points = sequence.points
        table = straight_actions(metric, points[:-1], points[1:], nodes)
        costs = list(np.asarray(table, np.float64))
    size = max(len(a) + len(b) - 1 for a, b in pairs)
    parts = [couple(a, b, c, size) for c, (a, b) in zip(costs, pairs, strict=True)]
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *parts)


def couple(
    a: Float[np.ndarray, "n columns"],
    b: Float[np.ndarray, "m d"],
    cost: Float[np.ndarray, "rows goals"],
    size: int,
) -> PairCouplings:
    """Optimal transport from `a` to `b`, padded to `size` edges.

    **Arguments:** `a` may have more columns than `b`; of `cost` the first n rows and m
    columns count.
    """
    plan, _, _ = exact_plan(cost[: len(a), : len(b)])
    i, j = np.nonzero(plan)
    fill = size - len(i)
    mass = np.concatenate([plan[i, j], np.zeros(fill)])
    i, j = np.pad(i, (0, fill)), np.pad(j, (0, fill))
    return PairCouplings(*map(jnp.asarray, (a[i], b[j], mass.astype(np.float32))))


@eqx.filter_jit
def straight_actions(
    metric: AbstractMetric,
    x: Float[Array, "pairs n d"],
    y: Float[Array, "pairs m d"],
    nodes: int,
) -> Float[Array, "pairs n m"]:
    """Action of the straight path from each `x` to each `y` of the same pair."""
    times = (jnp.arange(nodes) + 0.5) / nodes

    def action(x: Array, y: Array) -> Array:
        v = y - x
        matrices = jax.vmap(lambda s: metric(x + s * v))(times)
        return 0.5 * v @ jnp.mean(matrices, 0) @ v

    def pair(ends: tuple[Array, Array]) -> Array:
        starts, targets = ends
        row = jax.vmap(action, (None, 0))
        return jax.lax.map(lambda x: row(x, targets), starts, batch_size=4)

    return jax.lax.map(pair, (x, y))
