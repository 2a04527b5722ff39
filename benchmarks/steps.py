"""Seconds per training step, timed by the reports of training."""

import time
from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import PRNGKeyArray

from benchmarks import presets
from nlot.methods.alternation import build_quadrature
from nlot.methods.metric_nlot import training as metric_nlot
from nlot.methods.nlot import training as nlot
from nlot.problems.sampler import Sampler
from nlot.problems.sequence import Sequence
from nlot.problems.transport import Transport
from nlot.training.loop import Log, iterate
from nlot.training.progress import Reporter

Times = dict[str, Any]
# The first chunk includes compilation, the others are measured.
_CHUNKS = 4


class Clock(Reporter):
    """Prints nothing, and records when each chunk of steps was done."""

    def __init__(self) -> None:
        super().__init__("benchmark")
        self.times: list[float] = []

    def __call__(self, step: int, record: Mapping[str, float]) -> None:
        self.times.append(time.monotonic())


def algorithm_1(preset: str, steps: int, problem: str = "box", **changes: Any) -> Times:
    """A step of Algorithm 1 on a problem of a preset, without refits or pre-training.

    `steps` is the length of a measured chunk, `changes` are settings of the method.
    """
    given = presets.preset(preset).problems[problem].load()
    return _algorithm_1(preset, problem, given, steps, changes)


def algorithm_1_in_dimension(preset: str, steps: int, dimension: int) -> Times:
    """A step of Algorithm 1 between two Gaussians on R^d, for |v|²/2."""
    spread = np.eye(dimension).tolist()
    source, target = (
        {"kind": "gaussian", "mean": [mean] * dimension, "covariance": spread}
        for mean in (0.0, 1.0)
    )
    data = {
        "kind": "transport",
        "source": source,
        "target": target,
        "lagrangian": {"kind": "newtonian"},
    }
    # With the settings for box, as presets have none for this problem.
    given = Transport.Config.model_validate(data).load()
    return _algorithm_1(preset, "box", given, steps, {})


def _algorithm_1(
    preset: str,
    problem: str,
    given: Transport,
    steps: int,
    changes: Mapping[str, Any],
) -> Times:
    plain = {
        "steps": _CHUNKS * steps,
        "report_every": steps,
        "pretraining": {"steps": 0},
        "refit": {"max_steps": 0},
    }
    config = presets.settings(
        presets.preset(preset), "nlot", problem, {**plain, **changes}
    )
    clock, begun = Clock(), time.monotonic()
    nlot.train(given, config, jax.random.key(0), clock)
    return _per_step(clock, begun, steps)


def algorithm_2(preset: str, steps: int, pairs: int, points: int) -> Times:
    """A step of Algorithm 2 with all pairs, with its share of metric steps.

    The measures are Gaussian clouds that move round the unit circle; 24 pairs of 100
    points have the number and size of Table 2's.
    """
    plain = {
        "steps": _CHUNKS * steps,
        "report_every": steps,
        "warm_up": 0,
        "pretraining": {"steps": 0},
    }
    experiment = presets.preset(preset)
    config = presets.settings(experiment, "metric_nlot", "circle", plain)
    random = np.random.default_rng(0)
    angles = 2 * np.pi / 24 * np.arange(pairs + 1)
    centres = np.stack([np.cos(angles), np.sin(angles)], -1)
    clouds = [mean + 0.1 * random.normal(size=(points, 2)) for mean in centres]
    clock, begun = Clock(), time.monotonic()
    metric_nlot.train(Sequence.of(clouds), config, jax.random.key(0), clock)
    return _per_step(clock, begun, steps)


def algorithm_1_of_seeds(preset: str, steps: int, seeds: int) -> Times:
    """A step of Algorithm 1 on box for several seeds in one program.

    Seconds are those of a step of all seeds together.
    """
    experiment = presets.preset(preset)
    changes = {"refit": {"max_steps": 0}}
    config = presets.settings(experiment, "nlot", "box", changes)
    given = experiment.problems["box"].load().standard
    quadrature = build_quadrature(config)
    sampler = Sampler(given, quadrature, config.sampling)

    def start(key: PRNGKeyArray) -> nlot.State:
        return nlot.State.start(nlot.build(given, config, key=key), config)

    def step(
        state: nlot.State, fixed: Any, key: PRNGKeyArray
    ) -> tuple[nlot.State, Log]:
        return eqx.filter_vmap(lambda one, key: nlot.step(one, fixed, key))(
            state, jax.random.split(key, seeds)
        )

    begun, clock = time.monotonic(), Clock()
    clock.start(_CHUNKS * steps, steps)
    iterate(
        step,
        eqx.filter_vmap(start)(jax.random.split(jax.random.key(0), seeds)),
        (sampler, config),
        jax.random.key(1),
        phase="training",
        steps=clock.total,
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
