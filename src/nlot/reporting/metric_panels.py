"""One panel of a learned metric: cheap directions, the data, carried samples.

Of samples with more than two coordinates, the first two are shown.
"""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection

from nlot.config import GridConfig
from nlot.methods.capabilities import capable
from nlot.problems.sequence import Sequence
from nlot.reporting.panels import Limits, draw_paths, scatter
from nlot.reporting.style import AGE, START

# Margin as a fraction of the extent; points of a path between two measures.
_MARGIN = 0.03
_TIMES = 20


class Journey(NamedTuple):
    """Samples of the first measure, carried through all K measures.

    `stops` are their images under the maps, `paths` their positions at `times`, from 0
    at the first measure to 1 at the last.
    """

    stops: Float[np.ndarray, "K n 2"]
    paths: Float[np.ndarray, "n times 2"]
    times: Float[np.ndarray, " times"]


def journey(
    run: Any, x: Float[np.ndarray, "n d"], measured: tuple[float, ...]
) -> Journey:
    """Carries points of the first measure through all times.

    **Arguments:** a run with the capability `carry`, the points, and the times of all
    measures. The points move along the run's amortised geodesics if it has the
    capability `journey`, and otherwise along straight lines between times.
    """
    stops = np.asarray(run.carry(x))
    fractions = np.linspace(0.0, 1.0, _TIMES)
    way = run.path if capable(run, "journey") else _straight
    legs = [np.asarray(way(a, b, fractions)) for a, b in pairwise(stops)]
    shares = _shares(measured)
    times = shares[:-1, None] + np.diff(shares)[:, None] * fractions
    paths = np.concatenate(legs, axis=1)
    return Journey(stops[..., :2], paths[..., :2], times.ravel())


def _shares(times: tuple[float, ...]) -> Float[np.ndarray, " K"]:
    """Times as shares of the whole duration, from 0 to 1."""
    passed = np.asarray(times) - times[0]
    return passed / passed[-1]


def _straight(
    x: Float[np.ndarray, "n d"],
    y: Float[np.ndarray, "n d"],
    times: Float[np.ndarray, " times"],
) -> Float[np.ndarray, "n times d"]:
    return x[:, None] + times[:, None] * (y - x)[:, None]


def box(grid: GridConfig | None, points: Iterable[Float[np.ndarray, "_ _"]]) -> Limits:
    """The limits of a grid, or of all points without one."""
    if grid is not None:
        return (grid.low[0], grid.high[0]), (grid.low[1], grid.high[1])
    return frame(points, margin=0.0)


def frame(
    points: Iterable[Float[np.ndarray, "_ _"]], margin: float = _MARGIN
) -> Limits:
    """Limits of a rectangle that holds all points, with a margin."""
    flat = np.concatenate([part[:, :2] for part in points]).astype(float)
    low, high = flat.min(axis=0), flat.max(axis=0)
    room = margin * float(np.max(high - low))
    (left, bottom), (right, top) = (low - room).tolist(), (high + room).tolist()
    return (left, right), (bottom, top)


def draw_data(axes: Axes, sequence: Sequence) -> PathCollection:
    """The samples of all times, lighter at later times."""
    measures = sequence.measures
    counts = [len(part) for part in measures]
    times = np.repeat(_shares(sequence.times), counts)
    points = np.concatenate(measures)[:, :2]
    dots = scatter(
        axes, points, size=1.5, c=times, cmap=AGE, vmin=0, vmax=1, label="data"
    )
    dots.set_zorder(1)
    return dots


def draw_journey(axes: Axes, shown: Journey) -> LineCollection:
    """Paths, lighter at later times, and the samples where they start."""
    lines = draw_paths(axes, shown.paths, shown.times, cmap=AGE, linewidths=0.4)
    scatter(axes, shown.stops[0], size=3.0, color=START, label="first samples")
    return lines
