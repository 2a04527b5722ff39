"""One panel of a learned metric: cheap directions, the data, carried samples.

Samples of more than two coordinates are seen in the first two.
"""

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection

from nlot.config import GridConfig
from nlot.evaluation.alignment import smallest
from nlot.methods.capabilities import capable
from nlot.problems.sequence import Sequence
from nlot.reporting.panels import Limits, scatter
from nlot.reporting.style import AGE, START

# Segments along the longer side of a box, their length as a share of their distance,
# margin as a share of the extent, points of a path between two measures.
_SEGMENTS = 16
_LENGTH = 0.8
_MARGIN = 0.03
_TIMES = 20

# Lower and upper corner.
Box = tuple[Float[np.ndarray, "2"], Float[np.ndarray, "2"]]


class Journey(NamedTuple):
    """Samples of the first measure on their way through all K measures.

    `stops` is where the maps send them, `paths` how they get there, on the scale of
    `times`, from 0 at the first measure to 1 at the last.
    """

    stops: Float[np.ndarray, "K n 2"]
    paths: Float[np.ndarray, "n times 2"]
    times: Float[np.ndarray, " times"]


def journey(run: Any, x: Float[np.ndarray, "n d"]) -> Journey:
    """Carries points of the first measure through all times.

    **Arguments:** a run with the capability `carry`, and the points. They move along
    the run's amortised geodesics where it has the capability `journey`, and straight
    from time to time where it does not.
    """
    stops = np.asarray(run.carry(x))
    fractions = np.linspace(0.0, 1.0, _TIMES)
    way = run.path if capable(run, "journey") else _straight
    legs = [np.asarray(way(a, b, fractions)) for a, b in pairwise(stops)]
    times = (np.arange(len(legs))[:, None] + fractions) / len(legs)
    paths = np.concatenate(legs, axis=1)
    return Journey(stops[..., :2], paths[..., :2], times.ravel())


def _straight(
    x: Float[np.ndarray, "n d"],
    y: Float[np.ndarray, "n d"],
    times: Float[np.ndarray, " times"],
) -> Float[np.ndarray, "n times d"]:
    return x[:, None] + times[:, None] * (y - x)[:, None]


def box(grid: GridConfig | None, points: Iterable[Float[np.ndarray, "_ d"]]) -> Box:
    """The box of a grid, or of all points where there is none."""
    if grid is not None:
        return np.array(grid.low[:2]), np.array(grid.high[:2])
    flat = np.concatenate(list(points))[:, :2].astype(float)
    return flat.min(axis=0), flat.max(axis=0)


def frame(box: Box, points: Iterable[Float[np.ndarray, "_ d"]]) -> Limits:
    """Limits of a rectangle that holds a box and all points, with a margin."""
    flat = np.concatenate([np.stack(box), *(p[:, :2] for p in points)])
    low, high = flat.min(axis=0), flat.max(axis=0)
    margin = _MARGIN * float(np.max(high - low))
    (left, bottom), (right, top) = (low - margin).tolist(), (high + margin).tolist()
    return (left, right), (bottom, top)


def draw_directions(
    axes: Axes,
    metric: Callable[[Float[np.ndarray, "n 2"]], Any],
    box: Box,
    **look: Any,
) -> LineCollection:
    """Segments along the eigenvectors of the smallest eigenvalue, without a sense.

    `metric` gives matrices of shape (n, 2, 2). The segments are centred in the cells of
    a coarse lattice on the box.
    """
    low, high = box
    # Even numbers: metrics are often singular in the middle of the box.
    half_cells = np.rint(0.5 * _SEGMENTS * (high - low) / np.max(high - low))
    cells = 2 * np.maximum(half_cells, 1)
    step = (high - low) / cells
    axis = [low[i] + step[i] * (np.arange(cells[i]) + 0.5) for i in (0, 1)]
    centres = np.stack(np.meshgrid(*axis, indexing="ij"), -1).reshape(-1, 2)
    half = 0.5 * _LENGTH * step.min() * smallest(np.asarray(metric(centres)))
    segments = np.stack([centres - half, centres + half], axis=1)
    lines = LineCollection(list(segments), capstyle="round", **look)
    axes.add_collection(lines)
    return lines


def draw_data(axes: Axes, sequence: Sequence) -> PathCollection:
    """The samples of all times, lighter the later."""
    measures = sequence.measures
    counts = [len(part) for part in measures]
    times = np.repeat(np.linspace(0.0, 1.0, len(measures)), counts)
    points = np.concatenate(measures)[:, :2]
    dots = scatter(
        axes, points, size=1.5, c=times, cmap=AGE, vmin=0, vmax=1, label="data"
    )
    dots.set_zorder(1)
    return dots


def draw_journey(axes: Axes, shown: Journey) -> LineCollection:
    """Paths, lighter the later, and the samples that they start from."""
    paths, times = shown.paths, shown.times
    segments = np.stack([paths[:, :-1], paths[:, 1:]], axis=2).reshape(-1, 2, 2)
    # So many that a page of outlines would be slow to show.
    lines = LineCollection(
        list(segments),
        cmap=AGE,
        linewidths=0.4,
        capstyle="round",
        zorder=2,
        rasterized=True,
    )
    lines.set_array(np.tile((times[:-1] + times[1:]) / 2, len(paths)))
    lines.set_clim(0, 1)
    axes.add_collection(lines)
    scatter(axes, shown.stops[0], size=3.0, color=START, label="first samples")
    return lines
