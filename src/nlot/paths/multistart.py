"""Paths of least action between given ends, the best of several starts.

All starts are first optimised as coarse polygons, at a cost proportional to their
number of segments. Most starts lead to the same few paths: only distinct paths that are
not much worse than the best are refined, in a few steps, on fine polygons.
"""

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Bool, Float

from nlot.config import LeastActionConfig
from nlot.costs.lagrangians import AbstractLagrangian
from nlot.paths.newton import Geodesic, least_actions
from nlot.paths.polygons import bent

# Coordinates of the starts built at a time, 20 MB.
_NUMBERS = 2_500_000
# Fine segments per coarse segment, and the fewest segments of a coarse polygon.
_COARSER, _LEAST = 4, 32
# Coarse actions are inexact: paths are refined if they are worse than the best by at
# most this fraction (on the box 0.1 % would do).
_MARGIN = 0.01
# Largest distance, in units of the bounds, between paths that count as the same.
_SAME = 1e-3


def optimal_paths(
    lagrangian: AbstractLagrangian,
    horizon: float,
    bounds: float,
    settings: LeastActionConfig,
    x: Float[np.ndarray | Array, "n d"],
    y: Float[np.ndarray | Array, "n d"],
) -> Geodesic:
    """The best path from `x[i]` to `y[i]` over all starts of `settings`.

    **Arguments:** the Lagrangian, T, the half-width of the cube that contains the
    points (the unit of starts' heights), settings, and the ends of the paths.

    **Returns:** one path per pair, in double precision. The starts are those of
    `nlot.paths.polygons.bent`.
    """
    heights = tuple(share * bounds for share in settings.bends)
    coarse = min(max(settings.segments // _COARSER, _LEAST), settings.segments)
    with jax.enable_x64(True):
        x, y = (np.asarray(z, np.float64) for z in (x, y))
        each = eqx.filter_eval_shape(_starts, x[:1], y[:1], coarse, heights).size
        at_a_time = max(1, _NUMBERS // each)
        parts = []
        for begin in range(0, len(x), at_a_time):
            part = slice(begin, begin + at_a_time)
            every = np.asarray(_starts(x[part], y[part], coarse, heights))
            starts = every.reshape(-1, *every.shape[2:])
            found = least_actions(lagrangian, horizon, settings, starts)
            action = _comparable(found.action).reshape(every.shape[:2])
            path = found.path.reshape(every.shape)
            pair, start = np.nonzero(_candidates(action, path, _SAME * bounds))
            fine = _resampled(path[pair, start], settings.segments)
            found = least_actions(lagrangian, horizon, settings, fine)
            # The best of each pair: the first when sorted by pair, then by action.
            order = np.lexsort([_comparable(found.action), pair])
            best = order[np.unique(pair[order], return_index=True)[1]]
            parts.append([leaf[best] for leaf in found])
    return Geodesic(*(np.concatenate(leaves) for leaves in zip(*parts, strict=True)))


def _comparable(action: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """`action` with NaN replaced by infinity."""
    return np.where(np.isnan(action), np.inf, action)


def _candidates(
    action: Float[np.ndarray, "n starts"],
    path: Float[np.ndarray, "n starts corners d"],
    same: float,
) -> Bool[np.ndarray, "n starts"]:
    """Marks each pair's best path, and distinct others of similar action."""
    rows = np.arange(len(action))
    order = action.argsort(axis=1)
    chosen = np.zeros(action.shape, bool)
    best = action[rows, order[:, 0]]
    limit = best + _MARGIN * np.abs(best)
    for rank, mine in enumerate(order.T):
        known = np.zeros(len(action), bool)
        for other in order.T[:rank]:
            apart = np.abs(path[rows, mine] - path[rows, other]).max(axis=(1, 2))
            known |= chosen[rows, other] & (apart <= same)
        chosen[rows, mine] = (action[rows, mine] <= limit) & ~known
    return chosen


def _resampled(
    path: Float[np.ndarray, "n corners d"], segments: int
) -> Float[np.ndarray, "n fine d"]:
    """The same polygons resampled to `segments` segments of equal duration."""
    last = path.shape[1] - 1
    place = np.linspace(0, last, segments + 1)
    corner = np.minimum(place.astype(int), last - 1)
    share = (place - corner)[:, None]
    return (1 - share) * path[:, corner] + share * path[:, corner + 1]


@eqx.filter_jit
def _starts(
    x: Float[Array | np.ndarray, "n d"],
    y: Float[Array | np.ndarray, "n d"],
    segments: int,
    heights: tuple[float, ...],
) -> Float[Array, "n starts corners d"]:
    return jax.vmap(lambda a, b: bent(a, b, segments, heights))(x, y)
