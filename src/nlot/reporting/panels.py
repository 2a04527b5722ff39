"""One panel: the geometry of a problem, samples, paths, and where maps send points.

Problems of more than two dimensions are seen in their first two coordinates, and their
potential in the plane where the other coordinates are zero.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection

from nlot.evaluation.alignment import smallest
from nlot.problems.transport import Transport
from nlot.reporting.style import FIELD, OBSTACLE, PUSHED, SOURCE, TARGET, TIME
from nlot.training.streams import stream

# Points of a path, shades of a potential, points a side on which it is evaluated,
# eigenvectors a side, margin as a share of the data's extent.
_TIMES = 60
_LEVELS = 12
_RASTER = 240
_ARROWS = 13
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
    samples of each measure, and from how many of them paths are shown.

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


def name_coordinates(axes: Axes, dimension: int) -> None:
    """Say which two of more than two coordinates are shown; a row's label stays."""
    if dimension > 2:
        label = axes.get_ylabel()
        axes.set(xlabel="$x_1$", ylabel=f"{label}\n$x_2$" if label else "$x_2$")


def square(*points: Float[np.ndarray, "..."]) -> Limits:
    """Limits of a square round all `points`, of shape (..., 2), with a margin."""
    flat = np.concatenate([p.reshape(-1, 2) for p in points]).astype(float)
    low, high = flat.min(axis=0), flat.max(axis=0)
    x, y = ((low + high) / 2).tolist()
    half = (0.5 + _MARGIN) * float(np.max(high - low))
    return (x - half, x + half), (y - half, y + half)


def draw_background(axes: Axes, problem: Transport, limits: Limits) -> None:
    """Shade -U where the Lagrangian has a potential; draw a metric's cheap directions.

    Metrics are drawn in the plane alone: what is cheap there depends on what is not
    seen.
    """
    axes.set(xlim=limits[0], ylim=limits[1], aspect="equal")
    potential = getattr(problem.lagrangian, "potential", None)
    metric = getattr(problem.lagrangian, "metric", None)
    if potential is not None:
        _draw_potential(axes, potential, limits, problem.dimension)
    if metric is not None and problem.dimension == 2:
        _draw_metric(axes, metric, limits)


def _draw_potential(
    axes: Axes, potential: Callable[[Array], Array], limits: Limits, dimension: int
) -> None:
    x, y, points = _plane(limits, np.linspace(0, 1, _RASTER), dimension)
    depth = -np.asarray(jax.vmap(potential)(points))
    shading = axes.contourf(
        x, y, depth.reshape(x.shape), _LEVELS, cmap=OBSTACLE, zorder=0
    )
    # Seams between the shades show in some viewers unless edges are drawn.
    shading.set(edgecolor="face", linewidth=0.2)


def _draw_metric(axes: Axes, metric: Callable[[Array], Array], limits: Limits) -> None:
    """The eigenvectors of the smallest eigenvalue: lines without a sense."""
    centres = (np.arange(_ARROWS) + 0.5) / _ARROWS
    x, y, points = _plane(limits, centres, 2)
    cheap = smallest(np.asarray(jax.vmap(metric)(points)))
    axes.quiver(
        x,
        y,
        cheap[:, 0],
        cheap[:, 1],
        color=FIELD,
        pivot="mid",
        headwidth=0,
        headlength=0,
        headaxislength=0,
        width=0.006,
        scale=1.6 * _ARROWS,
        zorder=0,
    )


def _plane(
    limits: Limits, fractions: Float[np.ndarray, " size"], dimension: int
) -> tuple[
    Float[np.ndarray, "size size"],
    Float[np.ndarray, "size size"],
    Float[Array, "points dimension"],
]:
    """A grid at the given fractions of the limits: its coordinates and its points."""
    x, y = np.meshgrid(*(low + (high - low) * fractions for low, high in limits))
    points = np.zeros((x.size, dimension), np.float32)
    points[:, 0], points[:, 1] = x.ravel(), y.ravel()
    return x, y, jnp.asarray(points)


def draw_transport(axes: Axes, shown: Transported) -> LineCollection:
    """Samples, transported samples, and paths coloured by the share of time passed."""
    paths = shown.paths
    segments = np.stack([paths[:, :-1], paths[:, 1:]], axis=2).reshape(-1, 2, 2)
    middles = (np.arange(_TIMES - 1) + 0.5) / (_TIMES - 1)
    lines = LineCollection(
        list(segments), cmap=TIME, linewidths=0.6, capstyle="round", zorder=2
    )
    lines.set_array(np.tile(middles, len(paths)))
    lines.set_clim(0, 1)
    axes.add_collection(lines)
    # Larger dots of the target stay visible under a map that covers it.
    scatter(axes, shown.source, size=2.0, color=SOURCE, label="source")
    scatter(axes, shown.target, size=4.0, color=TARGET, label="target")
    scatter(axes, shown.pushed, size=2.0, color=PUSHED, label="transported")
    return lines


def scatter(
    axes: Axes, points: Float[np.ndarray, "n 2"], size: float, **style: Any
) -> PathCollection:
    """Dots of `size` square points."""
    return axes.scatter(
        points[:, 0], points[:, 1], s=size, linewidths=0, zorder=3, **style
    )
