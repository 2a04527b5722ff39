"""Seconds that a training step takes, by the clock of the training's own reports."""

import time
from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import PRNGKeyArray

from benchmarks import presets
from nlot.config import Config, TaskConfig
from nlot.measures.sequences import Sequence
from nlot.methods.metric_nlot import train as metric_learning
from nlot.methods.nlot import train as solve
from nlot.networks.amortised import build_networks
from nlot.problems.sampler import Problem
from nlot.problems.transport import build_task
from nlot.training.loop import Log, compiled, run_chunks
from nlot.training.progress import Reporter

Times = dict[str, Any]
# The first step is the compilation's, the others are measured.
_CHUNKS = 4


class Clock(Reporter):
    """Says nothing, and remembers when each chunk of steps was done."""

    def __init__(self) -> None:
        super().__init__("benchmark")
        self.times: list[float] = []

    def __call__(self, step: int, record: Mapping[str, float]) -> None:
        self.times.append(time.monotonic())


def algorithm_1(preset: str, steps: int, task: str = "box", **changes: Any) -> Times:
    """A step of Algorithm 1 on a task of a preset, refits and pre-training apart.

    `steps` is the length of a measured chunk, `changes` are settings of the method.
    """
    config = presets.preset(preset)
    return _algorithm_1(config, task, config.tasks[task], steps, changes)


def algorithm_1_in_dimension(preset: str, steps: int, dimension: int) -> Times:
    """A step of Algorithm 1 between two Gaussians on R^d, for |v|²/2."""
    spread = np.eye(dimension).tolist()
    source, target = (
        {"kind": "gaussian", "mean": [mean] * dimension, "covariance": spread}
        for mean in (0.0, 1.0)
    )
    task = {
        "source": source,
        "target": target,
        "lagrangian": {"kind": "newtonian"},
        "bounds": 6.0,
    }
    config = presets.preset(preset)
    # Settings of the box: no task of a preset has them of its own.
    return _algorithm_1(config, "box", TaskConfig.model_validate(task), steps, {})


def _algorithm_1(
    config: Config,
    name: str,
    task: TaskConfig,
    steps: int,
    changes: Mapping[str, Any],
) -> Times:
    plain = {
        "steps": _CHUNKS * steps,
        "report_every": steps,
        "pretraining": {"steps": 0},
        "refit": {"max_steps": 0},
    }
    method = presets.algorithm_1(config, name, {**plain, **changes})
    clock, begun = Clock(), time.monotonic()
    solve.train(build_task(task), method, jax.random.key(0), clock)
    return _per_step(clock, begun, steps)


def algorithm_2(preset: str, steps: int, pairs: int, points: int) -> Times:
    """A step of Algorithm 2 with all pairs, and a metric step in its share of them.

    The measures are Gaussian clouds on their way round the unit circle, of Table 2's
    number and size for 24 pairs of 100 points.
    """
    plain = {
        "steps": _CHUNKS * steps,
        "report_every": steps,
        "warm_up": 0,
        "pretraining": {"steps": 0},
    }
    learner = presets.algorithm_2(presets.preset(preset), "circle", plain)
    random = np.random.default_rng(0)
    angles = 2 * np.pi / 24 * np.arange(pairs + 1)
    centres = np.stack([np.cos(angles), np.sin(angles)], -1)
    clouds = [mean + 0.1 * random.normal(size=(points, 2)) for mean in centres]
    clock, begun = Clock(), time.monotonic()
    metric_learning.train(Sequence.of(clouds), learner, jax.random.key(0), clock)
    return _per_step(clock, begun, steps)


def algorithm_1_of_seeds(preset: str, steps: int, seeds: int) -> Times:
    """A step of Algorithm 1 on box for several seeds in one program.

    Seconds are those of a step of all seeds together.
    """
    config = presets.preset(preset)
    method = presets.algorithm_1(config, "box", {"refit": {"max_steps": 0}})
    task, updates = build_task(config.tasks["box"]), solve.Updates.of(method)
    problem = Problem(task, solve.build_quadrature(task, method), method.sampling)

    def start(key: PRNGKeyArray) -> solve.State:
        networks = build_networks(task.dimension, task.bounds, method, key=key)
        return solve.State.start(networks, updates)

    def step(
        state: solve.State, problem: Problem, key: PRNGKeyArray
    ) -> tuple[solve.State, Log]:
        return eqx.filter_vmap(
            lambda one, key: solve.step(one, updates, problem, method, key)
        )(state, jax.random.split(key, seeds))

    begun, clock = time.monotonic(), Clock()
    state = eqx.filter_vmap(start)(jax.random.split(jax.random.key(0), seeds))
    run_chunks(
        compiled(step, problem, jax.random.key(1)),
        state,
        phase="training",
        steps=_CHUNKS * steps,
        chunk=steps,
        report=clock,
    )
    return _per_step(clock, begun, steps)


def _per_step(clock: Clock, begun: float, steps: int) -> Times:
    chunks = np.diff([begun, *clock.times])
    seconds = chunks[1:] / steps
    return {
        "seconds": float(np.median(seconds)),
        "low": float(seconds.min()),
        "high": float(seconds.max()),
        "compile_seconds": float(chunks[0] - np.median(chunks[1:])),
    }
