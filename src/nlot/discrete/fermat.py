r"""Fermat sample distance: lengths along samples, short where they are dense.

$\min \sum_i |q_i - q_{i+1}|^p$ over paths $q$ through the samples (Sapienza, Groisman
and Jonckheere, Weighted geodesic distance following Fermat's principle, 2018). For n
samples of a density ρ in d dimensions it tends, times $n^{(p-1)/d}$ and a constant, to
the least $\int ρ^{-(p-1)/d} ds$.
"""

from typing import Any

import numpy as np
import scipy
from jaxtyping import Float, Int


def power(alpha: float, dimension: int) -> float:
    r"""The p whose limit is $\int ρ^{-α/2} ds$, that of the `density` metric."""
    return 1 + alpha * dimension / 2


def fermat_distances(
    points: Float[np.ndarray, "n d"],
    p: float,
    sources: Int[np.ndarray, " m"] | None = None,
    neighbours: int = 16,
) -> Float[np.ndarray, "m n"]:
    """Fermat sample distances, without the constant, by Dijkstra's algorithm.

    **Arguments:** the samples; p; the numbers of the samples to start from, None: all;
    and the number of nearest neighbours that a step of a path may lead to. Where these
    leave the samples in several parts, a step may also lead to the nearest sample of
    each other part.

    Raises `ValueError` for p < 1, for which paths gain by every detour, and for fewer
    than one neighbour.
    """
    if not p >= 1:
        raise ValueError(f"p: must be at least 1, found {p}")
    if neighbours < 1:
        raise ValueError(f"neighbours: must be at least 1, found {neighbours}")
    points = np.asarray(points, np.float64)
    edges = _nearest(points, min(neighbours, len(points) - 1))
    number, part = scipy.sparse.csgraph.connected_components(
        _graph(edges, len(points)), directed=False
    )
    if number > 1:
        edges = np.concatenate([edges, _between(points, part, number)], axis=1)
    # Of both ways of an edge one is enough, and a doubled one would count twice.
    edges = np.unique(np.sort(edges, axis=0), axis=1)
    steps = np.linalg.norm(points[edges[0]] - points[edges[1]], axis=1)
    # A sparse graph has no edges of length zero.
    lengths = np.maximum(steps**p, np.finfo(np.float64).tiny)
    graph = _graph(edges, len(points), lengths)
    return np.atleast_2d(
        scipy.sparse.csgraph.dijkstra(graph, directed=False, indices=sources)
    )


def _graph(
    edges: Int[np.ndarray, "2 edges"],
    n: int,
    lengths: Float[np.ndarray, " edges"] | None = None,
) -> Any:
    lengths = np.ones(edges.shape[1]) if lengths is None else lengths
    return scipy.sparse.coo_array((lengths, tuple(edges)), shape=(n, n))


def _nearest(
    points: Float[np.ndarray, "n d"], neighbours: int
) -> Int[np.ndarray, "2 edges"]:
    """Edges from each sample to its nearest neighbours."""
    # Of equal samples, a sample need not be its own nearest one.
    _, found = scipy.spatial.KDTree(points).query(points, k=neighbours + 1)
    start = np.repeat(np.arange(len(points)), neighbours + 1)
    edges = np.stack([start, found.ravel()])
    return edges[:, edges[0] != edges[1]]


def _between(
    points: Float[np.ndarray, "n d"], part: Int[np.ndarray, " n"], number: int
) -> Int[np.ndarray, "2 edges"]:
    """Edges from each sample to the nearest one of every other part."""
    found = []
    for k in range(number):
        (mine,), (others,) = np.nonzero(part == k), np.nonzero(part != k)
        _, nearest = scipy.spatial.KDTree(points[mine]).query(points[others])
        found.append(np.stack([others, mine[nearest]]))
    return np.concatenate(found, axis=1)
