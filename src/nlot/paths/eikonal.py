r"""Least actions in the plane by the eikonal equation, $|\nabla u| = \sqrt w$.

Under $L = w(x) |v|^2/2$ the cost is $d(x, y)^2/2T$ with lengths measured by $\sqrt w$,
and u = d(x, ·) solves that equation. Fast marching finds the shortest of all paths on a
grid at once, however many turns they take. It is solved for $u/|· - x|$, which is
smooth at x where u is not (Treister and Haber, A fast marching algorithm for the
factored eikonal equation, 2016).
"""

from typing import NamedTuple

import eikonalfm
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import scipy
from jaxtyping import Array, Bool, Float

from nlot.costs.metrics import AbstractMetric

# Width of the margin round the points in which paths are first looked for, in units of
# their extent: paths may leave their hull, as those along a ring do.
_MARGIN = 1.0
# Nodes of the final grid per node of the first, and cells that it is larger by than
# what the first shows.
_FINER, _SPARE = 4, 2
# Largest difference between a metric and a multiple of I, relative to the latter.
_ISOTROPIC = 1e-6
# Nodes of a cubic interpolation to either side.
_SPLINE = 2


class Eikonal(NamedTuple):
    """Lengths by a metric w(x) I on a grid of the plane.

    `low` is the first node, `step` the distance between nodes, `spline` has the
    coefficients of log w as a cubic spline.
    """

    low: Float[np.ndarray, "2"]
    step: float
    spline: Float[np.ndarray, "rows columns"]

    @classmethod
    def of(
        cls, metric: AbstractMetric, points: Float[np.ndarray, "n d"], nodes: int = 401
    ) -> "Eikonal":
        """The grid of the least paths between `points`.

        It has `nodes` nodes on its longer side. A path that is as long as another one
        leaves a margin of the points' extent round them is not looked for.

        Raises `ValueError` unless the points are in the plane and not all the same, and
        the metric is a multiple of I.
        """
        points = np.asarray(points, np.float64)
        if points.ndim != 2 or points.shape[1] != 2:
            raise ValueError(
                "the eikonal equation is solved in the plane, for points of shape "
                f"(n, 2), found {points.shape}"
            )
        low, high = points.min(axis=0), points.max(axis=0)
        extent = float((high - low).max())
        if not extent > 0:
            raise ValueError(f"all points are {low.tolist()}: there are no paths")
        margin = _MARGIN * extent
        rough = cls._between(metric, low - margin, high + margin, nodes // _FINER)
        return cls._between(metric, *rough._reached(points), nodes)

    @classmethod
    def _between(
        cls,
        metric: AbstractMetric,
        low: Float[np.ndarray, "2"],
        high: Float[np.ndarray, "2"],
        nodes: int,
    ) -> "Eikonal":
        step = float((high - low).max()) / (nodes - 1)
        axes = [
            a + step * np.arange(-_SPLINE, np.ceil((b - a) / step) + _SPLINE + 1)
            for a, b in zip(low, high, strict=True)
        ]
        grid = np.stack(np.meshgrid(*axes, indexing="ij"), -1)
        return cls(low, step, scipy.ndimage.spline_filter(_log_weight(metric, grid)))

    def _reached(
        self, points: Float[np.ndarray, "n 2"]
    ) -> tuple[Float[np.ndarray, "2"], Float[np.ndarray, "2"]]:
        """Two corners of a box with all least paths between `points`.

        Every point of such a path is at most half its length away from one of its ends.
        """
        shape = np.array(self.spline.shape) - 2 * _SPLINE
        axes = [
            low + self.step * np.arange(count)
            for low, count in zip(self.low, shape, strict=True)
        ]
        nodes = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 2)
        reached = np.zeros(len(nodes), bool)
        for point in points:
            far = self.distances(point, points).max() / 2
            reached |= self.distances(point, nodes) <= far
        inside = np.concatenate([nodes[reached], points])
        spare = _SPARE * self.step
        low = np.maximum(inside.min(axis=0) - spare, nodes[0])
        return low, np.minimum(inside.max(axis=0) + spare, nodes[-1])

    def distances(
        self, x: Float[np.ndarray, "2"], y: Float[np.ndarray, "m 2"]
    ) -> Float[np.ndarray, " m"]:
        """Lengths of the shortest paths from `x` to each `y`."""
        # The source has to be a node: log w is moved by a fraction of a cell.
        place = (np.asarray(x, np.float64) - self.low) / self.step
        node = np.rint(place)
        shift = place - node
        moved = self.spline
        for axis, share in enumerate(shift):
            moved = scipy.ndimage.correlate1d(moved, _weights(share), axis=axis)
        inner = moved[_SPLINE:-_SPLINE, _SPLINE:-_SPLINE]
        source = tuple(node.astype(int))
        steps = self.step, self.step
        try:
            factor = eikonalfm.factored_fast_marching(
                np.exp(-inner / 2), source, steps, 2
            )
        except RuntimeError as error:
            raise ValueError(
                f"the metric changes too fast for nodes {self.step:g} apart: {error}"
            ) from None
        y = np.asarray(y, np.float64)
        at = (y - self.low) / self.step - shift
        # Their logarithm does not overshoot where lengths differ by many magnitudes.
        logs = scipy.ndimage.map_coordinates(
            np.log(factor), at.T, order=3, mode="nearest"
        )
        return np.linalg.norm(y - x, axis=1) * np.exp(logs)


def eikonal_costs(
    metric: AbstractMetric,
    x: Float[np.ndarray, "n d"],
    y: Float[np.ndarray, "m d"],
    *,
    horizon: float = 1.0,
    nodes: int = 401,
) -> Float[np.ndarray, "n m"]:
    """Least action from each `x[i]` to each `y[j]`, in double precision.

    **Arguments:** a metric w(x) I; the ends of paths; T; the number of nodes on the
    longer side of the grid.

    Raises `ValueError` as `Eikonal.of`.
    """
    grid = Eikonal.of(metric, np.concatenate([x, y]), nodes)
    return np.stack([grid.distances(a, y) for a in x]) ** 2 / (2 * horizon)


def _weights(share: float) -> Float[np.ndarray, "5"]:
    """Values of the cubic B-spline at `share` in [-1/2, 1/2] from five nodes."""
    away = np.abs(np.arange(-_SPLINE, _SPLINE + 1) - share)
    near = 2 / 3 - away**2 + away**3 / 2
    return np.where(away < 1, near, np.maximum(2 - away, 0) ** 3 / 6)


def _log_weight(
    metric: AbstractMetric, grid: Float[np.ndarray, "rows columns 2"]
) -> Float[np.ndarray, "rows columns"]:
    """Log w at the nodes; where it is infinite, the next largest or smallest there."""
    with jax.enable_x64(True):
        a = np.asarray(_matrices(metric, jnp.asarray(grid.reshape(-1, 2))))
    weight = a[:, 0, 0]
    wrong = ~isotropic(a) | ~(weight >= 0)
    if wrong.any():
        k = int(np.argmax(wrong))
        raise ValueError(
            "the eikonal equation needs a metric w(x) I with w ≥ 0, found "
            f"{a[k].tolist()} at {grid.reshape(-1, 2)[k].tolist()}"
        )
    with np.errstate(divide="ignore"):
        logs = np.log(weight)
    finite = logs[np.isfinite(logs)]
    if not finite.size:
        low, high = (grid[k, k].tolist() for k in (0, -1))
        raise ValueError(
            f"motion costs nothing, or infinitely much, everywhere between {low} and "
            f"{high}"
        )
    return np.clip(logs, finite.min(), finite.max()).reshape(grid.shape[:2])


def isotropic(matrices: Float[np.ndarray, "n d d"]) -> Bool[np.ndarray, " n"]:
    """Which matrices are multiples of the identity."""
    wide = matrices[:, :1, :1] * np.eye(matrices.shape[1])
    limit = _ISOTROPIC * np.abs(wide).max(axis=(1, 2))
    return np.abs(matrices - wide).max(axis=(1, 2)) <= limit


@eqx.filter_jit
def _matrices(
    metric: AbstractMetric, points: Float[Array, "n 2"]
) -> Float[Array, "n 2 2"]:
    # One after another where a density would hold all pairs of points at once.
    return jax.lax.map(metric, points, batch_size=1024)
