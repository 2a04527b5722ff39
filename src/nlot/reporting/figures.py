"""The figures: transported paths, where maps send points, training curves."""

from collections.abc import Mapping
from itertools import cycle

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullFormatter

from nlot.config import FigureConfig
from nlot.costs.closed_forms import closed_form
from nlot.methods.nlsb.run import BridgeRun
from nlot.reporting.labels import method_label
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
    style,
    time_bar,
)
from nlot.runs.transport import Run
from nlot.training.streams import stream

# Samples scattered beside paths, and where ridges of the map are to show.
_SAMPLES = 256
_PUSHED = 2048
_CURVES_A_ROW = 3
# Reports below which each is marked.
_FEW = 10
# Largest over smallest value from which a logarithmic scale reads better.
_LOGARITHMIC = 30.0


def transport_figure(
    runs: Mapping[tuple[str, str], Run | BridgeRun], section: FigureConfig
) -> Figure:
    """Figures 1 and 2: a column of panels a task, a row a method or variant of one.

    `runs` holds the run of `section.seed` for each task of `section` and each row. The
    panels of a task show the same samples within the same limits.
    """
    methods = list(dict.fromkeys(method for _, method in runs))
    shown = {
        (task, method): transport(
            runs[task, method], section.seed, _SAMPLES, section.paths
        )
        for task in section.tasks
        for method in methods
    }
    with style():
        figure, axes = grid(len(methods), len(section.tasks))
        for column, task in enumerate(section.tasks):
            limits = square(
                *(part for method in methods for part in shown[task, method])
            )
            for row, method in enumerate(methods):
                panel = axes[row][column]
                draw_background(panel, runs[task, method].task, limits)
                lines = draw_transport(panel, shown[task, method])
                few_ticks(panel)
            axes[0][column].set_title(task)
        for row, method in enumerate(methods):
            axes[row][0].set_ylabel(method_label(method))
        figure.legend(
            *axes[0][0].get_legend_handles_labels(),
            loc="outside lower center",
            ncols=3,
            frameon=False,
            markerscale=2.5,
            handletextpad=0.1,
        )
        time_bar(figure, lines, "time along the path")
    return figure


def map_figure(run: Run | BridgeRun, seed: int) -> Figure:
    """Where a run sends points: on the target, and y₂ against x₂.

    Ridges show as curves on which pushed points gather, jumps as breaks of y₂. Points
    have the colour of the x₂ they come from. Each map of the run has a row of its own.
    A map of the line is a curve, y against x.
    """
    if run.task.dimension == 1:
        return _line_figure(run, seed)
    source_key, target_key = jax.random.split(stream(seed, "figures"))
    x = run.task.source.sample(source_key, _PUSHED)
    target = np.asarray(run.task.target.sample(target_key, _PUSHED))[:, :2]
    images = {name: np.asarray(y)[:, :2] for name, y in run.maps(x).items()}
    height = np.asarray(x)[:, 1]
    with style():
        figure, axes = grid(len(images), 2, panel=(1.9, 1.8))
        figure.suptitle(_title(run, seed), fontsize=8)
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


def _line_figure(run: Run | BridgeRun, seed: int) -> Figure:
    """A panel a map of the line: its graph over samples, on that of the optimal map."""
    source_key, _ = jax.random.split(stream(seed, "figures"))
    x = jnp.sort(run.task.source.sample(source_key, _PUSHED), axis=0)
    images = {name: np.asarray(y) for name, y in run.maps(x).items()}
    truth = closed_form(run.task)
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


def training_figure(history: pd.DataFrame, title: str) -> Figure:
    """Training curves: a panel a logged quantity, a colour a phase.

    `history` is a run's history.csv: columns `phase`, `step` and the quantities, empty
    where a phase does not log them.
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
        handles = {
            str(line.get_label()): line for panel in panels for line in panel.lines
        }
        figure.legend(
            handles.values(),
            handles.keys(),
            loc="outside lower center",
            ncols=len(handles),
            frameon=False,
        )
    return figure


def _draw_curves(axes: Axes, history: pd.DataFrame, name: str) -> None:
    for phase, colour in zip(history["phase"].unique(), cycle(SERIES)):
        part = history[history["phase"] == phase].dropna(subset=name)
        # A phase that reported once draws no line.
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
    # The same steps in all panels, also where a phase logs nothing.
    axes.set_xlim(0, 1.02 * history["step"].max())
    axes.set(title=name.replace("_", " "), xlabel="step")
    axes.xaxis.set_major_locator(MaxNLocator(4))


def _title(run: Run | BridgeRun, seed: int) -> str:
    return f"{method_label(run.header['method'])}, {run.header['task']}, seed {seed}"
