"""Exact discrete couplings of all neighbouring measures of a sequence."""

import itertools
from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.costs.metrics import AbstractMetric
from nlot.discrete.couplings import exact_plan, squared_distances
from nlot.problems.sequence import Sequence

# Numbers of points are rounded up to multiples.
_STEP = 256
# Pairs of points above which a coupling takes seconds.
MANY = 200_000


class PairCouplings(eqx.Module):
    """The coupled points of each pair of measures, and the mass between them.

    Every pair is padded with edges of zero mass to the same number of edges. Columns of
    `x` after the first d are other numbers that belong to its points.
    """

    x: Float[Array, "*pairs m columns"]
    y: Float[Array, "*pairs m d"]
    mass: Float[Array, "*pairs m"]


def thinned(sequence: Sequence, most: int, key: PRNGKeyArray) -> Sequence:
    """At most `most` points of each measure, drawn without replacement.

    The sequence itself if no measure has more.
    """
    if sequence.points.shape[1] <= most:
        return sequence
    keys = jax.random.split(key, len(sequence.points))
    orders = [
        np.sort(jax.random.permutation(k, len(points))[:most])
        for k, points in zip(keys, sequence.measures, strict=True)
    ]
    kept = [points[o] for points, o in zip(sequence.measures, orders, strict=True)]
    return Sequence.of(kept, sequence.times)


def couple_neighbours(
    sequence: Sequence,
    metric: AbstractMetric | None,
    nodes: int,
    say: Callable[[str], None] = lambda text: None,
) -> PairCouplings:
    """Optimal transport from each measure to the next, by network simplex.

    **Arguments:** the cost is the action along `metric` of the straight path, by a
    midpoint rule of `nodes` nodes; |x - y|² if `metric` is None. `say` is told what
    large coupling comes next.
    """
    pairs = list(itertools.pairwise(sequence.measures))
    size = max(len(a) + len(b) - 1 for a, b in pairs)
    equal = len({len(points) for points in sequence.measures}) == 1
    table = None
    if metric is not None and equal:
        points = sequence.points
        table = straight_actions(metric, points[:-1], points[1:], nodes)
    parts = []
    for number, (a, b) in enumerate(pairs):
        if len(a) * len(b) > MANY:
            say(f"couples {len(a)} and {len(b)} points, {number + 1} of {len(pairs)}")
        if metric is None:
            cost = squared_distances(a, b)
        elif table is None:
            cost = straight_costs(metric, a, b, nodes, sequence.points.shape[1])
        else:
            cost = np.asarray(table[number], np.float64)
        parts.append(couple(a, b, cost, size))
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *parts)


def straight_costs(
    metric: AbstractMetric,
    a: Float[np.ndarray, "n d"],
    b: Float[np.ndarray, "m d"],
    nodes: int,
    most: int,
) -> Float[np.ndarray, "n m"]:
    """`straight_actions` of one pair, in double precision.

    **Arguments:** `most`, the largest number of points of a measure: numbers below are
    rounded up to few different ones, each of which is a program to compile.
    """

    def filled(x: Float[np.ndarray, "n d"]) -> Float[Array, "_ d"]:
        size = max(len(x), min(most, -(-len(x) // _STEP) * _STEP))
        return jnp.asarray(np.pad(x, [(0, size - len(x)), (0, 0)]))

    actions = straight_actions(metric, filled(a)[None], filled(b)[None], nodes)[0]
    return np.asarray(actions, np.float64)[: len(a), : len(b)]


def couple(
    a: Float[np.ndarray, "n columns"],
    b: Float[np.ndarray, "m d"],
    cost: Float[np.ndarray, "n m"],
    size: int,
) -> PairCouplings:
    """Optimal transport from `a` to `b`, padded to `size` edges.

    **Arguments:** `a` may have more columns than `b`.
    """
    plan, _, _ = exact_plan(cost)
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
