"""Figures of transported paths, of maps, and of training curves."""

from itertools import cycle
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, Float
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullFormatter

from nlot.costs.closed_forms import closed_form
from nlot.methods import row_label
from nlot.reporting.figure_kinds import Scene, drawing
from nlot.reporting.panels import (
    draw_background,
    draw_transport,
    scatter,
    square,
    transport,
)
from nlot.reporting.style import (
    BACKDROP,
    COORDINATE,
    SERIES,
    few_ticks,
    grid,
    legend,
    seen,
    style,
    time_bar,
)
from nlot.training.streams import stream

# Samples shown with paths, and in figures of maps, where ridges should be visible.
_SAMPLES = 256
_PUSHED = 2048
_CURVES_A_ROW = 3
# Entries in a row of the legend.
_PHASES = 6
# Number of reports below which each is marked.
_FEW = 10
# Ratio of largest to smallest value above which the scale is logarithmic.
_LOGARITHMIC = 30.0


@drawing("paths")
def transport_figure(scene: Scene) -> Figure:
    """Paths of transported points over the geometry that they cross.

    The panels of a problem show the same samples within the same limits.
    """
    rows, names = scene.rows, scene.entry.problems
    shown = {
        (name, row): transport(
            scene.runs[name, row], scene.seed, _SAMPLES, scene.entry.paths
        )
        for name in names
        for row in rows
    }
    lines: dict[str, LineCollection] = {}

    def draw(panel: Axes, name: str, row: str) -> None:
        limits = square(*(part for row in rows for part in shown[name, row]))
        draw_background(panel, scene.runs[name, row].problem, limits)
        lines[name] = draw_transport(panel, shown[name, row])

    with style():
        figure, _ = scene.panels(rows, draw)
        legend(figure, 3, markerscale=2.5, handletextpad=0.1)
        time_bar(figure, lines[names[0]], "time along the path")
    return figure


def map_figure(run: Any, seed: int) -> Figure:
    """The images of a run's map: over the target, and as y₂ against x₂.

    Ridges show as curves on which images gather, jumps as breaks in y₂. Images are
    coloured by the x₂ of their source point. Each variant of the run has its own row.
    The title says if there are more coordinates. A map on the line is a curve, y
    against x.

    **Arguments:** a run with the capability `map`, and the seed of the points drawn.
    """
    problem = run.problem
    source_key, target_key = jax.random.split(stream(seed, "figures"))
    x = problem.source.sample(source_key, _PUSHED)
    if problem.dimension == 1:
        return _line_figure(run, seed, jnp.sort(x, axis=0))
    target = np.asarray(problem.target.sample(target_key, _PUSHED))[:, :2]
    images = {name: y[:, :2] for name, y in _images(run, x).items()}
    height = np.asarray(x)[:, 1]
    with style():
        figure, axes = grid(len(images), 2, panel=(1.9, 1.8))
        title = filter(None, [_title(run, seed), seen(problem.dimension)])
        figure.suptitle("\n".join(title), fontsize=8)
        for (left, right), (name, y) in zip(axes, images.items(), strict=True):
            scatter(left, target, size=3.0, color=BACKDROP)
            scatter(left, y, size=1.5, c=height, cmap=COORDINATE)
            left.set(xlabel="$y_1$", ylabel="$y_2$")
            left.set_title(name, loc="left")
            # The second panel is the key to the first one's colours.
            across = np.stack([height, y[:, 1]], axis=1)
            scatter(right, across, size=1.5, c=height, cmap=COORDINATE)
            right.set(ylim=left.get_ylim(), xlabel="$x_2$", ylabel="$y_2$")
            for panel in (left, right):
                few_ticks(panel)
    return figure


def _line_figure(run: Any, seed: int, x: Float[Array, "n 1"]) -> Figure:
    """One panel per map on the line: its graph at samples, over the optimal map's."""
    images, problem = _images(run, x), run.problem
    truth = closed_form(
        problem.source, problem.target, problem.lagrangian, problem.horizon
    )
    with style():
        figure, axes = grid(1, len(images), panel=(1.9, 1.8))
        figure.suptitle(_title(run, seed), fontsize=8)
        for panel, (name, y) in zip(axes[0], images.items(), strict=True):
            if truth is not None:
                panel.plot(x[:, 0], truth.map(x)[:, 0], color=BACKDROP, linewidth=3)
            scatter(panel, np.hstack([x, y]), size=1.5, color=SERIES[0])
            panel.set(xlabel="$x$", ylabel="$y$")
            panel.set_title(name, loc="left")
            few_ticks(panel)
    return figure


def _images(run: Any, x: Float[Array, "n d"]) -> dict[str, Float[np.ndarray, "n d"]]:
    """The images of points under the variants of a run, by label."""
    return {
        row_label(run.config.kind, variant.variant): np.asarray(variant.transport(x))
        for variant in run.variants
    }


def training_figure(history: pd.DataFrame, title: str) -> Figure:
    """Training curves: one panel per logged quantity, one colour per phase.

    **Arguments:** a run's history.csv, with the columns `phase`, `step` and the
    quantities, empty where a phase does not log them; and the figure's title.
    """
    quantities = [name for name in history if name not in {"phase", "step"}]
    columns = min(len(quantities), _CURVES_A_ROW)
    rows = -(-len(quantities) // columns)
    with style():
        figure, _ = grid(rows, columns, panel=(2.2, 1.4))
        figure.suptitle(title, fontsize=8)
        panels = figure.axes
        for panel, name in zip(panels, quantities, strict=False):
            _draw_curves(panel, history, str(name))
        for panel in panels[len(quantities) :]:
            panel.remove()
        legend(figure, _PHASES)
    return figure


def _draw_curves(axes: Axes, history: pd.DataFrame, name: str) -> None:
    for phase, colour in zip(history["phase"].unique(), cycle(SERIES)):
        part = history[history["phase"] == phase].dropna(subset=name)
        # A phase with a single report draws no line.
        size = 2 if len(part) < _FEW else 0
        axes.plot(
            part["step"],
            part[name],
            color=colour,
            label=phase,
            marker="o",
            markersize=size,
        )
    values = history[name].dropna()
    if values.min() > 0 and values.max() > _LOGARITHMIC * values.min():
        axes.set_yscale("log")
        axes.yaxis.set_minor_formatter(NullFormatter())
    # The same steps in all panels, even where a phase logs nothing.
    axes.set_xlim(0, 1.02 * history["step"].max())
    axes.set(title=name.replace("_", " "), xlabel="step")
    axes.xaxis.set_major_locator(MaxNLocator(4))


def _title(run: Any, seed: int) -> str:
    return f"{run.header['method']}, {run.header['problem']}, seed {seed}"
