"""Figures of pairs of samples, over a background density."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from nlot.evaluation.transport_case import TransportCase
from nlot.methods.capabilities import capable
from nlot.reporting.figure_kinds import Scene, drawing
from nlot.reporting.panels import draw_background, scatter, square
from nlot.reporting.style import COORDINATE, style

# Times of a path, and how many are drawn, evenly over the samples.
_TIMES, _PATHS = 60, 3


@drawing("matching")
def matching_figure(scene: Scene) -> Figure:
    """Samples and their partners in one colour, that of the sample's polar angle.

    Three paths are drawn where a row has its own between samples. Samples are those of
    the ground truth's pairs. A control that cannot be made for a problem leaves its
    panel empty.
    """
    rows = (*scene.rows, *scene.entry.controls)

    def draw(panel: Axes, name: str, row: str) -> None:
        problem, truth = scene.data[name], scene.truths[name]
        settings = scene.experiment.evaluation
        case = TransportCase(problem, None, settings, scene.seed, truth)
        subject = case.subject = scene.subject(name, row, case)
        if subject is None:
            panel.set_axis_off()
            return
        found = case.matching
        assert found is not None
        x, partner = found.x[:, :2], found.y[case.pairs][:, :2]
        colour = np.arctan2(x[:, 1], x[:, 0])
        curves: list[Any] = []
        if capable(subject, "pairs"):
            times = np.linspace(0, problem.horizon, _TIMES)
            some = np.linspace(0, len(x) - 1, _PATHS).astype(int)
            curves += list(np.asarray(subject.curves(times))[some, :, :2])
        draw_background(panel, problem, square(x, partner, *curves))
        for points in (x, partner):
            scatter(panel, points, size=5.0, c=colour, cmap=COORDINATE)
        panel.add_collection(LineCollection(curves, colors="0.2", linewidths=0.8))

    with style():
        figure, _ = scene.panels(rows, draw)
    return figure
