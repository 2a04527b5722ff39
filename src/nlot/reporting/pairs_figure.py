"""Figures of maps that should meet known pairs."""

from typing import Any, cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from nlot.evaluation.pairs_case import PairsCase
from nlot.measures.pairs import Paired
from nlot.reporting.figure_kinds import Scene, drawing
from nlot.reporting.panels import scatter, square
from nlot.reporting.style import SOURCE, TARGET, legend, style

# Displacements that are drawn, evenly over the samples.
_SHOWN = 48


@drawing("pairs")
def pairs_figure(scene: Scene) -> Figure:
    """Displacements of samples by each map; those of known pairs are dotted.

    A control that cannot be made for a problem leaves its panel empty.
    """
    rows = (*scene.rows, *scene.entry.controls)

    def draw(panel: Axes, name: str, row: str) -> None:
        problem = scene.data[name]
        subject = scene.subject(name, row, _case(scene, name))
        if subject is None:
            panel.set_axis_off()
            return
        last = len(problem.source) - 1
        some = np.linspace(0, last, min(_SHOWN, last + 1)).astype(int)
        start = problem.source[some]
        moved = np.stack([start, np.asarray(subject.transport(start))], 1)[..., :2]
        i, j = problem.pairs[: len(some)].T
        known = np.stack([problem.source[i], problem.target[j]], 1)[..., :2]
        limits = square(problem.source[:, :2], problem.target[:, :2], moved[:, 1])
        panel.set(xlim=limits[0], ylim=limits[1], aspect="equal")
        grey: Any = {"colors": "0.4", "linewidths": 0.6}
        panel.add_collection(LineCollection(list(moved), **grey))
        panel.add_collection(LineCollection(list(known), **grey, linestyles="dotted"))
        scatter(panel, problem.source[:, :2], size=4.0, color=SOURCE, label="source")
        scatter(panel, problem.target[:, :2], size=4.0, color=TARGET, label="target")

    with style():
        figure, _ = scene.panels(rows, draw)
        legend(figure, 2)
    return figure


def _case(scene: Scene, name: str) -> PairsCase:
    """What controls are made of: the samples and pairs that methods see."""
    problem, settings = scene.data[name], cast(Any, scene.experiment.problems[name])
    none = np.zeros((0, problem.dimension))
    given = problem.source, problem.target, problem.pairs, len(problem.pairs)
    data = Paired(*given, none, none)
    return PairsCase(data, None, scene.experiment.evaluation, scene.seed, settings.cost)
