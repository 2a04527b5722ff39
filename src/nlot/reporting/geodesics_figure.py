"""Figures of paths between given pairs of points, over a background density."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nlot.reporting.figure_kinds import Scene, drawing
from nlot.reporting.labels import row_label
from nlot.reporting.panels import draw_background, scatter, square
from nlot.reporting.style import SERIES, SOURCE, TARGET, legend, style

# Times of a path.
_TIMES = 200
# Lines: the first row's is widest, and those of later ones are dashed over it.
_WIDE, _THIN = 2.2, 0.9
_DASHES = ("-", "--", ":", "-.")


@drawing("geodesics")
def geodesics_figure(scene: Scene) -> Figure:
    """The paths of all methods, one over the other, one panel for each problem."""
    s = np.linspace(0, 1, _TIMES)
    rows = scene.rows
    shown = {
        (name, row): scene.runs[name, row].positions(s)[..., :2]
        for name in scene.entry.problems
        for row in rows
    }

    def draw(panel: Axes, name: str, _: str) -> None:
        limits = square(*(shown[name, row] for row in rows))
        problem = scene.runs[name, rows[0]].problem
        draw_background(panel, problem, limits)
        for number, row in enumerate(rows):
            for path in shown[name, row]:
                panel.plot(
                    *path.T,
                    color=SERIES[number % len(SERIES)],
                    linestyle=_DASHES[number % len(_DASHES)],
                    linewidth=_THIN if number else _WIDE,
                    label=row_label(scene.experiment, row),
                )
        scatter(panel, problem.starts[:, :2], size=9.0, color=SOURCE, label="start")
        scatter(panel, problem.ends[:, :2], size=9.0, color=TARGET, label="end")

    with style():
        figure, _ = scene.panels([""], draw)
        legend(figure, 4)
    return figure
