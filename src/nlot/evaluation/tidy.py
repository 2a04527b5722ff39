"""Tidy rows: one measured number each, with what it was measured on."""

from collections.abc import Iterable

import pandas as pd

COLUMNS = ("task", "method", "seed", "measure", "value", "n", "minutes", "device")


def rows_table(
    task: str,
    method: str,
    seed: int,
    measured: Iterable[tuple[str, float, int]],
    minutes: float,
    device: str,
) -> pd.DataFrame:
    """The measures of one subject as tidy rows."""
    return pd.DataFrame(
        [
            (task, method, seed, name, value, n, minutes, device)
            for name, value, n in measured
        ],
        columns=list(COLUMNS),
    )
