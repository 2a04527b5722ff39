"""Paths of least action between given ends, the best of several starts.

The starts are bent to either side, wind at random, and follow the cheapest routes
through a graph; callers add the paths that they know. All are first optimised as coarse
polygons, at a cost proportional to their number of segments. Most lead to the same few
paths: only distinct paths that are not much worse than the best are refined, in a few
steps, on fine polygons.

Polygons with few segments can step over a thin wall, at a cost that the midpoint rule
does not see. Where more points in each segment show it, all is searched again by a rule
of that many points; a path that even this does not resolve has not converged.
"""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from nlot.config import LeastActionConfig
from nlot.costs.lagrangians import AbstractLagrangian
from nlot.paths.graph import routes
from nlot.paths.newton import Geodesic, least_actions
from nlot.paths.polygons import bent, polygon_actions, winding

# Coordinates of the starts built at a time, 20 MB, of which each of a pair's about
# `_START` d starts has as many as corners times d.
_NUMBERS, _START = 2_500_000, 8
# Fine segments per coarse segment, and the fewest segments of a coarse polygon.
_COARSER, _LEAST = 4, 32
# Coarse actions are inexact: paths are refined if they are worse than the best by at
# most the first fraction (on the box 0.1 % would do); where walls are thin, which
# coarse segments cannot pass as fast as fine ones, by the second.
_MARGIN, _WALLS = 0.01, 0.1
# Largest distance, in units of the bounds, between paths that count as the same.
_SAME = 1e-3
# Modes of starts that wind at random, and their width in units of the bounds.
_MODES, _WIDTH = 4, 0.4
# Points of a segment at which an action is checked, and by how much it may differ from
# what a smooth potential explains.
_POINTS, _RESOLVED = 8, 0.002


def optimal_paths(
    lagrangian: AbstractLagrangian,
    horizon: float,
    bounds: float,
    settings: LeastActionConfig,
    x: Float[np.ndarray | Array, "n d"],
    y: Float[np.ndarray | Array, "n d"],
    known: Float[np.ndarray, "n corners d"] | None = None,
) -> Geodesic:
    """The best path from `x[i]` to `y[i]` over all starts of `settings`.

    **Arguments:** the Lagrangian, T, the unit of starts' heights (about half the width
    of the space that paths need), settings, the ends of the paths, and polygons between
    them to start from, too.

    Where paths step over a wall, all are searched again with more points in a segment.

    **Returns:** one path per pair, in double precision. None costs more than `known` by
    the rule with as many `points`.
    """
    with jax.enable_x64(True):
        ends = [np.asarray(z, np.float64) for z in (x, y)]
        if lagrangian.straight:
            between = _resampled(np.stack(ends, axis=1), settings.segments)
            return least_actions(lagrangian, horizon, settings, between)
        search = partial(_search, lagrangian, horizon, bounds, known=known)
        found = search(settings, *ends)
        resolved = _resolved(lagrangian, horizon, found)
        if settings.points < _POINTS and not resolved.all():
            found = search(settings.model_copy(update={"points": _POINTS}), *ends)
            resolved = _resolved(lagrangian, horizon, found)
    return found._replace(converged=found.converged & resolved)


def _search(
    lagrangian: AbstractLagrangian,
    horizon: float,
    bounds: float,
    settings: LeastActionConfig,
    x: Float[np.ndarray, "n d"],
    y: Float[np.ndarray, "n d"],
    known: Float[np.ndarray, "n corners d"] | None,
) -> Geodesic:
    """`optimal_paths` by one rule."""
    coarse = min(max(settings.segments // _COARSER, _LEAST), settings.segments)
    place, parts = (lagrangian, horizon), []
    at_a_time = max(1, _NUMBERS // (_START * (coarse + 1) * x.shape[1] ** 2))
    for begin in range(0, len(x), at_a_time):
        part = slice(begin, begin + at_a_time)
        every = _starts(*place, bounds, settings, coarse, x[part], y[part])
        if known is not None:
            own = _resampled(known[part], coarse)
            every = np.concatenate([every, own[:, None]], axis=1)
        flat = every.reshape(-1, *every.shape[2:])
        found = least_actions(*place, settings, flat)
        action = _comparable(found.action).reshape(every.shape[:2])
        path = found.path.reshape(every.shape)
        margin = _MARGIN if settings.points == 1 else _WALLS
        pair, start = np.nonzero(_candidates(action, path, _SAME * bounds, margin))
        fine = _resampled(path[pair, start], settings.segments)
        if known is not None:
            own = _resampled(known[part], settings.segments)
            pair = np.concatenate([pair, np.arange(len(own))])
            fine = np.concatenate([fine, own])
        found = least_actions(*place, settings, fine)
        # The best of each pair: the first when sorted by pair, then by action.
        order = np.lexsort([_comparable(found.action), pair])
        best = order[np.unique(pair[order], return_index=True)[1]]
        parts.append([leaf[best] for leaf in found])
    joined = (np.concatenate(leaves) for leaves in zip(*parts, strict=True))
    return Geodesic(*joined)


def _resolved(
    lagrangian: AbstractLagrangian, horizon: float, found: Geodesic
) -> Bool[np.ndarray, " n"]:
    """Whether more points in a segment change an action as in a smooth potential.

    The error of a rule of k points then falls as 1/k²: that of one by 63/64 to eight
    points, that of two by 15/64.
    """
    points = int(found.points.max(initial=1))
    few, most = (
        polygon_actions(lagrangian, horizon, found.path, k * points)
        for k in (2, _POINTS)
    )
    smooth = (1 - 1 / _POINTS**2) / (1 / 4 - 1 / _POINTS**2)
    rough = np.abs((most - found.action) - smooth * (most - few))
    return rough <= _RESOLVED * np.abs(most)


def _comparable(action: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """`action` with NaN replaced by infinity."""
    return np.where(np.isnan(action), np.inf, action)


def _candidates(
    action: Float[np.ndarray, "n starts"],
    path: Float[np.ndarray, "n starts corners d"],
    same: float,
    margin: float,
) -> Bool[np.ndarray, "n starts"]:
    """Marks each pair's best path, and distinct others worse by at most `margin`."""
    rows = np.arange(len(action))
    order = action.argsort(axis=1)
    chosen = np.zeros(action.shape, bool)
    best = action[rows, order[:, 0]]
    limit = best + margin * np.abs(best)
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


def _starts(
    lagrangian: AbstractLagrangian,
    horizon: float,
    bounds: float,
    settings: LeastActionConfig,
    segments: int,
    x: Float[np.ndarray, "n d"],
    y: Float[np.ndarray, "n d"],
) -> Float[np.ndarray, "n starts corners d"]:
    heights = tuple(share * bounds for share in settings.bends)
    d = x.shape[1]
    waves = np.random.default_rng(0).normal(size=(settings.waves, _MODES, d))
    waves *= _WIDTH * bounds / np.arange(1, _MODES + 1)[:, None]
    curves = _curves(x, y, segments, heights, waves)
    ways = routes(lagrangian, horizon, bounds, segments, x, y)
    return np.concatenate([np.asarray(curves), ways], axis=1)


@eqx.filter_jit
def _curves(
    x: Float[Array | np.ndarray, "n d"],
    y: Float[Array | np.ndarray, "n d"],
    segments: int,
    heights: tuple[float, ...],
    waves: Float[Array | np.ndarray, "waves modes d"],
) -> Float[Array, "n starts corners d"]:
    def curves(a: Array, b: Array) -> Array:
        arcs = bent(a, b, segments, heights)
        return jnp.concatenate([arcs, winding(a, b, segments, jnp.asarray(waves))])

    return jax.vmap(curves)(jnp.asarray(x), jnp.asarray(y))
