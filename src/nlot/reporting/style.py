"""The style of the figures, and how they are written."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.ticker import MaxNLocator
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from nlot.provenance.files import whole_file
from nlot.reporting.stamps import metadata

# Inches; a figure of two panels fills a column, one of four a page.
PANEL = 1.65
_RESOLUTION = 300
# Of the figure's width. Text is set a little wider at other resolutions.
_LEGEND_WIDTH = 0.97
# Of images for the screen, of which a report holds hundreds.
_SCREEN, _COLOURS = 150, 48

# Okabe and Ito's colours, which colour-blind readers can distinguish.
_OKABE_ITO = sns.color_palette("colorblind")
SOURCE, TARGET, PUSHED = _OKABE_ITO[0], "0.5", _OKABE_ITO[3]
SERIES = [_OKABE_ITO[i] for i in (0, 3, 2, 4, 1, 5)]
# Time along a path: from the source's colour to that of the transported points.
TIME = LinearSegmentedColormap.from_list("time", [SOURCE, _OKABE_ITO[4], PUSHED])
# Time of measures: lighter is later.
AGE = LinearSegmentedColormap.from_list("age", ["#08306b", SOURCE, "#a6d4f2"])
OBSTACLE = LinearSegmentedColormap.from_list("obstacle", ["white", "0.78"])
FIELD = "0.6"
LEARNED, START = _OKABE_ITO[3], _OKABE_ITO[1]
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
    # TrueType fonts, which journals accept.
    "pdf.fonttype": 42,
    "savefig.dpi": _RESOLUTION,
    "figure.dpi": _RESOLUTION,
}


@contextmanager
def style() -> Iterator[None]:
    """Draw in the style of the figures, then restore the caller's settings."""
    with mpl.rc_context(_STYLE):
        yield


def grid(
    rows: int,
    columns: int,
    panel: tuple[float, float] = (PANEL, PANEL),
    widths: Sequence[float] | None = None,
) -> tuple[Figure, list[list[Axes]]]:
    """A figure of `rows` × `columns` panels of the given size in inches.

    `widths` are factors of the columns' widths, 1 if not given. The figure is not
    registered with pyplot.
    """
    widths = [1.0] * columns if widths is None else widths
    figure = Figure(
        figsize=(sum(widths) * panel[0] + 0.2, rows * panel[1] + 0.35),
        layout="constrained",
    )
    axes = figure.subplots(rows, columns, squeeze=False, width_ratios=widths)
    return figure, axes.tolist()


def seen(dimension: int) -> str:
    """What is seen of a problem in more than two dimensions; else nothing."""
    return f"first two of {dimension} coordinates" if dimension > 2 else ""


def name_coordinates(axes: Axes, left: str = "") -> None:
    """Name the two coordinates shown of more; the text `left` of the panel stays."""
    label = "\n".join(filter(None, [left, "coordinate 2"]))
    axes.set(xlabel="coordinate 1", ylabel=label)


def few_ticks(axes: Axes) -> None:
    """At most five ticks at round numbers on both axes."""
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))


def legend(figure: Figure, columns: int, **look: Any) -> None:
    """A legend below all panels, with each of their labels once.

    It has at most `columns` columns, and as few as its figure has room for. A figure
    grows by the rows after the first, so that its panels keep their size.
    """
    named = {
        str(label): handle
        for panel in figure.axes
        for handle, label in zip(*panel.get_legend_handles_labels(), strict=True)
    }

    def drawn(columns: int) -> Legend:
        return figure.legend(
            named.values(),
            named.keys(),
            loc="outside lower center",
            ncols=columns,
            frameon=False,
            **look,
        )

    columns = min(columns, len(named))
    made = drawn(columns)
    first = size = made.get_window_extent()
    while size.width > _LEGEND_WIDTH * figure.bbox.width and columns > 1:
        made.remove()
        columns -= 1
        made = drawn(columns)
        size = made.get_window_extent()
    width, height = figure.get_size_inches()
    figure.set_size_inches(width, height + (size.height - first.height) / figure.dpi)


def time_bar(figure: Figure, coloured: ScalarMappable, label: str) -> None:
    """A colour bar for times from 0 to T, to the right of all panels."""
    bar = figure.colorbar(coloured, ax=figure.axes, aspect=30, pad=0.01, ticks=[0, 1])
    bar.ax.set_yticklabels(["0", "T"])
    bar.set_label(label, labelpad=-4)
    bar.outline.set_visible(False)


def save_figure(figure: Figure, path: str | Path, provenance: Any = None) -> None:
    """Write `figure` to `path`, in the format that its suffix names.

    `provenance`, plain data, is kept in the file; `nlot.reporting.stamps` reads it. The
    same figure with the same provenance gives the same bytes. A PDF is for print; a PNG
    is small, for the screen. Raises `ValueError` for any other suffix.
    """
    suffix = Path(path).suffix
    about = metadata(suffix, provenance)
    # Opened here because Matplotlib does not close a file if writing fails.
    with style(), whole_file(path) as temporary, temporary.open("wb") as file:
        # The layout settles only in a second drawing: titles may leave the first.
        figure.draw_without_rendering()
        if suffix == ".pdf":
            figure.savefig(file, format="pdf", metadata=about)
            return
        drawn, notes = BytesIO(), PngInfo()
        figure.savefig(drawn, format="png", dpi=_SCREEN)
        for key, text in about.items():
            notes.add_text(key, text)
        with Image.open(drawn) as image:
            shown = image.convert("RGB").quantize(_COLOURS)
        shown.save(file, "PNG", optimize=True, pnginfo=notes)
