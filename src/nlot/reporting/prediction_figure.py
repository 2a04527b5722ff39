"""Figures of populations that are predicted at held-out times."""

from typing import Any, cast

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nlot.evaluation.sequence_case import Compared, SequenceCase
from nlot.reporting.figure_kinds import Scene, drawing
from nlot.reporting.metric_panels import frame
from nlot.reporting.panels import scatter
from nlot.reporting.style import PUSHED, TARGET, legend, style


@drawing("predictions")
def prediction_figure(scene: Scene) -> Figure:
    """Predicted points over the samples of held-out times, as many of both.

    A row for each method and control, a column for each problem, all within the limits
    of the samples.
    """
    rows = (*scene.rows, *scene.entry.controls)

    def draw(panel: Axes, name: str, row: str) -> None:
        settings = cast(Any, scene.experiment.problems[name])
        data = scene.data[name]
        case = SequenceCase(settings, data, None, scene.seed)
        case.subject = scene.subject(name, row, case)
        found = [case.compared(time) for time in data.unseen]
        x, y = frame(list(data.unseen.values()))
        panel.set(xlim=x, ylim=y, aspect="equal")
        samples = np.concatenate([part.samples for part in found])
        points = np.concatenate([_as_many(part, scene.seed) for part in found])
        scatter(panel, samples[:, :2], size=3.0, color=TARGET, label="held out")
        scatter(panel, points[:, :2], size=1.5, color=PUSHED, label="predicted")

    with style():
        figure, _ = scene.panels(rows, draw)
        legend(figure, 2, markerscale=2.5, handletextpad=0.1)
    return figure


def _as_many(found: Compared, seed: int) -> Float[np.ndarray, "m d"]:
    """As many predicted points as there are samples, by their weights."""
    rng, number = np.random.default_rng(seed), len(found.samples)
    return found.points[rng.choice(len(found.points), number, p=found.weights)]
