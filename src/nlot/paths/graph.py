r"""Routes through a graph of positions, to start searches for least action from.

A search ends in the local minimum that its start leads to. Where a path must bend as
often as there are obstacles, a graph finds the way. Among paths that may take any time,
those of energy E minimise $\int L + E\, dt$ (Maupertuis' principle). So an edge e
costs $|e| \min_u (\bar L(u\, e/|e|) + E)/u$ over speeds u, the mean of L being taken
along it, and Dijkstra's algorithm gives the cheapest route between any two nodes. The
energy for which it takes the time T is not known: several are tried, as the best way
may depend on it.
"""

from functools import cache
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import scipy
from jaxtyping import Array, Float, Int

from nlot.costs.lagrangians import AbstractLagrangian

# Dimensions of graphs: on the line there is one way only, and in more than six nodes
# are too far apart.
_FEWEST, _MOST = 2, 6
# Nodes on each axis of a plane, all nodes in more dimensions (a power of two), and the
# nearest nodes that each is linked with: in a plane, steps of a king and of a knight.
_AXIS, _NODES, _LINKS = 100, 2**13, 20
# Points of an edge at which the Lagrangian is evaluated.
_POINTS = 4
# Energies of routes, as those of straight paths at these multiples of their mean speed.
_FASTER = 2.0 ** np.arange(-1, 3)
# Speeds that an edge may be crossed at, in units of that mean.
_SPEEDS = 2.0 ** np.arange(-2, 6.5, 0.5)
# The least cost of a length, as a fraction of the median one: where L + E is negative,
# routes would never end.
_CHEAPEST = 0.01
# Most points whose routes are searched; those of other ones start nearby.
_SOURCES = 32


class _Edges(NamedTuple):
    """Edges from node `a` to node `b`, their lengths, and L at each of `speeds`."""

    a: Int[np.ndarray, " edges"]
    b: Int[np.ndarray, " edges"]
    length: Float[np.ndarray, " edges"]
    speeds: Float[np.ndarray, " speeds"]
    lagrangian: Float[np.ndarray, "speeds edges"]


def routes(
    lagrangian: AbstractLagrangian,
    horizon: float,
    scale: float,
    segments: int,
    x: Float[np.ndarray, "n d"],
    y: Float[np.ndarray, "n d"],
) -> Float[np.ndarray, "n routes corners d"]:
    """Polygons along the cheapest routes, with segments that take equal times.

    **Arguments:** the Lagrangian, T, the distance from the ends up to which routes may
    lead, the number of segments, and the ends.

    There are none on the line, and in more than six dimensions; and a single one where
    L is quadratic in the velocity, as the energy does not matter.
    """
    speed = np.sqrt(np.mean(np.sum((y - x) ** 2, axis=1))) / horizon
    if not _FEWEST <= x.shape[1] <= _MOST or not speed > 0:
        return np.empty((len(x), 0, segments + 1, x.shape[1]))
    nodes = _nodes(x, y, scale)
    edges = _edges(lagrangian, speed, nodes)
    energies = _energies(lagrangian, horizon, x, y)
    if _quadratic(edges):
        # Then all prices are multiples of each other, and routes the same.
        energies = energies[:1]
    # L of a path at rest where that is cheapest: only energies above it matter.
    rest = float(_at_rest(lagrangian, nodes).min())
    tree = scipy.spatial.KDTree(nodes)
    centres, own = _representatives(x)
    first, last = tree.query(centres)[1], tree.query(y)[1]
    found = []
    for energy in energies:
        cost, time = _prices(edges, energy - rest, len(nodes))
        _, before = scipy.sparse.csgraph.dijkstra(
            cost, indices=first, return_predecessors=True
        )
        way = _backwards(before, own, last)[:, ::-1]
        taken = time[way[:, :-1].ravel(), way[:, 1:].ravel()].reshape(len(x), -1)
        found.append(_even(nodes[way], taken, x, y, segments))
    return np.stack(found, axis=1)


def _nodes(
    x: Float[np.ndarray, "n d"], y: Float[np.ndarray, "n d"], scale: float
) -> Float[np.ndarray, "nodes d"]:
    """A grid, or in space evenly spread points, round the ends."""
    ends = np.concatenate([x, y])
    low, high = ends.min(axis=0), ends.max(axis=0)
    centre, half = (low + high) / 2, (high - low).max() / 2 + scale
    return centre + half * _cube(x.shape[1]).nodes


class _Linked(NamedTuple):
    """Nodes between -1 and 1, and the two ends of each edge between them."""

    nodes: Float[np.ndarray, "nodes d"]
    a: Int[np.ndarray, " edges"]
    b: Int[np.ndarray, " edges"]


@cache
def _cube(d: int) -> _Linked:
    if d == _FEWEST:
        axis = np.linspace(-1, 1, _AXIS)
        nodes = np.stack(np.meshgrid(axis, axis, indexing="ij"), -1).reshape(-1, d)
    else:
        nodes = 2 * scipy.stats.qmc.Sobol(d, rng=0).random(_NODES) - 1
    _, near = scipy.spatial.KDTree(nodes).query(nodes, k=range(2, _LINKS + 2))
    linked = scipy.sparse.csr_array(
        (
            np.ones(near.size),
            (np.repeat(np.arange(len(nodes)), _LINKS), near.ravel()),
        ),
        shape=(len(nodes), len(nodes)),
    )
    return _Linked(nodes, *(linked + linked.T).nonzero())


def _edges(
    lagrangian: AbstractLagrangian, speed: float, nodes: Float[np.ndarray, "nodes d"]
) -> _Edges:
    _, a, b = _cube(nodes.shape[1])
    speeds = speed * _SPEEDS
    each = _along(lagrangian, speeds, nodes[a], nodes[b])
    length = np.linalg.norm(nodes[b] - nodes[a], axis=1)
    return _Edges(a, b, length, speeds, np.asarray(each))


def _quadratic(edges: _Edges) -> bool:
    """Whether L grows with the square of the speed on every edge."""
    masses = edges.lagrangian / edges.speeds[:, None] ** 2
    return np.allclose(masses, masses[0], rtol=1e-4, atol=0.0)


def _prices(edges: _Edges, energy: float, nodes: int) -> tuple[Any, Any]:
    """What each edge costs, and how long it takes."""
    each = (edges.lagrangian + energy) / edges.speeds[:, None]
    each = np.where(np.isfinite(each), each, np.inf)
    fastest, least = each.argmin(axis=0), each.min(axis=0)
    least = np.maximum(least, _CHEAPEST * np.median(np.abs(least)))
    weights = least * edges.length, edges.length / edges.speeds[fastest]
    ends, shape = (edges.a, edges.b), (nodes, nodes)
    cost, time = (
        scipy.sparse.csr_array((weight, ends), shape=shape) for weight in weights
    )
    return cost, time


@eqx.filter_jit
def _along(
    lagrangian: AbstractLagrangian,
    speeds: Float[Array | np.ndarray, " speeds"],
    a: Float[Array | np.ndarray, "edges d"],
    b: Float[Array | np.ndarray, "edges d"],
) -> Float[Array, "speeds edges"]:
    """The mean of L along each edge, at every speed."""

    def mean(u: Array, a: Array, b: Array) -> Array:
        way = (b - a) / jnp.linalg.norm(b - a)
        share = (jnp.arange(_POINTS) + 0.5) / _POINTS
        every = jax.vmap(lambda s: lagrangian(a + s * (b - a), u * way))(share)
        return jnp.mean(every)

    each = jax.vmap(jax.vmap(mean, (None, 0, 0)), (0, None, None))
    return each(jnp.asarray(speeds), jnp.asarray(a), jnp.asarray(b))


@eqx.filter_jit
def _at_rest(
    lagrangian: AbstractLagrangian, nodes: Float[Array | np.ndarray, "nodes d"]
) -> Float[Array, " nodes"]:
    return jax.vmap(lambda z: lagrangian(z, jnp.zeros_like(z)))(jnp.asarray(nodes))


def _energies(
    lagrangian: AbstractLagrangian,
    horizon: float,
    x: Float[np.ndarray, "n d"],
    y: Float[np.ndarray, "n d"],
) -> list[float]:
    r"""Median energies $v \cdot ∂_v L - L$ of straight paths over those at rest."""
    middle, v = jnp.asarray((x + y) / 2), jnp.asarray((y - x) / horizon)
    return [
        float(np.nanmedian(_kinetic(lagrangian, middle, faster * v)))
        for faster in _FASTER
    ]


# Here, not within: otherwise every call would compile it again.
@eqx.filter_jit
def _kinetic(
    lagrangian: AbstractLagrangian, x: Float[Array, "n d"], v: Float[Array, "n d"]
) -> Float[Array, " n"]:
    def one(x: Array, v: Array) -> Array:
        value, slope = jax.value_and_grad(lagrangian, 1)(x, v)
        return v @ slope - value + lagrangian(x, jnp.zeros_like(v))

    return jax.vmap(one)(x, v)


def _representatives(
    x: Float[np.ndarray, "n d"],
) -> tuple[Float[np.ndarray, "few d"], Int[np.ndarray, " n"]]:
    """Points far from each other, and which of them is nearest to each of `x`."""
    chosen, own = [0], np.zeros(len(x), int)
    apart = np.sum((x - x[0]) ** 2, axis=1)
    while len(chosen) < _SOURCES and apart.max() > 0:
        new = int(apart.argmax())
        squared = np.sum((x - x[new]) ** 2, axis=1)
        own = np.where(squared < apart, len(chosen), own)
        apart = np.minimum(squared, apart)
        chosen.append(new)
    return x[chosen], own


def _backwards(
    before: Int[np.ndarray, "sources nodes"],
    source: Int[np.ndarray, " n"],
    goal: Int[np.ndarray, " n"],
) -> Int[np.ndarray, "n longest"]:
    """The nodes of each route from its goal back; its first node is repeated."""
    way, at = [goal], goal
    while np.any(before[source, at] >= 0):
        back = before[source, at]
        at = np.where(back < 0, at, back)
        way.append(at)
    return np.stack(way, axis=1)


def _even(
    corners: Float[np.ndarray, "n corners d"],
    taken: Float[np.ndarray, "n edges"],
    x: Float[np.ndarray, "n d"],
    y: Float[np.ndarray, "n d"],
    segments: int,
) -> Float[np.ndarray, "n even d"]:
    """Polygons from `x` by way of `corners` to `y`, cut into equal times.

    **Arguments:** the time that each edge between two corners takes; the ways from x to
    the first corner and from the last one to y take none.
    """
    start = np.zeros((len(corners), 1))
    times = np.concatenate([start, taken.cumsum(axis=1)], axis=1)
    even = np.linspace(0, 1, segments + 1)
    out = np.empty((len(corners), segments + 1, x.shape[1]))
    for k, (at, corner) in enumerate(zip(times, corners, strict=True)):
        for j in range(x.shape[1]):
            out[k, :, j] = np.interp(even * at[-1], at, corner[:, j])
    # The ends are off by less than a cell, or by the way to the nearest source.
    gaps = np.stack([x - out[:, 0], y - out[:, -1]], axis=1)
    ramps = np.stack([1 - even, even], axis=1)
    return out + np.einsum("tk,nkd->ntd", ramps, gaps)
