"""Trained bridges, opened: where their paths end, and the paths."""

from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.config import NLSBConfig
from nlot.methods.nlsb.bridge import Bridge, simulate
from nlot.problems.transport import Task
from nlot.training.streams import stream


class BridgeRun:
    """A trained bridge on arrays of shape (n, d).

    Its paths are single ones, drawn with a key (where none is given, one that belongs
    to the run's seed), or `expected`: each the mean of `config.averaged_paths` from the
    same start.

    **Attributes:** `task`, `config`, `networks`, `header` (names, settings and
    provenance as stored) and `expected`.
    """

    def __init__(
        self,
        task: Task,
        config: NLSBConfig,
        networks: Bridge,
        header: Mapping[str, Any],
        expected: bool = False,
    ):
        self.task, self.config, self.networks = task, config, networks
        self.header, self.expected = dict(header), expected

    @property
    def variants(self) -> tuple["BridgeRun", ...]:
        """The rows that this run has in tables, each with a method name of its own."""
        method = self.header["method"]
        return tuple(
            BridgeRun(
                self.task,
                self.config,
                self.networks,
                {**self.header, "method": f"{method}_{name}"},
                expected=name == "expected",
            )
            for name in self.config.variants
        )

    def transport(
        self, x: Float[Any, "n d"], key: PRNGKeyArray | None = None
    ) -> Float[Array, "n d"]:
        """Where the paths from `x` end."""
        return self.steps(x, key)[:, -1]

    def maps(self, x: Float[Any, "n d"]) -> dict[str, Float[Array, "n d"]]:
        """Ends of paths of both kinds from `x`, by what to call them."""
        return {
            name: run.transport(x)
            for name, run in zip(self.config.variants, self.variants, strict=True)
        }

    def path(
        self,
        x: Float[Any, "n d"],
        times: Float[Any, " times"],
        key: PRNGKeyArray | None = None,
    ) -> Float[Array, "n times d"]:
        """Paths from `x` at `times` in [0, T], linear between the simulated steps."""
        s = self.task.fractions(times) * self.config.time_steps
        before = np.minimum(s.astype(int), self.config.time_steps - 1)
        part = jnp.asarray(s - before, jnp.float32)[:, None]
        steps = self.steps(x, key)
        return (1 - part) * steps[:, before] + part * steps[:, before + 1]

    def steps(
        self, x: Float[Any, "n d"], key: PRNGKeyArray | None = None
    ) -> Float[Array, "n steps d"]:
        """Paths from `x` at all simulated steps, the start included."""
        if key is None:
            key = stream(self.header["provenance"]["seed"], "simulation")
        repeats = self.config.averaged_paths if self.expected else 1
        return _steps(
            self.networks,
            self.task.points(x),
            key,
            (repeats, self.config.time_steps),
            self.task.horizon,
        )

    def actions(self, steps: Float[Array, "n steps d"]) -> Float[Array, " n"]:
        """Action along paths that `steps` returned.

        Of an expected path as it is; of a single one, whose own velocity is infinite,
        with the drift in place of the velocity: the cost of control.
        """
        drift = None if self.expected else self.networks.drift
        return _actions(self.task, drift, steps)


@eqx.filter_jit
def _steps(
    bridge: Bridge,
    x: Array,
    key: PRNGKeyArray,
    shape: tuple[int, int],
    horizon: float,
) -> Array:
    def one(a: Array, key: PRNGKeyArray) -> Array:
        noise = jax.random.normal(key, (*shape, len(a)))
        return jnp.mean(jax.vmap(lambda w: simulate(bridge, a, w, horizon))(noise), 0)

    return jax.vmap(one)(x, jax.random.split(key, len(x)))


@eqx.filter_jit
def _actions(task: Task, drift: Any, steps: Array) -> Array:
    n = steps.shape[1] - 1
    dt = task.horizon / n

    def one(path: Array) -> Array:
        if drift is None:
            position = (path[1:] + path[:-1]) / 2
            velocity = (path[1:] - path[:-1]) / dt
        else:
            position = path[:-1]
            velocity = jax.vmap(drift)(position, dt * jnp.arange(n, dtype=path.dtype))
        return dt * jnp.sum(jax.vmap(task.lagrangian)(position, velocity))

    return jax.vmap(one)(steps)
