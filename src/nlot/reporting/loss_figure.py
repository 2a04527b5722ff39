"""Where on the source a map is worse than the optimal one."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from nlot.evaluation.controls import Translation
from nlot.reporting.figure_kinds import Scene, drawing
from nlot.reporting.panels import scatter
from nlot.reporting.style import style
from nlot.training.streams import stream

TRANSLATION = "translation"
_PERCENT = 100.0
# Quantile of the losses in a column at which its colours end.
_SHOWN = 0.99
# The smallest loss, in percent, of the darkest colour: less is rounding.
_LEAST = 0.01


@drawing("losses")
def loss_figure(scene: Scene) -> Figure:
    """Losses of maps at each point of the source, with the translation's first.

    Points are coloured by their loss: the cost under the nearest coupling minus the
    optimal dual variables, in percent of the optimal cost. The mean, `coupling_gap`, is
    in a corner. Points on the line are drawn against their loss.
    """
    rows, names = (TRANSLATION, *scene.rows), scene.entry.problems
    shown = {(name, row): _losses(scene, name, row) for name in names for row in rows}
    dots: dict[str, PathCollection] = {}

    def draw(panel: Axes, name: str, row: str) -> None:
        every = np.concatenate([shown[name, other] for other in rows])
        top = max(float(np.quantile(every, _SHOWN)), _LEAST)
        x, loss = scene.truths[name].x, shown[name, row]
        order = np.argsort(loss)
        points = x[:, :2] if x.shape[1] > 1 else np.column_stack([x, loss])
        dots[name] = scatter(
            panel,
            points[order],
            size=4.0,
            c=loss[order],
            cmap="magma_r",
            norm=PowerNorm(0.5, vmin=0.0, vmax=top),
        )
        panel.set_title(f"{loss.mean():.3f} %", loc="right", fontsize=6, pad=2)

    with style():
        figure, axes = scene.panels(rows, draw, "left", panel=(1.65, 1.25))
        for column, name in enumerate(names):
            bar = figure.colorbar(
                dots[name],
                ax=[line[column] for line in axes],
                location="bottom",
                aspect=25,
                pad=0.02,
                extend="max",
            )
            bar.set_label("loss, % of the optimal cost")
    return figure


def _losses(scene: Scene, name: str, row: str) -> Float[np.ndarray, " n"]:
    """The loss at each point of the truth, in percent of the optimal cost."""
    truth = scene.truths[name]
    if row == TRANSLATION:
        subject: Any = Translation(scene.runs[name, scene.rows[0]].problem)
    else:
        subject = scene.runs[name, row]
    key = stream(scene.seed, "evaluation/truth")
    pushed = subject.transport(jnp.asarray(truth.x, jnp.float32), key)
    return _PERCENT * truth.losses(np.asarray(pushed, np.float64)) / truth.optimum
