"""Learns a cost from arrays, and from what is known of the map between them."""

from pathlib import Path
from typing import Any

import numpy as np

from nlot.config.given import Given
from nlot.problems.pairs import Pairs
from nlot.runs.parts import as_part
from nlot.runs.solving import check_columns, problem_of, train_given


def learn_cost(
    source: Any,
    target: Any,
    pairs: Any = (),
    *,
    method: str = "monge_cost_plus",
    settings: dict[str, Any] | None = None,
    seed: int = 0,
    folder: str | Path | None = None,
) -> Any:
    """Learn the cost under which the optimal map meets what is known of it.

    **Arguments:**

    - `source`, `target`: samples of shape (n, d) and (m, d), d at least 2.
    - `pairs`: rows (i, j), each of which says that the image of `source[i]` is
      `target[j]`; others are unknown. Without pairs, name another loss in `settings`:
      {"loss": {"kind": "low_rank", "rank": 1}}.
    - `method`: a kind of method for problems of kind `pairs`; `settings`: what of its
      default settings to change.
    - `seed`, `folder`: as those of `nlot.solve`.

    **Returns:** the trained run, with the capabilities of its method
    (`nlot.methods.capabilities`): `run.transport(x)` are images of any points,
    `run.costs(x, y)` the learned costs.

    Raises as `nlot.solve`.
    """
    check_columns(source, target)
    parts: Any = [as_part("source", source), as_part("target", target)]
    x, y = (part.build().exact for part in parts)
    if x.shape[1] != y.shape[1]:
        raise ValueError(f"target has dimension {y.shape[1]}, source has {x.shape[1]}")
    known = Pairs.of(x, y, _rows(pairs))
    data = Given.of(known, dimension=known.dimension)
    given = problem_of(Pairs.Config, kind="pairs", data=data)
    return train_given(given, method, settings, seed, folder)


def _rows(pairs: Any) -> np.ndarray:
    """Pairs as integers of shape (k, 2)."""
    rows = np.asarray(pairs)
    if rows.size == 0:
        return np.zeros((0, 2), int)
    if rows.ndim != 2 or rows.shape[1] != 2 or rows.dtype.kind not in "iu":
        raise ValueError(
            "pairs: expected integers of shape (k, 2), rows of both, found "
            f"{rows.dtype} of shape {rows.shape}"
        )
    return rows.astype(int)
