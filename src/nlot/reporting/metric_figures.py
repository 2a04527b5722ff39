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
    Box,
    box,
    draw_data,
    draw_directions,
    draw_journey,
    frame,
    journey,
)
from nlot.reporting.panels import name_coordinates
from nlot.reporting.style import FIELD, LEARNED, few_ticks, grid, style, time_bar

# Inches: a panel's height, room for the labels beside it and below it, for names of
# coordinates, for the bar of times, for title and legend, and the width that all of the
# legend's entries need.
_SIDE, _LABELS, _TICKS, _NAMES = 1.6, 0.3, 0.2, 0.2
_BAR, _LEGEND, _WIDE = 0.55, 0.5, 3.6


@drawing("directions", problems=("sequence",), needs="metric")
def eigenvector_figure(scene: Scene) -> Figure:
    """Learned and true directions of cheap motion, in the plane, over the data.

    Without a true metric only the learned one is drawn.
    """

    def draw(panel: Axes, name: str, row: str, where: Box) -> ScalarMappable:
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


@drawing("journeys", problems=("sequence",), needs="carry")
def geodesic_figure(scene: Scene) -> Figure:
    """The first measure's samples, carried through all later times.

    They follow the maps of the run, along its amortised geodesics if it has any, over
    the directions of the true metric, where there is one in the plane. Panels and their
    limits are those of `eigenvector_figure`: what is carried away from the data leaves
    the panel.
    """
    shown = {
        (name, row): journey(scene.runs[name, row], scene.data[name].measures[0])
        for name in scene.entry.problems
        for row in scene.rows
    }

    def draw(panel: Axes, name: str, row: str, where: Box) -> ScalarMappable:
        _draw_truth(panel, scene, name, where, linewidths=0.7, zorder=0)
        return draw_journey(panel, shown[name, row])

    return _figure(scene, draw)


def _draw_truth(panel: Axes, scene: Scene, name: str, where: Box, **look: Any) -> None:
    truth: Any = getattr(scene.experiment.problems[name], "truth", None)
    if truth is None or scene.data[name].dimension != 2:
        return
    metric = partial(matrices, truth.build())
    draw_directions(
        panel, metric, where, color=FIELD, label="true eigenvectors", **look
    )


def _figure(
    scene: Scene, draw: Callable[[Axes, str, str, Box], ScalarMappable]
) -> Figure:
    """Panels as wide as the grid and the data of their problem ask for."""
    names = scene.entry.problems
    boxes, limits = {}, {}
    for name in names:
        measures = scene.data[name].measures
        given = getattr(scene.experiment.problems[name], "grid", None)
        boxes[name] = box(given, measures)
        limits[name] = frame(boxes[name], measures)
    widths = [float(np.ptp(x) / np.ptp(y)) for x, y in limits.values()]
    with style():
        figure, axes = grid(len(scene.rows), len(names), widths=widths)
        named = _NAMES * any(scene.data[name].dimension > 2 for name in names)
        width = sum(widths) * _SIDE + len(widths) * (_LABELS + named) + _BAR
        height = len(axes) * (_SIDE + _TICKS + named) + _LEGEND
        figure.set_size_inches(width, height)
        for line, row in zip(axes, scene.rows, strict=True):
            line[0].set_ylabel(scene.label(row))
            for panel, name in zip(line, names, strict=True):
                x, y = limits[name]
                panel.set(xlim=x, ylim=y, aspect="equal")
                coloured = draw(panel, name, row, boxes[name])
                name_coordinates(panel, scene.data[name].dimension)
                few_ticks(panel)
        for panel, name in zip(axes[0], names, strict=True):
            panel.set_title(name)
        handles = {
            label: handle
            for panel in figure.axes
            for handle, label in zip(*panel.get_legend_handles_labels(), strict=True)
        }
        figure.legend(
            handles.values(),
            handles.keys(),
            loc="outside lower center",
            ncols=len(handles) if width > _WIDE else 1,
            frameon=False,
            markerscale=2.5,
        )
        time_bar(figure, coloured, "time")
    return figure
