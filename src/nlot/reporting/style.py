"""The look of the figures, and how they are written."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from nlot.files import whole_file

# Inches; a figure of two panels fills a column, one of four a page.
PANEL = 1.65
_RESOLUTION = 300
# Without dates, so that the same figure is the same file.
_METADATA: dict[str, dict[str, Any]] = {
    ".pdf": {"CreationDate": None},
    ".png": {"Software": None},
}

# Okabe and Ito's colours, which the colour-blind tell apart.
_OKABE_ITO = sns.color_palette("colorblind")
SOURCE, TARGET, PUSHED = _OKABE_ITO[0], "0.5", _OKABE_ITO[3]
SERIES = [_OKABE_ITO[i] for i in (0, 3, 2, 4, 1, 5)]
# Time along a path: from the source's colour to that of the transported points.
TIME = LinearSegmentedColormap.from_list("time", [SOURCE, _OKABE_ITO[4], PUSHED])
OBSTACLE = LinearSegmentedColormap.from_list("obstacle", ["white", "0.78"])
FIELD = "0.6"
BACKDROP = "0.85"
# A coordinate of the source; perceptually uniform, without its palest end.
COORDINATE = LinearSegmentedColormap.from_list(
    "coordinate", mpl.colormaps["viridis"](range(0, 236))
)

_STYLE = {
    **sns.axes_style("ticks"),
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 7,
    "axes.labelsize": 7,
    "axes.titlesize": 8,
    "xtick.labelsize": 6,
    "ytick.labelsize": 6,
    "legend.fontsize": 7,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "lines.linewidth": 1.0,
    # Letters as outlines that journals accept.
    "pdf.fonttype": 42,
    "savefig.dpi": _RESOLUTION,
    "figure.dpi": _RESOLUTION,
}


@contextmanager
def style() -> Iterator[None]:
    """Draw in the style of the figures; the caller's settings return afterwards."""
    with mpl.rc_context(_STYLE):
        yield


def grid(
    rows: int, columns: int, panel: tuple[float, float] = (PANEL, PANEL)
) -> tuple[Figure, list[list[Axes]]]:
    """A figure of `rows` × `columns` panels of the given size in inches.

    It belongs to no window and no list of open figures.
    """
    figure = Figure(
        figsize=(columns * panel[0] + 0.2, rows * panel[1] + 0.35),
        layout="constrained",
    )
    return figure, figure.subplots(rows, columns, squeeze=False).tolist()


def save_figure(figure: Figure, path: str | Path) -> None:
    """Write `figure` to `path`, in the format that its suffix names.

    The same figure gives the same bytes. Raises `ValueError` for a suffix other than
    `.pdf` and `.png`.
    """
    suffix = Path(path).suffix
    if suffix not in _METADATA:
        raise ValueError(f"unknown format {suffix!r}; valid: {', '.join(_METADATA)}")
    with style(), whole_file(path) as temporary:
        figure.savefig(temporary, metadata=_METADATA[suffix])
