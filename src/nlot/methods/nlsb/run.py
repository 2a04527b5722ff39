"""Trained bridges: their paths, and where these end."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.methods.nlsb.bridge import Bridge, simulate
from nlot.methods.nlsb.config import Config
from nlot.methods.transport_run import Outside, TransportRun
from nlot.paths.own_paths import OwnPaths
from nlot.problems.transport import Times, Transport
from nlot.training.streams import stream


class BridgeRun(TransportRun):
    """A trained bridge on arrays of shape (n, d).

    Its paths are single draws with a key (default: one derived from the run's seed), or
    `expected`: means of `config.averaged_paths` draws from the same start. Every method
    raises `ValueError` for points of another shape.
    """

    config: Config
    networks: Bridge
    stochastic = True
    # Noise moves it from step to step.
    action_loss = "training", "action", 0.05

    @property
    def expected(self) -> bool:
        """Whether paths are means of several."""
        return self.variant == "expected"

    def _images(
        self, z: Float[Array, "n d"], key: PRNGKeyArray | None
    ) -> Float[Array, "n d"]:
        return self._simulated(z, key)[:, -1]

    def path(
        self,
        x: Float[Any, "*n d"],
        times: Times,
        key: PRNGKeyArray | None = None,
        *,
        outside: Outside = "warn",
    ) -> Float[Array, "n times d"]:
        """Paths from `x` at `times` in [0, T], linear between the simulated steps.

        Raises `ValueError` for times outside.
        """
        s = self.problem.fractions(times) * self.config.time_steps
        before = np.minimum(s.astype(int), self.config.time_steps - 1)
        part = jnp.asarray(s - before, jnp.float32)[:, None]
        steps = self.steps(x, key)
        found = (1 - part) * steps[:, before] + part * steps[:, before + 1]
        return self._answer(steps[:, 0], found, outside)

    def steps(
        self, x: Float[Any, "*n d"], key: PRNGKeyArray | None = None
    ) -> Float[Array, "n steps d"]:
        """Paths from `x` at all simulated steps, the start included."""
        frame = self.problem.frame
        return frame.outward(self._simulated(self.standard(x), key))

    def _simulated(
        self, z: Float[Array, "n d"], key: PRNGKeyArray | None
    ) -> Float[Array, "n steps d"]:
        if key is None:
            key = stream(self.seed, "simulation")
        repeats = self.config.averaged_paths if self.expected else 1
        return _steps(self.networks, z, key, (repeats, self.config.time_steps))

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
    bridge: Bridge, x: Array, key: PRNGKeyArray, shape: tuple[int, int]
) -> Array:
    def one(a: Array, key: PRNGKeyArray) -> Array:
        noise = jax.random.normal(key, (*shape, len(a)))
        return jnp.mean(jax.vmap(lambda w: simulate(bridge, a, w))(noise), 0)

    return jax.vmap(one)(x, jax.random.split(key, len(x)))


@eqx.filter_jit
def _actions(problem: Transport, drift: Any, steps: Array) -> Array:
    n, frame = steps.shape[1] - 1, problem.frame
    dt = problem.horizon / n

    def one(path: Array) -> Array:
        if drift is None:
            position = (path[1:] + path[:-1]) / 2
            velocity = (path[1:] - path[:-1]) / dt
        else:
            position = path[:-1]
            z = (position - jnp.asarray(frame.centre, path.dtype)) / frame.scale
            times = jnp.arange(n, dtype=path.dtype) / n
            velocity = frame.scale / problem.horizon * jax.vmap(drift)(z, times)
        middle = 0.0 if drift is not None else 0.5
        at = dt * (jnp.arange(n, dtype=path.dtype) + middle)
        return dt * jnp.sum(
            jax.vmap(lambda t, a, v: problem.lagrangian.at(t)(a, v))(
                at, position, velocity
            )
        )

    return jax.vmap(one)(steps)


open = BridgeRun
