"""How the cost of a step grows, and how that of a training does, with its memory."""

from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.cases import SCALE
from nlot.config import settings_class
from nlot.reporting.style import SERIES, grid, legend, save_figure, style

_PANEL = 2.2
_MARKERS = "osv^D"
_AXES = {
    "samples": "samples of a measure, or pairs of points",
    "coordinates": "dimension",
    "measures": "measures",
}
_PARTS = {
    "seconds": "seconds of a hundredth of the steps",
    "peak_mb": "peak memory, MB",
}


def plot_growth(table: pd.DataFrame, path: str | Path, provenance: Any = None) -> None:
    """A panel for each group of steps that differ in size; nothing without any.

    The file holds `provenance`, plain data.
    """
    sized = table[~table["group"].isin(SCALE)].dropna(subset=["size"])
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


def plot_scale(table: pd.DataFrame, path: str | Path, provenance: Any = None) -> None:
    """Time and memory of trainings by every method; nothing without any.

    Methods for one kind of problem have one colour. The file holds `provenance`.
    """
    groups = [group for group in SCALE if (table["group"] == group).any()]
    if not groups:
        return
    rows = table[table["group"].isin(groups)]
    methods = list(rows["case"].unique())
    settings: Any = {method: settings_class("method", method) for method in methods}
    kinds = {method: found.problems[0] for method, found in settings.items()}
    looks = {}
    for kind, colour in zip(dict.fromkeys(kinds.values()), SERIES, strict=False):
        alike = [method for method in methods if kinds[method] == kind]
        for number, method in enumerate(alike):
            again, marker = divmod(number, len(_MARKERS))
            look = {"color": colour, "marker": _MARKERS[marker]}
            looks[method] = {**look, "ls": "--" if again else "-"}
    with style():
        figure, panels = grid(len(_PARTS), len(groups), panel=(_PANEL, _PANEL))
        for line, (part, label) in zip(panels, _PARTS.items(), strict=True):
            line[0].set_ylabel(label)
            for axes, group in zip(line, groups, strict=True):
                axes.set(xscale="log", yscale="log", xlabel=_AXES[group])
                for method, found in rows[rows["group"] == group].groupby("case"):
                    axes.plot(
                        found["size"].astype(float),
                        found[part],
                        ms=3,
                        lw=0.8,
                        label=method,
                        **looks[method],
                    )
        legend(figure, 5)
        save_figure(figure, path, provenance)
