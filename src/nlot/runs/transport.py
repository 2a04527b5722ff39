"""Trained runs: train one, keep it in a folder, open it again."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.config import (
    Config,
    MethodConfig,
    NLOTConfig,
    NLOTPlusConfig,
    NLSBConfig,
    TaskConfig,
    parse_method,
)
from nlot.methods.nlot import train as solve
from nlot.methods.nlot_plus import train as plus
from nlot.methods.nlsb import train as nlsb
from nlot.methods.nlsb.run import BridgeRun
from nlot.networks.amortised import Networks, build_networks
from nlot.paths.quadrature import Quadrature, path_actions
from nlot.paths.splines import CubicSpline
from nlot.problems.transport import Task, build_task
from nlot.runs.job import train_and_write
from nlot.runs.store import read_run, spline_positions
from nlot.training.microbatch import batches

KIND = "transport"
# Each module has `train`.
_KINDS: dict[str, ModuleType] = {"nlot": solve, "nlot_plus": plus, "nlsb": nlsb}


class Run:
    """A trained run: the map, its paths and its cost, on arrays of shape (n, d).

    **Attributes:** `task`, `config` (the method's settings), `networks`, `spline` (the
    space of its paths) and `header` (names, settings and provenance as stored).
    """

    def __init__(
        self,
        task: Task,
        config: NLOTConfig | NLOTPlusConfig,
        networks: Networks,
        header: Mapping[str, Any],
    ):
        self.task, self.config, self.networks = task, config, networks
        self.header = dict(header)
        self.spline = CubicSpline(config.knots)

    @property
    def variants(self) -> tuple["Run"]:
        """The rows that this run has in tables: itself."""
        return (self,)

    @property
    def refines(self) -> bool:
        """Whether `transport` is more than the map network."""
        return self.config.kind == "nlot"

    def maps(self, x: Float[Any, "n d"]) -> dict[str, Float[Array, "n d"]]:
        """Images of `x` under each map of the run, by what to call it."""
        if self.refines:
            return {
                "refined map": self.transport(x),
                "network map": self.network_map(x),
            }
        return {"map": self.transport(x)}

    def transport(self, x: Float[Any, "n d"]) -> Float[Array, "n d"]:
        """Where `x` is sent: for Algorithm 1 the c-transform of eq. 6."""
        x = self.task.points(x)
        parts = [x[:0]]
        for picked, lanes in batches(np.arange(len(x))):
            y = _transport(self.networks, self.task, self.config, x[lanes])
            parts.append(y[: len(picked)])
        return jnp.concatenate(parts)

    def network_map(self, x: Float[Any, "n d"]) -> Float[Array, "n d"]:
        """The map network alone, without refinement."""
        return _over_points(self.networks.map, self.task.points(x))

    def coefficients(
        self, x: Float[Any, "n d"], y: Float[Any, "n d"]
    ) -> Float[Array, "n size d"]:
        """Spline coefficients of the amortised paths from `x[i]` to `y[i]`."""
        return _over_points(
            self.networks.spline, self.task.points(x), self.task.points(y)
        )

    def path(
        self, x: Float[Any, "n d"], times: Float[Any, " times"]
    ) -> Float[Array, "n times d"]:
        """The amortised paths from `x` to `transport(x)` at `times` in [0, T]."""
        s = self.task.fractions(times)
        x = self.task.points(x)
        y = self.transport(x)
        return spline_positions(self.spline, s, x, y, self.coefficients(x, y))

    def cost(self, x: Float[Any, "n d"], y: Float[Any, "n d"]) -> Float[Array, " n"]:
        """Action of the amortised path between each pair, by a fine midpoint rule."""
        rule = Quadrature(self.spline, 200, "midpoint", self.task.horizon)
        x, y = self.task.points(x), self.task.points(y)
        return path_actions(self.task.lagrangian, rule, x, y, self.coefficients(x, y))


@eqx.filter_jit
def _transport(
    networks: Networks, task: Task, config: NLOTConfig | NLOTPlusConfig, x: Array
) -> Array:
    method = _KINDS[config.kind]
    return jax.vmap(lambda a: method.transport(networks, task, config, a))(x)


@eqx.filter_jit
def _over_points(function: Callable[..., Array], *points: Array) -> Array:
    return jax.vmap(function)(*points)


def train_run(
    config: Config, task: str, method: str, seed: int, folder: str | Path
) -> Run | BridgeRun:
    """Train `method` on `task` and write weights and history to `folder`.

    A run that was killed goes on from its checkpoint in `folder`, to the same weights.
    Raises `nlot.training.loop.DivergenceError` when a loss stops being finite; nothing
    is written then.
    """
    task_config, method_config = config.tasks[task], config.method(method, task)
    built = build_task(task_config)
    header, networks = train_and_write(
        _KINDS[method_config.kind],
        built,
        method_config,
        name=f"{task} {method}",
        seed=seed,
        names={"kind": KIND, "task": task, "method": method},
        settings={
            "task_config": task_config.model_dump(mode="json"),
            "method_config": method_config.model_dump(mode="json"),
        },
        folder=folder,
        checkpoint_minutes=config.resources.checkpoint_minutes,
    )
    return _open(built, method_config, networks, header)


def load_run(folder: str | Path) -> Run | BridgeRun:
    """Open the run that a training job wrote to `folder`.

    Raises `nlot.runs.store.RunError` for a missing, truncated or foreign file.
    """

    def settings(header: Mapping[str, Any]) -> tuple[Task, MethodConfig]:
        task = build_task(TaskConfig.model_validate(header["task_config"]))
        return task, parse_method(header["method_config"])

    def skeleton(header: Mapping[str, Any]) -> Any:
        task, config = settings(header)
        return eqx.filter_eval_shape(_untrained, task, config, jax.random.key(0))

    header, networks = read_run(folder, KIND, skeleton)
    return _open(*settings(header), networks, header)


def _untrained(task: Task, config: MethodConfig, key: PRNGKeyArray) -> Any:
    if isinstance(config, NLSBConfig):
        return nlsb.build_bridge(task.dimension, config, key=key)
    return build_networks(task.dimension, task.bounds, config, key=key)


def _open(
    task: Task, config: MethodConfig, networks: Any, header: Mapping[str, Any]
) -> Run | BridgeRun:
    if isinstance(config, NLSBConfig):
        return BridgeRun(task, config, networks, header)
    return Run(task, config, networks, header)
