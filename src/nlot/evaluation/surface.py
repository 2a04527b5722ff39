"""How far paths leave the surface that they should stay on."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from nlot.evaluation.registry import Value, measure
from nlot.evaluation.transport_case import TransportCase

# Corners of a path.
_CORNERS = 129
_NEEDS = ["geodesics", "map", "surface"]


@measure(
    "surface_distance",
    "Mean distance from the surface along own paths",
    4,
    needs=_NEEDS,
)
def surface_distance(case: TransportCase) -> Value:
    """Mean over the run's own paths and over time."""
    x, y = (np.asarray(z, np.float64) for z in case.ends)
    paths = case.subject.polygons(x, y, np.linspace(0, 1, _CORNERS))
    return _mean_distance(case, paths)


@measure(
    "straight_distance",
    "The same along straight paths",
    4,
    needs=_NEEDS,
)
def straight_distance(case: TransportCase) -> Value:
    """As `surface_distance`, of straight paths between the same ends."""
    x, y = (np.asarray(z, np.float64)[:, None] for z in case.ends)
    s = np.linspace(0, 1, _CORNERS)[:, None]
    return _mean_distance(case, (1 - s) * x + s * y)


def _mean_distance(
    case: TransportCase, paths: Float[np.ndarray, "n corners d"]
) -> Value:
    assert case.surface is not None
    distance = jax.vmap(jax.vmap(case.surface))
    far = distance(jnp.asarray(paths, jnp.float32))
    return float(jnp.abs(far).mean()), len(paths)
