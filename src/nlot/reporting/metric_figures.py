"""The figures of metric learning: learned directions, and samples carried in time."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure

from nlot.evaluation.alignment import matrices
from nlot.reporting.figure_kinds import Scene, drawing
from nlot.reporting.metric_panels import (
    box,
    draw_data,
    draw_journey,
    frame,
    journey,
)
from nlot.reporting.panels import Limits, draw_directions
from nlot.reporting.style import FIELD, LEARNED, legend, style, time_bar

# Inches: a panel's height, space for its labels to the left and below, for the time
# bar, for title and legend.
_SIDE, _LABELS, _TICKS = 1.6, 0.3, 0.2
_BAR, _LEGEND = 0.55, 0.5


@drawing("directions")
def eigenvector_figure(scene: Scene) -> Figure:
    """Learned and true directions of cheap motion, in the plane, over the data.

    Without a true metric only the learned one is drawn.
    """

    def draw(panel: Axes, name: str, row: str, where: Limits) -> ScalarMappable:
        dots = draw_data(panel, scene.data[name])
        _draw_truth(panel, scene, name, where, linewidths=1.6, zorder=2)
        draw_directions(
            panel,
            scene.runs[name, row].metric,
            where,
            color=LEARNED,
            linewidths=0.7,
            zorder=4,
            label="learned eigenvectors",
        )
        return dots

    return _figure(scene, draw)


@drawing("journeys")
def geodesic_figure(scene: Scene) -> Figure:
    """The first measure's samples, carried through all later times.

    They follow the maps of the run, along its amortised geodesics if it has any, over
    the directions of the true metric, if there is one in the plane. Panels have the
    limits of `eigenvector_figure`: samples carried away from the data leave the panel.
    """
    shown = {
        (name, row): journey(scene.runs[name, row], data.measures[0], data.times)
        for name in scene.entry.problems
        for data in [scene.data[name]]
        for row in scene.rows
    }

    def draw(panel: Axes, name: str, row: str, where: Limits) -> ScalarMappable:
        _draw_truth(panel, scene, name, where, linewidths=0.7, zorder=0)
        return draw_journey(panel, shown[name, row])

    return _figure(scene, draw)


def _draw_truth(
    panel: Axes, scene: Scene, name: str, where: Limits, **look: Any
) -> None:
    truth: Any = getattr(scene.experiment.problems[name], "truth", None)
    if truth is None or scene.data[name].dimension != 2:
        return
    metric = partial(matrices, truth.build())
    draw_directions(
        panel, metric, where, color=FIELD, label="true eigenvectors", **look
    )


def _figure(
    scene: Scene, draw: Callable[[Axes, str, str, Limits], ScalarMappable]
) -> Figure:
    """Panels as wide as the grid and the data of their problem need."""
    names, boxes, limits = scene.entry.problems, {}, {}
    for name in names:
        measures = scene.data[name].measures
        given = getattr(scene.experiment.problems[name], "grid", None)
        boxes[name] = box(given, measures)
        limits[name] = frame([np.array(boxes[name]).T, *measures])
    widths = [float(np.ptp(x) / np.ptp(y)) for x, y in limits.values()]
    coloured: dict[str, ScalarMappable] = {}

    def fill(panel: Axes, name: str, row: str) -> None:
        x, y = limits[name]
        panel.set(xlim=x, ylim=y, aspect="equal")
        coloured[name] = draw(panel, name, row, boxes[name])

    with style():
        figure, axes = scene.panels(scene.rows, fill, widths=widths)
        width = sum(widths) * _SIDE + len(widths) * _LABELS + _BAR
        height = len(axes) * (_SIDE + _TICKS) + _LEGEND
        figure.set_size_inches(np.array([width, height]) + scene.room(len(axes)))
        legend(figure, 4, markerscale=2.5)
        time_bar(figure, coloured[names[0]], "time")
    return figure
