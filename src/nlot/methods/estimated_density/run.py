"""Runs of `estimated_density`: costs and matchings under the estimate."""

from typing import Any

import numpy as np
import scipy
from jaxtyping import Float, Int

from nlot.costs.lagrangians import Riemannian
from nlot.costs.metrics import DensityMetric
from nlot.discrete.couplings import assign
from nlot.discrete.fermat import fermat_distances, power
from nlot.methods.estimated_density.config import Config
from nlot.methods.estimated_density.training import Estimate, Samples
from nlot.methods.run import AbstractRun, check_paired
from nlot.paths.eikonal import eikonal_costs
from nlot.paths.multistart import optimal_paths
from nlot.problems.transport import Transport

# Nearest samples from which a shortest path leaves a point, or reaches it.
_DOORS = 4


class EstimatedRun(AbstractRun):
    """Least path costs under an estimated density, on arrays of shape (n, d).

    An estimate is divided by its own maximum, as is the true density: at the same
    places costs then differ by a factor, (max ρ / max ρ̂)^α, which no matching sees.
    Fermat sample distances are known up to a factor. Both methods raise `ValueError`
    for points of another shape.
    """

    problem: Transport
    config: Config
    networks: Estimate

    def costs(
        self, x: Float[Any, "*n d"], y: Float[Any, "*m d"]
    ) -> Float[np.ndarray, "n m"]:
        """Costs of the least paths from each `x[i]` to each `y[j]`.

        In the plane by the eikonal equation, elsewhere from several starts each.
        """
        a, b = (np.asarray(self.points(z), np.float64) for z in (x, y))
        alpha, horizon = self._alpha, self.problem.horizon
        if isinstance(self.networks, Samples):
            points = np.asarray(self.networks.points, np.float64)
            p = power(alpha, self.problem.dimension)
            lengths = through(points, p, a, b, self.config.neighbours)
            return lengths**2 / (2 * horizon)
        metric = DensityMetric(self.networks, alpha)
        if self.problem.dimension == 2:
            nodes = self.config.nodes
            return eikonal_costs(metric, a, b, horizon=horizon, nodes=nodes)
        i, j = (axis.ravel() for axis in np.indices((len(a), len(b))))
        scale = self.problem.frame.scale
        place = Riemannian(metric), horizon, scale, self.config.paths
        return optimal_paths(*place, a[i], b[j]).action.reshape(len(a), len(b))

    def match(
        self, x: Float[Any, "*n d"], y: Float[Any, "*m d"]
    ) -> Int[np.ndarray, " n"]:
        """The partners `y[order[i]]` of `x[i]` in the cheapest matching, as `order`.

        Raises `ValueError` unless there are as many points in `y` as in `x`.
        """
        check_paired(self.points(x), self.points(y))
        return assign(self.costs(x, y))[0]

    @property
    def _alpha(self) -> float:
        metric: Any = getattr(self.problem.lagrangian, "metric", None)
        return float(metric.alpha)


def through(
    samples: Float[np.ndarray, "k d"],
    p: float,
    x: Float[np.ndarray, "n d"],
    y: Float[np.ndarray, "m d"],
    neighbours: int,
) -> Float[np.ndarray, "n m"]:
    r"""Fermat sample distances from each `x[i]` to each `y[j]`, paths through samples.

    $\min \sum_i |q_i - q_{i+1}|^p$ over paths $q$ from x to y through the `samples`, or
    straight. Neither the other x nor the other y count as samples.
    """
    tree, doors = scipy.spatial.KDTree(samples), min(_DOORS, len(samples))
    (out, leaving), (into, entering) = (
        (np.reshape(part, (len(z), doors)) for part in tree.query(z, k=doors))
        for z in (x, y)
    )
    starts, place = np.unique(leaving, return_inverse=True)
    between = fermat_distances(samples, p, starts, neighbours)
    reached = (between[:, entering] + into**p).min(axis=2)
    place = place.reshape(leaving.shape)
    found = (out[:, :, None] ** p + reached[place]).min(axis=1)
    return np.minimum(found, scipy.spatial.distance.cdist(x, y) ** p)


open = EstimatedRun
