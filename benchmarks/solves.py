"""Seconds that a c-transform, or a path of least action, takes in a batch."""

import time
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import numpy as np

from benchmarks import presets
from nlot.methods.nlot import train as solve
from nlot.networks.amortised import build_networks
from nlot.paths.multistart import optimal_paths
from nlot.problems.transport import build_task

_REPEATS = 5


def c_transforms(preset: str, batch: int, task: str = "box") -> dict[str, Any]:
    """One c-transform of untrained networks, with the settings of training."""
    config = presets.preset(preset)
    method = presets.algorithm_1(config, task, {})
    built = build_task(config.tasks[task])
    networks = build_networks(
        built.dimension, built.bounds, method, key=jax.random.key(0)
    )
    quadrature = solve.build_quadrature(built, method)

    @eqx.filter_jit
    def all_of(networks: Any, x: Any) -> Any:
        return jax.vmap(
            lambda a: (
                solve.refine(
                    networks, quadrature, built, built.lagrangian, method.ctransform, a
                ).y
            )
        )(x)

    x = built.source.draw(jax.random.key(1), batch, "independent")
    return _per_item(lambda: jax.block_until_ready(all_of(networks, x)), batch)


def least_actions(task: str, batch: int) -> dict[str, Any]:
    """One path of least action between random ends, the best of all starts."""
    config = presets.preset("config")
    built = build_task(config.tasks[task])
    x = np.asarray(built.source.draw(jax.random.key(1), batch, "independent"))
    y = np.asarray(built.target.draw(jax.random.key(2), batch, "independent"))
    settings = config.evaluation.least_action
    return _per_item(lambda: optimal_paths(built, settings, x, y), batch)


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
