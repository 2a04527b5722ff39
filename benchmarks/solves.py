"""Seconds that a c-transform, or a path of least action, takes in a batch."""

import time
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import numpy as np

from benchmarks import presets
from nlot.methods.alternation import build_quadrature
from nlot.methods.ctransform import refine
from nlot.methods.nlot.training import build
from nlot.paths.multistart import optimal_paths

_REPEATS = 5


def c_transforms(preset: str, batch: int, problem: str = "box") -> dict[str, Any]:
    """One c-transform of untrained networks, with the settings of training."""
    experiment = presets.preset(preset)
    config = presets.settings(experiment, "nlot", problem, {})
    given = experiment.problems[problem].load().standard
    networks = build(given, config, key=jax.random.key(0))
    quadrature = build_quadrature(config)

    @eqx.filter_jit
    def all_of(networks: Any, x: Any) -> Any:
        place = quadrature, given, given.lagrangian
        return refine(networks, *place, config.ctransform, x).y

    x = given.source.draw(jax.random.key(1), batch, "independent")
    return _per_item(lambda: jax.block_until_ready(all_of(networks, x)), batch)


def least_actions(problem: str, batch: int) -> dict[str, Any]:
    """One path of least action between random ends, the best of all starts."""
    experiment = presets.preset("config")
    given = experiment.problems[problem].load()
    x = np.asarray(given.source.draw(jax.random.key(1), batch, "independent"))
    y = np.asarray(given.target.draw(jax.random.key(2), batch, "independent"))
    settings = experiment.evaluation.least_action
    place = given.lagrangian, given.horizon, given.frame.scale
    return _per_item(lambda: optimal_paths(*place, settings, x, y), batch)


def _per_item(call: Callable[[], Any], batch: int) -> dict[str, Any]:
    times = [time.monotonic()]
    for _ in range(1 + _REPEATS):
        call()
        times.append(time.monotonic())
    first, *seconds = np.diff(times)
    return {
        "seconds": float(np.median(seconds) / batch),
        "low": float(min(seconds) / batch),
        "high": float(max(seconds) / batch),
        "compile_seconds": float(first - np.median(seconds)),
    }
