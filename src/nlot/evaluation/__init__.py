"""Measures of runs and controls, as tidy rows."""

# Tables list measures in the order of registration.
# isort: off
from nlot.evaluation import (
    distances,
    actions,
    truth,
    views,
    matching,
    metrics,
    held_out,
    keypoints,
    diagnosis,
    clustering,
    collection_controls,
    geodesics,
    pairs,
    surface,
    pairs_controls,
)

# isort: on
from nlot.evaluation.controls import CONTROLS
from nlot.evaluation.registry import DERIVED, MEASURES

__all__ = [
    "CONTROLS",
    "DERIVED",
    "MEASURES",
    "actions",
    "clustering",
    "collection_controls",
    "diagnosis",
    "distances",
    "geodesics",
    "held_out",
    "keypoints",
    "matching",
    "metrics",
    "pairs",
    "pairs_controls",
    "surface",
    "truth",
    "views",
]
