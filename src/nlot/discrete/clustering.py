"""Hierarchical clusters of a dissimilarity matrix, by SciPy."""

import numpy as np
import scipy
from jaxtyping import Float, Int


def linked(
    matrix: Float[np.ndarray, "k k"], linkage: str = "average"
) -> Float[np.ndarray, "merges 4"]:
    """The k - 1 merges of clusters, as SciPy's `linkage` returns them.

    **Arguments:** a symmetric matrix with a zero diagonal, and the rule by which
    dissimilarities between clusters follow from those between their members: "average",
    "single", "complete" or "weighted".
    """
    return scipy.cluster.hierarchy.linkage(
        scipy.spatial.distance.squareform(matrix, checks=False), linkage
    )


def clusters(
    matrix: Float[np.ndarray, "k k"], number: int, linkage: str = "average"
) -> Int[np.ndarray, " k"]:
    """The cluster, from 1 on, of each of k objects when merging stops at `number`.

    Fewer where several merges are at the same height.
    """
    merges = linked(matrix, linkage)
    return scipy.cluster.hierarchy.fcluster(merges, number, "maxclust").astype(int)


def cophenetic_correlation(
    matrix: Float[np.ndarray, "k k"], linkage: str = "average"
) -> float:
    """Correlation of dissimilarities with the heights at which their objects merge."""
    found, _ = scipy.cluster.hierarchy.cophenet(
        linked(matrix, linkage), scipy.spatial.distance.squareform(matrix, checks=False)
    )
    return float(found)


def separation(matrix: Float[np.ndarray, "k k"], labels: tuple[str, ...]) -> float:
    """Smallest dissimilarity between labels over the largest within one.

    Above 1, every object is nearest to all those of its own label. Infinite where those
    within labels are zero; NaN where no two objects share a label, or all do.
    """
    upper = np.triu_indices(len(labels), 1)
    names = np.array(labels)
    same, found = (names[:, None] == names)[upper], matrix[upper]
    if same.all() or not same.any():
        return float("nan")
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(found[~same].min() / found[same].max())
