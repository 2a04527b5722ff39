"""Trained runs of problems that ask for paths between given pairs of points."""

import abc
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from nlot.costs.lagrangians import AbstractLagrangian
from nlot.methods.run import AbstractRun
from nlot.problems.geodesics import Geodesics
from nlot.training.progress import Reporter


class AbstractGeodesicsRun(AbstractRun):
    """Paths between the pairs of a problem, in double precision."""

    problem: Geodesics

    @abc.abstractmethod
    def positions(
        self, fractions: Float[np.ndarray, " times"]
    ) -> Float[np.ndarray, "n times d"]:
        """Positions on each path at `fractions` of the horizon, in [0, 1]."""

    @property
    @abc.abstractmethod
    def actions(self) -> Float[np.ndarray, " n"]:
        """The action of each path, by the method's own rule: its cost."""

    @property
    def converged(self) -> Bool[np.ndarray, " n"]:
        """Whether the search for each path converged."""
        return np.asarray(self.networks.converged)

    @property
    @abc.abstractmethod
    def end_gradients(self) -> Float[np.ndarray, "n 2 d"]:
        r"""Gradients of the cost in both ends, -p(0) and p(T), $p = ∂L/∂v$."""


def end_gradients(
    problem: Geodesics,
    positions: Float[np.ndarray, "n 2 d"],
    velocities: Float[np.ndarray, "n 2 d"],
) -> Float[np.ndarray, "n 2 d"]:
    """-p(0) and p(T), from positions and velocities at both ends of paths."""
    with jax.enable_x64(True):
        times = jnp.array([0.0, problem.horizon])
        ends = (jnp.asarray(z, jnp.float64) for z in (positions, velocities))
        p = _momenta(problem.lagrangian, times, *ends)
        return np.asarray(p) * np.array([-1.0, 1.0])[:, None]


@eqx.filter_jit
def _momenta(
    lagrangian: AbstractLagrangian,
    times: Float[Array, "2"],
    x: Float[Array, "n 2 d"],
    v: Float[Array, "n 2 d"],
) -> Float[Array, "n 2 d"]:
    def momentum(t: Array, x: Array, v: Array) -> Array:
        return jax.grad(lagrangian.at(t), 1)(x, v)

    return jax.vmap(jax.vmap(momentum), in_axes=(None, 0, 0))(times, x, v)


def reported(
    report: Reporter,
    actions: Float[np.ndarray, " n"],
    converged: Bool[np.ndarray, " n"],
) -> list[dict[str, Any]]:
    """The history of a search that is one step, once it is reported."""
    record = {"action": float(np.mean(actions)), "converged": float(converged.mean())}
    report.history.append({"phase": "search", "step": 1, **record})
    report(1, record)
    report.done = 1
    return report.history
