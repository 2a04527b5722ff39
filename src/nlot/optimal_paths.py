"""Paths of least action between the ends that a task's points make."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nlot.config import LeastActionConfig
from nlot.geodesics import Geodesic, least_actions
from nlot.polygons import bent
from nlot.tasks import Task

# Pairs whose starts are made at a time.
_PAIRS = 4096


def optimal_paths(
    task: Task,
    settings: LeastActionConfig,
    x: Float[np.ndarray | Array, "n d"],
    y: Float[np.ndarray | Array, "n d"],
) -> Geodesic:
    """The best path from `x[i]` to `y[i]`, each over all starts of `settings`.

    In double precision; the starts are those of `nlot.polygons.bent`.
    """
    heights = tuple(share * task.bounds for share in settings.bends)
    parts = []
    with jax.enable_x64(True):
        for begin in range(0, len(x), _PAIRS):
            part = slice(begin, begin + _PAIRS)
            a, b = (jnp.asarray(z[part], jnp.float64) for z in (x, y))
            every = np.asarray(_starts(a, b, settings.segments, heights))
            found = solve(task, settings, every.reshape(-1, *every.shape[2:]))
            action = np.where(np.isnan(found.action), np.inf, found.action)
            best = action.reshape(every.shape[:2]).argmin(axis=1)
            best += every.shape[1] * np.arange(len(a))
            parts.append([leaf[best] for leaf in found])
    return Geodesic(*(np.concatenate(leaves) for leaves in zip(*parts, strict=True)))


@eqx.filter_jit
def _starts(
    x: Float[Array, "n d"],
    y: Float[Array, "n d"],
    segments: int,
    heights: tuple[float, ...],
) -> Float[Array, "n starts corners d"]:
    return jax.vmap(lambda a, b: bent(a, b, segments, heights))(x, y)


def solve(
    task: Task,
    settings: LeastActionConfig,
    starts: Float[np.ndarray, "n corners d"],
) -> Geodesic:
    """The paths of least action that `starts` lead to, in double precision."""
    with jax.enable_x64(True):
        return least_actions(
            task.lagrangian,
            task.horizon,
            np.asarray(starts, np.float64),
            tolerance=settings.tolerance,
            max_steps=settings.max_steps,
        )
