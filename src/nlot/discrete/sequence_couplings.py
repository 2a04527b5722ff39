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

    Every pair is padded with edges of zero mass to the same number of edges.
    """

    x: Float[Array, "pairs m d"]
    y: Float[Array, "pairs m d"]
    mass: Float[Array, "pairs m"]


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
        table = np.asarray(straight_actions(metric, sequence, nodes), np.float64)
        costs = [c[: len(a), : len(b)] for c, (a, b) in zip(table, pairs, strict=True)]
    size = max(len(a) + len(b) - 1 for a, b in pairs)
    parts = []
    for cost, (a, b) in zip(costs, pairs, strict=True):
        plan, _, _ = exact_plan(cost)
        i, j = np.nonzero(plan)
        fill = size - len(i)
        mass = np.concatenate([plan[i, j], np.zeros(fill)])
        i, j = np.pad(i, (0, fill)), np.pad(j, (0, fill))
        parts.append((a[i], b[j], mass.astype(np.float32)))
    return PairCouplings(
        *(jnp.asarray(np.stack(leaf)) for leaf in zip(*parts, strict=True))
    )


@eqx.filter_jit
def straight_actions(
    metric: AbstractMetric, sequence: Sequence, nodes: int
) -> Float[Array, "pairs n n"]:
    """Action of the straight path from each point to each point of the next measure."""
    times = (jnp.arange(nodes) + 0.5) / nodes

    def action(x: Array, y: Array) -> Array:
        v = y - x
        matrices = jax.vmap(lambda s: metric(x + s * v))(times)
        return 0.5 * v @ jnp.mean(matrices, 0) @ v

    def pair(ends: tuple[Array, Array]) -> Array:
        starts, targets = ends
        row = jax.vmap(action, (None, 0))
        return jax.lax.map(lambda x: row(x, targets), starts, batch_size=4)

    return jax.lax.map(pair, (sequence.points[:-1], sequence.points[1:]))
