"""A map against the ground truth of its task, on the points of that truth."""

from collections.abc import Iterator
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int, PRNGKeyArray

from nlot.config import LeastActionConfig
from nlot.discrete.couplings import match
from nlot.evaluation.subjects import AbstractSubject, Trained
from nlot.ground_truth.truth import GroundTruth
from nlot.paths.multistart import optimal_paths
from nlot.paths.polygons import polygon_actions
from nlot.problems.transport import Task
from nlot.runs.store import spline_positions
from nlot.runs.transport import Run

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

    All but the distance in percent, of the optimal cost of the truth's points or of the
    action along the best paths; none where that is zero.
    """
    n, optimum = len(truth.x), truth.optimum
    x = jnp.asarray(truth.x, jnp.float32)
    pushed = subject.push(x, key)
    ends = np.asarray(pushed, np.float64)

    best = optimal_paths(task, settings, truth.x, ends)
    action = float(best.action.mean())
    if optimum > 0:
        yield "action_gap", _PERCENT * (action / optimum - 1), n
        loss = losses(truth, ends).loss
        yield "coupling_gap", _PERCENT * float(loss.mean()) / optimum, n
    apart = ends - truth.y[truth.order]
    yield "optimal_distance", float(np.sqrt((apart**2).sum(axis=1).mean())), n

    s = np.linspace(0, 1, settings.segments + 1)
    corners = {"straight_loss": _straight(s, truth.x, ends)}
    if isinstance(subject, Trained):
        corners["path_loss"] = _amortised(subject.run, s, truth.x, ends)
    for name, paths in corners.items():
        with jax.enable_x64(True):
            found = polygon_actions(task.lagrangian, task.horizon, paths)
        if action > 0:
            yield name, _PERCENT * (float(found.mean()) / action - 1), n
    if isinstance(subject, Trained) and not subject.suffix and optimum > 0:
        yield "duality_gap", _PERCENT * (1 - _dual(truth, subject.run) / optimum), n


def _straight(
    s: Float[np.ndarray, " corners"],
    x: Float[np.ndarray, "n d"],
    y: Float[np.ndarray, "n d"],
) -> Float[np.ndarray, "n corners d"]:
    return x[:, None] + s[:, None] * (y - x)[:, None]


def _amortised(
    run: Run,
    s: Float[np.ndarray, " corners"],
    x: Float[np.ndarray, "n d"],
    y: Float[np.ndarray, "n d"],
) -> Float[np.ndarray, "n corners d"]:
    """Corners of the run's own paths: a rule for them as for the best polygons."""
    coefficients = run.coefficients(x, y)
    with jax.enable_x64(True):
        ends = jnp.asarray(x), jnp.asarray(y)
        return np.asarray(spline_positions(run.spline, s, *ends, coefficients))


def _dual(truth: GroundTruth, run: Run) -> float:
    """Dual value of the learned potential, on the truth's points and exact costs."""
    y = jnp.asarray(truth.y, jnp.float32)
    g = np.asarray(jax.vmap(run.networks.potential)(y), np.float64)
    return float((truth.cost - g).min(axis=1).mean() + g.mean())
