"""Figures of paths between given pairs of points, over a background density."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nlot.problems.geodesics import Geodesics
from nlot.reporting.figure_kinds import Scene, drawing
from nlot.reporting.labels import row_label
from nlot.reporting.panels import Limits, draw_background, scatter, square
from nlot.reporting.style import OBSTACLE, SERIES, SOURCE, TARGET, legend, style

# Times of a path, points per side at which log ρ is evaluated, its shades, and how far
# below its maximum they reach.
_TIMES, _RASTER, _LEVELS, _DEPTH = 200, 200, 12, 8.0
# Lines: the first row's is widest, and those of later ones are dashed over it.
_WIDE, _THIN = 2.2, 0.9
_DASHES = ("-", "--", ":", "-.")


@drawing("geodesics")
def geodesics_figure(scene: Scene) -> Figure:
    """The paths of all methods, one over the other, one panel for each problem."""
    s = np.linspace(0, 1, _TIMES)
    rows = scene.rows
    shown = {
        (name, row): scene.runs[name, row].positions(s)[..., :2]
        for name in scene.entry.problems
        for row in rows
    }

    def draw(panel: Axes, name: str, _: str) -> None:
        limits = square(*(shown[name, row] for row in rows))
        problem = scene.runs[name, rows[0]].problem
        _draw_density(panel, problem, limits)
        for number, row in enumerate(rows):
            for path in shown[name, row]:
                panel.plot(
                    *path.T,
                    color=SERIES[number % len(SERIES)],
                    linestyle=_DASHES[number % len(_DASHES)],
                    linewidth=_THIN if number else _WIDE,
                    label=row_label(scene.experiment, row),
                )
        scatter(panel, problem.starts[:, :2], size=9.0, color=SOURCE, label="start")
        scatter(panel, problem.ends[:, :2], size=9.0, color=TARGET, label="end")

    with style():
        figure, _ = scene.panels([""], draw)
        legend(figure, 4)
    return figure


def _draw_density(axes: Axes, problem: Geodesics, limits: Limits) -> None:
    """Shade log ρ in the plane; without a density, as `draw_background`."""
    metric = getattr(problem.lagrangian, "metric", None)
    density: Any = getattr(metric, "density", None)
    if density is None or problem.dimension != 2:
        draw_background(axes, problem, limits)
        return
    axes.set(xlim=limits[0], ylim=limits[1], aspect="equal")
    side = np.linspace(0, 1, _RASTER)
    x, y = np.meshgrid(*(low + (high - low) * side for low, high in limits))
    points = jnp.asarray(np.stack([x.ravel(), y.ravel()], 1), jnp.float32)
    depth = -np.asarray(jax.lax.map(density, points, batch_size=1024)).reshape(x.shape)
    levels = np.linspace(0, _DEPTH, _LEVELS + 1)
    shading = axes.contourf(x, y, depth, levels, cmap=OBSTACLE, extend="both", zorder=0)
    # Seams between the shades show in some viewers unless edges are drawn.
    shading.set(edgecolor="face", linewidth=0.2)
