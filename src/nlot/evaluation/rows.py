"""The tidy rows of one subject: every measure of a map and its paths.

All subjects of one task and seed are measured on the same draws. The floor compares
the target with itself: it draws with the keys that the subjects' source draws use, so
that a subject's excess over the floor is free of most of the sampling noise.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.config import Config, EvaluationConfig
from nlot.costs.closed_forms import closed_form
from nlot.evaluation.subjects import CONTROLS, AbstractSubject, subjects
from nlot.evaluation.tidy import rows_table
from nlot.evaluation.truth_rows import truth_measures
from nlot.evaluation.wasserstein import (
    debiased_divergences,
    entropic_costs,
    exact_squared_w2,
)
from nlot.ground_truth.truth import GroundTruth
from nlot.methods.nlsb.run import BridgeRun
from nlot.paths.multistart import optimal_paths
from nlot.problems.transport import Task, build_task
from nlot.runs.transport import Run
from nlot.training.streams import stream

# Its name, value and sample size.
Measure = tuple[str, float, int]
_HUNDREDFOLD = 100  # Table 1 reports distances times 100.


def measure(
    task: Task,
    subject: AbstractSubject | None,
    settings: EvaluationConfig,
    seed: int,
    truth: GroundTruth | None = None,
) -> Iterator[Measure]:
    """All measures of `subject`, or of the floor where it is None.

    Yields `(measure, value, n)` with n the sample size. Squared W2 distances are
    multiplied by 100, actions and times are means over the sample. Where the optimal
    map is known there is a `map_error`, too, and where its ground truth is given what
    `nlot.evaluation.truth_rows` adds.
    """
    suffix = "" if subject is None else subject.suffix
    yield from _named(_distances(task, subject, settings, seed), suffix)
    if subject is not None:
        yield from _named(_costs(task, subject, settings, seed, truth), suffix)


def _named(measures: Iterable[Measure], suffix: str) -> Iterator[Measure]:
    return ((name + suffix, value, n) for name, value, n in measures)


def run_rows(
    run: Run | BridgeRun,
    settings: EvaluationConfig,
    truth: GroundTruth | None = None,
) -> pd.DataFrame:
    """Rows of all that a trained run is measured as."""
    provenance = run.header["provenance"]
    parts = [
        rows_table(
            subject.run.header["task"],
            subject.run.header["method"],
            provenance["seed"],
            measure(run.task, subject, settings, provenance["seed"], truth),
            minutes=provenance["minutes"],
            device=provenance["device"],
        )
        for subject in subjects(run)
    ]
    return pd.concat(parts, ignore_index=True)


def control_rows(
    config: Config,
    tasks: Iterable[str],
    control: str,
    seed: int,
    truths: Mapping[str, GroundTruth],
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Each task and the rows of a control on it.

    `minutes` stays empty, as nothing is trained. Controls know no Lagrangian: what they
    send where is measured once for all tasks between the same measures.
    """
    settings, known = config.evaluation, dict[str, list[Measure]]()
    for name in tasks:
        task = build_task(config.tasks[name])
        subject = None if control == "floor" else CONTROLS[control](task)
        ends = config.tasks[name].model_dump_json(exclude={"lagrangian"})
        if ends not in known:
            known[ends] = list(_distances(task, subject, settings, seed))
        found = known[ends]
        if subject is not None:
            costs = _costs(task, subject, settings, seed, truths.get(name))
            found = [*found, *costs]
        device = jax.devices()[0].device_kind
        yield (
            name,
            rows_table(name, control, seed, found, minutes=math.nan, device=device),
        )


def _distances(
    task: Task, subject: AbstractSubject | None, settings: EvaluationConfig, seed: int
) -> Iterator[Measure]:
    """How far a subject's images are from the target."""
    paper, exact, divergence = settings.paper, settings.exact, settings.divergence
    draw = partial(_draws, task, subject, seed)

    pushed, target = draw("paper", paper.draws, paper.points)
    costs = entropic_costs(pushed, target, paper.epsilon, paper.max_iterations)
    yield "w2_paper", _HUNDREDFOLD * float(jnp.mean(costs)), paper.points

    pushed, target = draw("exact", exact.draws, exact.points)
    distances = [
        exact_squared_w2(np.asarray(a), np.asarray(b))
        for a, b in zip(pushed, target, strict=True)
    ]
    yield "w2_exact", _HUNDREDFOLD * float(np.mean(distances)), exact.points

    pushed, target = draw("divergence", divergence.draws, divergence.points)
    divergences = debiased_divergences(
        pushed,
        target,
        divergence.epsilon * task.bounds**2,
        divergence.max_iterations,
    )
    value = _HUNDREDFOLD * float(jnp.mean(divergences))
    yield "sinkhorn_divergence", value, divergence.points


def _costs(
    task: Task,
    subject: AbstractSubject,
    settings: EvaluationConfig,
    seed: int,
    truth: GroundTruth | None,
) -> Iterator[Measure]:
    """What it costs a subject to send points where it does."""
    yield from _path_measures(task, subject, settings, seed)
    if truth is not None:
        key = stream(seed, "evaluation/truth")
        yield from truth_measures(truth, task, settings.least_action, subject, key)


def _draws(
    task: Task,
    subject: AbstractSubject | None,
    seed: int,
    name: str,
    draws: int,
    points: int,
) -> tuple[Float[Array, "draws n d"], Float[Array, "draws n d"]]:
    """Independent pairs of pushed source samples and target samples."""
    keys = jax.random.split(stream(seed, f"evaluation/{name}"), draws)
    source, target, pushing = jax.vmap(partial(jax.random.split, num=3))(keys).T
    y = jnp.stack([task.target.sample(key, points) for key in target])
    start = task.target if subject is None else task.source
    x = jnp.stack([start.sample(key, points) for key in source])
    return x if subject is None else subject.push_draws(x, pushing), y


def _path_measures(
    task: Task, subject: AbstractSubject, settings: EvaluationConfig, seed: int
) -> Iterator[Measure]:
    action = settings.action
    key = stream(seed, "evaluation/action")
    x, y = path_ends(task, subject, key, action.points)
    _, subject_key = _action_keys(key)
    own = subject.own_paths(x, y, subject_key)
    best = optimal_paths(task, settings.least_action, x, y)
    yield "action", float(best.action.mean()), action.points
    yield "action_converged", float(best.converged.mean()), action.points
    if own is not None:
        yield "action_own_paths", float(jnp.mean(own.action)), action.points
        yield "obstacle_time", float(jnp.mean(own.obstacle_time)), action.points
    form = closed_form(task)
    if form is not None:
        covariance = np.asarray(task.target.covariance)
        error = map_error(np.asarray(y), form.map(x), covariance)
        yield "map_error", error, action.points


def map_error(
    found: Float[np.ndarray, "n d"],
    truth: Float[np.ndarray, "n d"],
    covariance: Float[np.ndarray, "d d"],
) -> float:
    r"""Relative L² error of a map in percent, from images of the same points.

    $100 \sqrt{E|T(x) - T^*(x)|^2 / \mathrm{tr}\, Σ}$, Σ being the covariance of the
    target: as a ratio of squares, the unexplained variance of Korotin et al. (Do neural
    optimal transport solvers work?, 2021). Sending all to the target's mean scores 100.
    """
    squared = np.mean(np.sum((found.astype(np.float64) - truth) ** 2, axis=1))
    return 100 * float(np.sqrt(squared / np.trace(covariance)))


def _action_keys(key: PRNGKeyArray) -> tuple[PRNGKeyArray, PRNGKeyArray]:
    """A key for the points of the source, and one for the subject."""
    source, subject = jax.random.split(key)
    return source, subject


def path_ends(
    task: Task, subject: AbstractSubject, key: PRNGKeyArray, n: int
) -> tuple[Float[Array, "n d"], Float[Array, "n d"]]:
    """Evenly spread points of the source and their images.

    Actions of good maps differ by tenths of a percent, less than the sampling error of
    a mean over thousands of independent draws.
    """
    source_key, subject_key = _action_keys(key)
    x = task.source.spread(source_key, n)
    return x, subject.push(x, subject_key)
