"""The figure of a collection: its clouds, and how they merge into clusters."""

from functools import partial
from itertools import cycle
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from scipy.cluster.hierarchy import dendrogram

from nlot.discrete.clustering import linked
from nlot.evaluation.collection_case import CollectionCase
from nlot.problems.collection import Collection
from nlot.reporting.figure_kinds import Scene, drawing
from nlot.reporting.labels import row_label
from nlot.reporting.panels import draw_background, scatter, square
from nlot.reporting.style import SERIES, grid, legend, seen, style

# Points of a cloud that are shown.
_SHOWN = 256
# Of links between clouds of several labels, or without labels.
_MIXED = "0.45"
# Inches: panels, and the names of clouds, which stand upright below a dendrogram.
_PANEL, _NAMES = (2.2, 1.5), 40


@drawing("dendrogram")
def dendrogram_figure(scene: Scene) -> Figure:
    """Clouds over the density that is behind them, and a dendrogram for each row.

    Labels have colours; a link has that of the clouds below it if they share a label.
    The linkage is the first of the problem's `linkages`. A control that cannot be made
    for a problem leaves its panel empty.
    """
    names, rows = scene.entry.problems, (*scene.rows, *scene.entry.controls)
    with style():
        figure, axes = grid(1 + len(rows), len(names), panel=_PANEL)
        for name, first in zip(names, axes[0], strict=True):
            problem = scene.data[name]
            _draw_clouds(first, problem)
            first.set_title("\n".join(filter(None, [name, seen(problem.dimension)])))
        for row, line in zip(rows, axes[1:], strict=True):
            line[0].set_ylabel(row_label(scene.experiment, row))
            for name, panel in zip(names, line, strict=True):
                matrix = _matrix(scene, name, row)
                settings: Any = scene.experiment.problems[name]
                _draw_tree(panel, matrix, scene.data[name], settings.linkages[0])
        legend(figure, 4, markerscale=2.5, handletextpad=0.1)
    return figure


def _matrix(scene: Scene, name: str, row: str) -> Float[np.ndarray, "k k"] | None:
    """The dissimilarities of a row; None if a control needs what is not known."""
    settings: Any = scene.experiment.problems[name]
    case = CollectionCase(settings, scene.data[name], None, scene.seed)
    made = scene.subject(name, row, case)
    return None if made is None else made.matrix


def colours(problem: Collection) -> dict[str, str]:
    """A colour for each label, in the order in which labels appear."""
    found = dict.fromkeys(problem.labels or ())
    return dict(zip(found, cycle(map(_hex, SERIES)), strict=False))


def _hex(colour: Any) -> str:
    from matplotlib.colors import to_hex

    return to_hex(colour)


def _draw_clouds(axes: Axes, problem: Collection) -> None:
    """All clouds in the first two coordinates, each with its mean's place marked."""
    shown = [cloud[:_SHOWN, :2] for cloud in problem.clouds]
    limits = square(*shown)
    draw_background(axes, problem, limits)
    labels = problem.labels or ("cloud",) * len(shown)
    known = colours(problem)
    for cloud, label in zip(shown, labels, strict=True):
        colour = known.get(label, _MIXED)
        scatter(axes, cloud, size=1.5, color=colour, label=label)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_locator(MaxNLocator(4))


def _draw_tree(
    axes: Axes,
    matrix: Float[np.ndarray, "k k"] | None,
    problem: Collection,
    linkage: str,
) -> None:
    if matrix is None:
        axes.set_axis_off()
        return
    merges = linked(matrix, linkage)
    few = len(problem.names) <= _NAMES
    dendrogram(
        merges,
        ax=axes,
        labels=list(problem.names),
        no_labels=not few,
        leaf_rotation=90,
        leaf_font_size=5,
        link_color_func=partial(_colour, link_colours(merges, problem)),
    )
    axes.yaxis.set_major_locator(MaxNLocator(4))
    # SciPy begins at 0 exactly, where links of equal clouds lie.
    axes.set_ylim(bottom=0)


def _colour(found: dict[int, str], link: int) -> str:
    return found[link]


def link_colours(
    merges: Float[np.ndarray, "merges 4"], problem: Collection
) -> dict[int, str]:
    """The colour of each cloud and merge, by SciPy's numbers: clouds come first."""
    known = colours(problem)
    labels = problem.labels or (None,) * len(problem.names)
    found: dict[int, str | None] = dict(enumerate(labels))
    for number, (a, b, *_) in enumerate(merges, start=len(labels)):
        same = found[int(a)] == found[int(b)]
        found[number] = found[int(a)] if same else None
    return {n: known.get(label or "", _MIXED) for n, label in found.items()}
