"""Measures of paths between given pairs of points."""

import numpy as np
import pandas as pd
from jaxtyping import Float

from nlot.evaluation.geodesics_case import GeodesicsCase
from nlot.evaluation.registry import GEODESICS, Value, derived, measure

_PERCENT, _SECONDS = 100.0, 60.0
_KNOWN = (
    "Least actions: a closed form, Clairaut's integral, or the solution of the eikonal "
    "equation. Only paths whose search converged are measured."
)


@measure(
    "pairs_converged",
    "Searches that converged, percent of n = {n}",
    0,
    needs=["least_paths"],
    problems=GEODESICS,
    lower_is_better=False,
)
def pairs_converged(case: GeodesicsCase) -> Value:
    """The share of pairs whose search converged."""
    return _PERCENT * float(case.converged.mean()), len(case.converged)


@measure(
    "action_error",
    "Mean error of the action, percent",
    5,
    needs=["least_paths", "least_actions"],
    problems=GEODESICS,
    note=_KNOWN,
)
def action_error(case: GeodesicsCase) -> Value | None:
    """Mean of |S/c - 1| over pairs, with the method's own action S."""
    errors = _errors(case)
    return (float(errors.mean()), len(errors)) if len(errors) else None


@measure(
    "largest_action_error",
    "Largest error of the action, percent",
    5,
    needs=["least_paths", "least_actions"],
    problems=GEODESICS,
)
def largest_action_error(case: GeodesicsCase) -> Value | None:
    """Largest |S/c - 1| of all pairs."""
    errors = _errors(case)
    return (float(errors.max()), len(errors)) if len(errors) else None


@measure(
    "path_distance",
    "Largest distance from the path of least action",
    6,
    needs=["least_paths"],
    problems=GEODESICS,
    note="Distance: between positions at the same time, from the best polygon of a "
    "search from several starts, in the unit of the coordinates.",
)
def path_distance(case: GeodesicsCase) -> Value | None:
    """Largest distance from the best polygon at its corners, over all pairs."""
    if not case.converged.any():
        return None
    s = np.linspace(0, 1, case.best.path.shape[1])
    apart = case.subject.positions(s) - case.best.path
    far = np.linalg.norm(apart, axis=-1)[case.converged]
    return float(far.max()), len(far)


def _errors(case: GeodesicsCase) -> Float[np.ndarray, " converged"]:
    """Percentages of the least actions."""
    assert case.least is not None
    found = case.subject.actions[case.converged]
    return _PERCENT * np.abs(found / case.least[case.converged] - 1)


@derived("seconds", "Time of all searches in seconds", 1, problems=GEODESICS)
def seconds(rows: pd.DataFrame) -> pd.DataFrame:
    """The time that a run took, compilation included."""
    runs = rows[rows["measure"] == "pairs_converged"].dropna(subset="minutes")
    return runs.assign(value=_SECONDS * runs["minutes"])
