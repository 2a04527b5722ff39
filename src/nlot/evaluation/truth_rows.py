"""A map against the ground truth of its task, on the points of that truth."""

from collections.abc import Iterator
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from nlot.config import LeastActionConfig
from nlot.couplings import match
from nlot.evaluation.subjects import AbstractSubject, Simulated, Trained
from nlot.geodesics import polygon_action, straight
from nlot.ground_truth.truth import GroundTruth
from nlot.optimal_paths import optimal_paths
from nlot.runs import Run
from nlot.tasks import Task

_PERCENT = 100.0


class Losses(NamedTuple):
    """A map made a coupling of the truth's points: `x[i]` goes to `y[order[i]]`.

    `loss` is what that costs more than the optimal dual variables allow, none of it
    negative; its mean is the coupling's cost less the optimal one.
    """

    order: Int[np.ndarray, " n"]
    loss: Float[np.ndarray, " n"]


def losses(truth: GroundTruth, pushed: Float[np.ndarray, "n d"]) -> Losses:
    """The coupling nearest to a map that sends `truth.x[i]` to `pushed[i]`.

    Points are moved from where the map sends them onto the target by the least mean
    squared distance: costs of maps that miss the target otherwise compare nothing.
    """
    order = match(pushed, truth.y)
    rows = np.arange(len(order))
    loss = truth.cost[rows, order] - truth.f - truth.g[order]
    return Losses(order, loss)


def truth_measures(
    truth: GroundTruth,
    task: Task,
    settings: LeastActionConfig,
    subject: AbstractSubject,
    key: PRNGKeyArray,
) -> Iterator[tuple[str, float, int]]:
    """What `nlot.evaluation.rows.measure` adds where the ground truth is known.

    All but the distance in percent of the optimal cost of the truth's points.
    """
    n, optimum = len(truth.x), truth.optimum
    x = jnp.asarray(truth.x, jnp.float32)
    pushed = subject.push(x, key)
    ends = np.asarray(pushed, np.float64)

    best = optimal_paths(task, settings, truth.x, ends)
    action = float(best.action.mean())
    yield "action_gap", _PERCENT * (action / optimum - 1), n
    loss = losses(truth, ends).loss
    yield "coupling_gap", _PERCENT * float(loss.mean()) / optimum, n
    apart = ends - truth.y[truth.order]
    yield "optimal_distance", float(np.sqrt((apart**2).sum(axis=1).mean())), n

    # A bridge's own paths are not curves between the same ends.
    own = None if isinstance(subject, Simulated) else subject.own_paths(x, pushed, key)
    if own is not None:
        share = float(np.asarray(own.action, np.float64).mean()) / action
        yield "path_loss", _PERCENT * (share - 1), n
    share = _straight_action(task, settings, truth.x, ends) / action
    yield "straight_loss", _PERCENT * (share - 1), n
    if isinstance(subject, Trained) and not subject.suffix:
        yield "duality_gap", _PERCENT * (1 - _dual(truth, subject.run) / optimum), n


def _straight_action(
    task: Task,
    settings: LeastActionConfig,
    x: Float[np.ndarray, "n d"],
    y: Float[np.ndarray, "n d"],
) -> float:
    def one(a: Array, b: Array) -> Array:
        path = straight(a, b, settings.segments)
        return polygon_action(task.lagrangian, task.horizon, path)

    with jax.enable_x64(True):
        return float(jax.jit(jax.vmap(one))(x, y).mean())


def _dual(truth: GroundTruth, run: Run) -> float:
    """Dual value of the learned potential, on the truth's points and exact costs."""
    y = jnp.asarray(truth.y, jnp.float32)
    g = np.asarray(jax.vmap(run.networks.potential)(y), np.float64)
    return float((truth.cost - g).min(axis=1).mean() + g.mean())
