"""Trained bridges: their paths, and where these end."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.methods.nlsb.bridge import Bridge, simulate
from nlot.methods.nlsb.config import Config
from nlot.methods.run import AbstractRun
from nlot.paths.own_paths import OwnPaths
from nlot.problems.transport import Transport
from nlot.training.streams import stream


class BridgeRun(AbstractRun):
    """A trained bridge on arrays of shape (n, d).

    Its paths are single draws with a key (default: one derived from the run's seed), or
    `expected`: means of `config.averaged_paths` draws from the same start. Every method
    raises `ValueError` for points of another shape.
    """

    problem: Transport
    config: Config
    networks: Bridge
    stochastic = True

    @property
    def expected(self) -> bool:
        """Whether paths are means of several."""
        return self.variant == "expected"

    def transport(
        self, x: Float[Any, "n d"], key: PRNGKeyArray | None = None
    ) -> Float[Array, "n d"]:
        """Where the paths from `x` end."""
        return self.steps(x, key)[:, -1]

    def path(
        self,
        x: Float[Any, "n d"],
        times: Float[Any, " times"],
        key: PRNGKeyArray | None = None,
    ) -> Float[Array, "n times d"]:
        """Paths from `x` at `times` in [0, T], linear between the simulated steps.

        Raises `ValueError` for times outside.
        """
        s = self.problem.fractions(times) * self.config.time_steps
        before = np.minimum(s.astype(int), self.config.time_steps - 1)
        part = jnp.asarray(s - before, jnp.float32)[:, None]
        steps = self.steps(x, key)
        return (1 - part) * steps[:, before] + part * steps[:, before + 1]

    def steps(
        self, x: Float[Any, "n d"], key: PRNGKeyArray | None = None
    ) -> Float[Array, "n steps d"]:
        """Paths from `x` at all simulated steps, the start included."""
        if key is None:
            key = stream(self.seed, "simulation")
        repeats = self.config.averaged_paths if self.expected else 1
        return _steps(
            self.networks,
            self.points(x),
            key,
            (repeats, self.config.time_steps),
            self.problem.horizon,
        )

    def own_paths(
        self, x: Float[Any, "n d"], y: Float[Any, "n d"], key: PRNGKeyArray
    ) -> OwnPaths:
        """Action and obstacle time of the paths from `x` to `y = transport(x, key)`."""
        steps = self.steps(x, key)
        inside = jax.vmap(jax.vmap(self.problem.lagrangian.contains))(steps)
        return OwnPaths(self.actions(steps), jnp.mean(inside, axis=1))

    def actions(self, steps: Float[Array, "n steps d"]) -> Float[Array, " n"]:
        """Action along paths that `steps` returned.

        An expected path has its own velocity. That of a single path is infinite, and is
        replaced by the drift, which gives the cost of control.
        """
        drift = None if self.expected else self.networks.drift
        return _actions(self.problem, drift, steps)


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
def _actions(problem: Transport, drift: Any, steps: Array) -> Array:
    n = steps.shape[1] - 1
    dt = problem.horizon / n

    def one(path: Array) -> Array:
        if drift is None:
            position = (path[1:] + path[:-1]) / 2
            velocity = (path[1:] - path[:-1]) / dt
        else:
            position = path[:-1]
            velocity = jax.vmap(drift)(position, dt * jnp.arange(n, dtype=path.dtype))
        return dt * jnp.sum(jax.vmap(problem.lagrangian)(position, velocity))

    return jax.vmap(one)(steps)


open = BridgeRun
