"""The figures of metric learning: learned directions, and samples carried in time."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure

from nlot.config import Config, MetricFigureConfig
from nlot.evaluation.alignment import matrices
from nlot.measures.sequences import Sequence
from nlot.problems.transport import build_metric
from nlot.reporting.labels import method_label
from nlot.reporting.metric_panels import (
    draw_data,
    draw_directions,
    draw_journey,
    frame,
    journey,
)
from nlot.reporting.style import FIELD, LEARNED, few_ticks, grid, style, time_bar
from nlot.runs.metric import MetricRun

Runs = Mapping[tuple[str, str], MetricRun]
Sequences = Mapping[str, Sequence]
# Inches: a panel's height, room for the labels beside it and below it, for the bar of
# times, for title and legend, and the width that all of the legend's entries need.
_SIDE, _LABELS, _TICKS, _BAR, _LEGEND, _WIDE = 1.6, 0.3, 0.2, 0.55, 0.5, 3.6


def eigenvector_figure(
    runs: Runs, sequences: Sequences, section: MetricFigureConfig, config: Config
) -> Figure:
    """Figure 3: learned and true directions of cheap motion, over the data.

    A column of panels a sequence, a row a learner. `runs` holds the run of
    `section.seed` for each (sequence, learner) of `section`, and `sequences` the
    samples it was trained on. Without a true metric only the learned one is drawn.
    """

    def draw(panel: Axes, name: str, learner: str) -> ScalarMappable:
        dots = draw_data(panel, sequences[name])
        _draw_truth(panel, config, name, linewidths=1.6, zorder=2)
        draw_directions(
            panel,
            runs[name, learner].metric,
            config.sequences[name].grid,
            color=LEARNED,
            linewidths=0.7,
            zorder=4,
            label="learned eigenvectors",
        )
        return dots

    return _figure(sequences, section, config, draw)


def geodesic_figure(
    runs: Runs, sequences: Sequences, section: MetricFigureConfig, config: Config
) -> Figure:
    """Figure 4: the first measure's samples, carried through all later times.

    They follow the maps of the run, along its amortised geodesics, over the directions
    of the true metric, where there is one. Panels, their limits and arguments are those
    of `eigenvector_figure`: what is carried away from the data leaves the panel.
    """
    shown = {
        (name, learner): journey(runs[name, learner], sequences[name].measures[0])
        for name in section.sequences
        for learner in section.learners
    }

    def draw(panel: Axes, name: str, learner: str) -> ScalarMappable:
        _draw_truth(panel, config, name, linewidths=0.7, zorder=0)
        return draw_journey(panel, shown[name, learner])

    return _figure(sequences, section, config, draw)


def _draw_truth(panel: Axes, config: Config, name: str, **look: Any) -> None:
    sequence = config.sequences[name]
    if sequence.truth is None:
        return
    draw_directions(
        panel,
        partial(matrices, build_metric(sequence.truth)),
        sequence.grid,
        color=FIELD,
        label="true eigenvectors",
        **look,
    )


def _figure(
    sequences: Sequences,
    section: MetricFigureConfig,
    config: Config,
    draw: Callable[[Axes, str, str], ScalarMappable],
) -> Figure:
    """Panels as wide as the grid and the data of their sequence ask for."""
    limits = {
        name: frame(config.sequences[name].grid, *sequences[name].measures)
        for name in section.sequences
    }
    widths = [float(np.ptp(x) / np.ptp(y)) for x, y in limits.values()]
    with style():
        figure, axes = grid(len(section.learners), len(widths), widths=widths)
        width = sum(widths) * _SIDE + len(widths) * _LABELS + _BAR
        figure.set_size_inches(width, len(axes) * (_SIDE + _TICKS) + _LEGEND)
        for row, learner in enumerate(section.learners):
            for column, name in enumerate(section.sequences):
                panel = axes[row][column]
                x, y = limits[name]
                panel.set(xlim=x, ylim=y, aspect="equal")
                coloured = draw(panel, name, learner)
                few_ticks(panel)
            axes[row][0].set_ylabel(method_label(learner))
        for column, name in enumerate(section.sequences):
            axes[0][column].set_title(name)
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
