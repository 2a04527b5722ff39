"""Compares clouds of points given as arrays."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from nlot.config.given import Given
from nlot.measures.clouds import Clouds
from nlot.problems.collection import Collection
from nlot.runs.parts import as_part
from nlot.runs.solving import as_clouds, problem_of, train_given


def compare(
    clouds: Any,
    lagrangian: Any = None,
    *,
    names: Iterable[str] | None = None,
    settings: dict[str, Any] | None = None,
    horizon: float = 1.0,
    folder: str | Path | None = None,
) -> Any:
    """Find the optimal transport costs between all pairs of clouds of points.

    The cost from x to y is the least action of any path between them, the integral of
    L(x, v) over times from 0 to `horizon`.

    **Arguments:**

    - `clouds`: arrays of shape (n, d), one for each cloud; n may differ.
    - `lagrangian`: as that of `nlot.solve`; it must not distinguish a path from its
      reverse, nor charge for rest.
    - `names`: of the clouds; None: `cloud_1`, `cloud_2`, ...
    - `settings`: what of the default settings of `path_costs` to change.
    - `horizon`: T, the duration of a path.
    - `folder`: where the run, its checkpoints and `dissimilarities.csv` are written.
      None: nothing is written.

    **Returns:** a run whose `matrix`, of shape (k, k), has the costs; `frame()` has
    them with names, `clusters(number)` the cluster of each cloud, and `linked()` the
    merges from which SciPy draws a dendrogram.

    Raises as `nlot.solve`.
    """
    points = tuple(
        np.asarray(cloud, np.float64) for cloud in as_clouds("clouds", clouds, "cloud")
    )
    called = tuple(
        [f"cloud_{k + 1}" for k in range(len(points))] if names is None else names
    )
    if len(set(called)) != len(points):
        raise ValueError(
            f"names: expected {len(points)} different ones, found {list(called)}"
        )
    given = problem_of(
        Collection.Config,
        kind="collection",
        data=Given.of(Clouds(called, points), dimension=points[0].shape[1]),
        lagrangian=as_part("lagrangian", lagrangian),
        horizon=horizon,
    )
    return train_given(given, "path_costs", settings, 0, folder)
