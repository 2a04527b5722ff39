"""How the cost of a step grows, drawn against linear growth."""

from pathlib import Path
from typing import Any

import pandas as pd

from nlot.reporting.style import SERIES, grid, save_figure, style

_PANEL = 2.2


def plot_growth(table: pd.DataFrame, path: str | Path, provenance: Any = None) -> None:
    """A panel for each group of cases that differ in size; nothing without any.

    The file holds `provenance`, plain data.
    """
    sized = table.dropna(subset=["size"])
    groups = list(sized.groupby("group", sort=False))
    if not groups:
        return
    with style():
        figure, [row] = grid(1, len(groups), panel=(_PANEL, _PANEL))
        for axes, colour, (group, rows) in zip(row, SERIES, groups, strict=False):
            rows = rows.sort_values("size")
            size, seconds = rows["size"].astype(float), rows["seconds"]
            spread = [seconds - rows["low"], rows["high"] - seconds]
            axes.errorbar(size, seconds, spread, color=colour, marker="o", ms=3)
            # Linear growth from the largest size: cost below the line grows faster.
            line = seconds.iloc[-1] * size / size.iloc[-1]
            axes.plot(size, line, color="0.6", ls="--", zorder=0)
            axes.set_xscale("log", base=2)
            axes.set_yscale("log")
            axes.set_xlabel(str(group))
            axes.set_title(rows["case"].iloc[0])
        row[0].set_ylabel("seconds per step")
        save_figure(figure, path, provenance)
