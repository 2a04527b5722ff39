"""`entropic`: the dual variables of entropic transport between samples."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from nlot.costs.closed_forms import frequency, harmonic_action
from nlot.discrete.entropic import entropic_duals
from nlot.methods.entropic.config import Config
from nlot.problems.transport import Transport
from nlot.training.progress import Reporter


class Plan(eqx.Module):
    r"""Samples of both measures, and the dual variables f, g of their entropic plan.

    Its density against their product is $e^{(f_i + g_j - c_{ij})/ε}$.
    """

    x: Float[Array, "n d"]
    y: Float[Array, "n d"]
    f: Float[Array, " n"]
    g: Float[Array, " n"]
    epsilon: Float[Array, ""]
    converged: Bool[Array, ""]


def build(problem: Transport, config: Config, *, key: PRNGKeyArray) -> Plan:
    """A plan of the right shapes."""
    points = jnp.zeros((config.points, problem.dimension))
    duals = jnp.zeros(config.points)
    return Plan(points, points, duals, duals, jnp.zeros(()), jnp.zeros((), bool))


def train(
    problem: Transport, config: Config, key: PRNGKeyArray, report: Reporter
) -> tuple[Plan, list[dict[str, Any]]]:
    """Couple samples; arguments, results and errors are those in `nlot.methods`."""
    problem = problem.training
    first, second = jax.random.split(key)
    x = problem.source.draw(first, config.points, "spread")
    y = problem.target.draw(second, config.points, "spread")
    report.start(1, 1)
    with report.busy("coupling samples"), jax.enable_x64(True):
        costs = jnp.asarray(pair_costs(problem, x, y))
        epsilon = config.epsilon * costs.mean()
        duals = jax.jit(entropic_duals)(costs, epsilon)
        # The plan's density is against the product of the measures.
        f, g = (z + epsilon * jnp.log(len(z)) for z in duals[:2])
        density = jnp.exp((f[:, None] + g - costs) / epsilon)
        record = {
            "epsilon": float(epsilon),
            "cost": float(jnp.mean(density * costs)),
            "failures": 1.0 - float(duals.converged),
        }
        variables = np.asarray(f), np.asarray(g)
        converged = bool(duals.converged)
    report(1, record)
    report.history.append({"phase": "coupling", "step": 1, **record})
    report.done = 1
    found = *variables, record["epsilon"]
    f, g, temperature = (jnp.asarray(z, jnp.float32) for z in found)
    return Plan(x, y, f, g, temperature, jnp.asarray(converged)), report.history


def pair_costs(
    problem: Transport, x: Float[Any, "n d"], y: Float[Any, "m d"]
) -> Float[np.ndarray, "n m"]:
    """Costs of all pairs, in double precision."""
    a, b = (np.asarray(z, np.float64) for z in (x, y))
    with jax.enable_x64(True):
        return np.asarray(_costs(a, b, harmonic(problem), float(problem.horizon)))


def harmonic(problem: Transport) -> float:
    """The ω of the problem's Lagrangian; settings refuse those without."""
    omega = frequency(problem.lagrangian)
    assert omega is not None
    return omega


@eqx.filter_jit
def _costs(
    x: Float[np.ndarray | Array, "n d"],
    y: Float[np.ndarray | Array, "m d"],
    omega: float,
    horizon: float,
) -> Float[Array, "n m"]:
    def one(a: Array, b: Array) -> Array:
        return harmonic_action(a, b, omega, horizon)

    return jax.vmap(lambda a: jax.vmap(lambda b: one(a, b))(y))(x)
