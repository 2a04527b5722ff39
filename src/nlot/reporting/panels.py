"""One panel: the geometry of a problem, samples, their images, and paths.

Of problems in more than two dimensions, the first two coordinates are shown, and the
potential in the plane where the others are zero.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection

from nlot.evaluation.alignment import matrices, smallest
from nlot.reporting.style import FIELD, OBSTACLE, PUSHED, SOURCE, TARGET, TIME
from nlot.training.streams import stream

# Points of a path, shades of a potential, points per side at which it is evaluated.
_TIMES = 60
_LEVELS = 12
_RASTER = 240
# Points at which a function is evaluated at a time, and how far below its maximum the
# shades of log ρ reach.
_AT_ONCE, _DEPTH = 1024, 8.0
# Directions along the longer side, and their length as a fraction of their distance.
_SEGMENTS = 16
_LENGTH = 0.8
# As a fraction of the data's extent.
_MARGIN = 0.06

Limits = tuple[tuple[float, float], tuple[float, float]]


class Transported(NamedTuple):
    """What a panel shows of a run, in the first two coordinates."""

    source: Float[np.ndarray, "n 2"]
    target: Float[np.ndarray, "n 2"]
    pushed: Float[np.ndarray, "n 2"]
    paths: Float[np.ndarray, "paths times 2"]


def transport(run: Any, seed: int, samples: int, paths: int) -> Transported:
    """Fresh samples of a problem's measures, their images, and paths to them.

    **Arguments:** a run with the capability `paths`, the seed and the number of the
    samples of each measure, and the number of paths.

    Raises `ValueError` for a problem of one dimension.
    """
    problem = run.problem
    if problem.dimension < 2:
        raise ValueError(
            f"a figure shows two coordinates; this problem has {problem.dimension}"
        )
    source_key, target_key = jax.random.split(stream(seed, "figures"))
    x = problem.source.sample(source_key, max(samples, paths))
    times = np.linspace(0.0, problem.horizon, _TIMES)
    positions = np.asarray(run.path(x, times))[..., :2]
    return Transported(
        source=positions[:, 0],
        target=np.asarray(problem.target.sample(target_key, len(x)))[:, :2],
        pushed=positions[:, -1],
        paths=positions[:paths],
    )


def square(*points: Float[np.ndarray, "..."]) -> Limits:
    """Limits of a square round all `points`, of shape (..., 2), with a margin."""
    flat = np.concatenate([p.reshape(-1, 2) for p in points]).astype(float)
    low, high = flat.min(axis=0), flat.max(axis=0)
    x, y = ((low + high) / 2).tolist()
    half = (0.5 + _MARGIN) * float(np.max(high - low))
    return (x - half, x + half), (y - half, y + half)


def draw_background(axes: Axes, problem: Any, limits: Limits) -> None:
    """Shade what makes motion costly, or draw the directions in which it is cheap.

    These are -U, a potential's, how high a surface is, -log ρ of a background density,
    and those of any other metric. Metrics are only drawn in two dimensions: in more,
    they depend on the coordinates that are not shown.

    **Arguments:** axes; a problem with a Lagrangian and a dimension; limits.
    """
    axes.set(xlim=limits[0], ylim=limits[1], aspect="equal")
    potential = getattr(problem.lagrangian, "potential", None)
    metric = getattr(problem.lagrangian, "metric", None)
    elevation = getattr(potential, "elevation", None)
    if elevation is not None and problem.dimension == 3:
        _shade(axes, lambda x: -elevation(x), limits, 2)
    elif potential is not None:
        _shade(axes, potential, limits, problem.dimension)
    if metric is None or problem.dimension != 2:
        return
    density: Any = getattr(metric, "density", None)
    if density is not None:
        _shade(axes, density, limits, 2, np.linspace(0, _DEPTH, _LEVELS + 1))
    else:
        draw_directions(
            axes,
            partial(matrices, metric),
            limits,
            color=FIELD,
            linewidths=0.7,
            zorder=0,
        )


def _shade(
    axes: Axes,
    height: Callable[[Array], Array],
    limits: Limits,
    dimension: int,
    levels: Any = _LEVELS,
) -> None:
    """Shade where a function of points is low."""
    side = np.linspace(0, 1, _RASTER)
    x, y = np.meshgrid(*(low + (high - low) * side for low, high in limits))
    points = np.zeros((x.size, dimension), np.float32)
    points[:, 0], points[:, 1] = x.ravel(), y.ravel()
    depth = -np.asarray(jax.lax.map(height, jnp.asarray(points), batch_size=_AT_ONCE))
    shading = axes.contourf(
        x, y, depth.reshape(x.shape), levels, cmap=OBSTACLE, extend="both", zorder=0
    )
    # Seams between the shades show in some viewers unless edges are drawn.
    shading.set(edgecolor="face", linewidth=0.2)


def draw_directions(
    axes: Axes,
    metric: Callable[[Float[np.ndarray, "n 2"]], Any],
    limits: Limits,
    **look: Any,
) -> LineCollection:
    """Segments along the eigenvectors of the smallest eigenvalue, without arrows.

    `metric` gives matrices of shape (n, 2, 2). The segments are centred in the cells of
    a coarse lattice within the limits.
    """
    low, high = np.array(limits).T
    # Even numbers: metrics are often singular in the middle.
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


def draw_transport(axes: Axes, shown: Transported) -> LineCollection:
    """Samples, transported samples, and paths coloured by the share of time passed."""
    times = np.linspace(0.0, 1.0, _TIMES)
    lines = draw_paths(axes, shown.paths, times, cmap=TIME, linewidths=0.6)
    # Larger dots of the target stay visible under a map that covers it.
    scatter(axes, shown.source, size=2.0, color=SOURCE, label="source")
    scatter(axes, shown.target, size=4.0, color=TARGET, label="target")
    scatter(axes, shown.pushed, size=2.0, color=PUSHED, label="transported")
    return lines


def draw_paths(
    axes: Axes,
    paths: Float[np.ndarray, "n times 2"],
    times: Float[np.ndarray, " times"],
    **look: Any,
) -> LineCollection:
    """Paths coloured by their times, which go from 0 to 1."""
    segments = np.stack([paths[:, :-1], paths[:, 1:]], axis=2).reshape(-1, 2, 2)
    # Rasterised, as so many outlines would be slow to show.
    lines = LineCollection(
        list(segments), capstyle="round", zorder=2, rasterized=True, **look
    )
    lines.set_array(np.tile((times[:-1] + times[1:]) / 2, len(paths)))
    lines.set_clim(0, 1)
    axes.add_collection(lines)
    return lines


def scatter(
    axes: Axes, points: Float[np.ndarray, "n 2"], size: float, **style: Any
) -> PathCollection:
    """Dots of `size` square points."""
    return axes.scatter(
        points[:, 0], points[:, 1], s=size, linewidths=0, zorder=3, **style
    )
