"""Measures of dissimilarities between clouds, and of clusters made from them."""

import math

from nlot.discrete.clustering import clusters, cophenetic_correlation, separation
from nlot.evaluation.collection_case import CollectionCase
from nlot.evaluation.registry import COLLECTION, Value, measure


@measure(
    "rand_index",
    "Adjusted Rand index{entry}, n = {n}",
    3,
    needs=["dissimilarity", "labels"],
    problems=COLLECTION,
    lower_is_better=False,
    per="linkages",
    note="Adjusted Rand index: of as many hierarchical clusters, by the linkage named, "
    "as there are labels; 1 where clusters are the labels, 0 on average for random "
    "ones.",
)
def rand_index(case: CollectionCase, linkage: str) -> Value:
    """Agreement of clusters with labels, corrected for chance."""
    from sklearn.metrics import adjusted_rand_score

    found = clusters(case.subject.matrix, len(set(case.labels)), linkage)
    return float(adjusted_rand_score(case.labels, found)), len(found)


@measure(
    "cophenetic",
    "Cophenetic correlation{entry}",
    3,
    needs=["dissimilarity"],
    problems=COLLECTION,
    lower_is_better=False,
    per="linkages",
    note="Cophenetic correlation: of dissimilarities with the heights at which the "
    "linkage merges their clouds.",
)
def cophenetic(case: CollectionCase, linkage: str) -> Value | None:
    """How faithfully a dendrogram shows the dissimilarities."""
    matrix = case.subject.matrix
    found = cophenetic_correlation(matrix, linkage)
    # Two clouds, or equal dissimilarities, have no correlation.
    return None if math.isnan(found) else (found, len(matrix))


@measure(
    "separation",
    "Separation of labels",
    3,
    needs=["dissimilarity", "labels"],
    problems=COLLECTION,
    lower_is_better=False,
    note="Separation: smallest dissimilarity between clouds of different labels over "
    "the largest between those of one.",
)
def separated(case: CollectionCase) -> Value | None:
    """Smallest dissimilarity between labels over the largest within one."""
    found = separation(case.subject.matrix, case.labels)
    return (found, len(case.labels)) if math.isfinite(found) else None
