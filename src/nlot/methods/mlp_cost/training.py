r"""Learns a cost c(x, y) through the plan, and then a map through the Monge gap.

The cost is the softplus of a perceptron. It descends the share of the known pairs'
mass that the entropic plan puts elsewhere. The map T descends the Sinkhorn divergence
of images from the target, and the gap $\frac1n \sum_i c(x_i, T(x_i)) - W_c(μ, T_\#μ)$,
which is zero for optimal maps.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from nlot.discrete.entropic import Duals, divergence, entropic_duals
from nlot.methods.mlp_cost.config import Config
from nlot.networks.mlp import MLP
from nlot.problems.pairs import Outline, Pairs
from nlot.training.loop import Log, fit
from nlot.training.progress import Reporter


class Learned(eqx.Module):
    """The networks of a cost and of a displacement, and the samples."""

    cost: MLP
    step: MLP
    x: Float[Array, "n d"]
    y: Float[Array, "m d"]

    def costs(
        self, x: Float[Array, "n d"], y: Float[Array, "m d"]
    ) -> Float[Array, "n m"]:
        """The cost from `x[i]` to `y[j]` at [i, j]."""
        return _costs(self.cost, x, y)

    def moved(self, x: Float[Array, "n d"]) -> Float[Array, "n d"]:
        """Images of points."""
        return _moved(self.step, x)


class _Fixed(eqx.Module):
    """What steps do not change: samples, known pairs, the learned cost and settings."""

    x: Float[Array, "n d"]
    y: Float[Array, "m d"]
    pairs: Int[Array, "k 2"]
    cost: MLP
    config: Config = eqx.field(static=True)


def build(problem: Pairs | Outline, config: Config, *, key: PRNGKeyArray) -> Learned:
    """The networks before training; displacements are close to none."""
    (n, m), d = problem.counts, problem.dimension
    first, second = jax.random.split(key)
    cost = MLP(2 * d, 1, config.cost.hidden, config.cost.activation, key=first)
    step = MLP(d, d, config.map.hidden, config.map.activation, key=second)
    return Learned(cost, step.times(0.1), jnp.zeros((n, d)), jnp.zeros((m, d)))


def train(
    problem: Pairs, config: Config, key: PRNGKeyArray, report: Reporter
) -> tuple[Learned, list[dict[str, Any]]]:
    """Learn both; arguments, results and errors are those in `nlot.methods`."""
    report.start(config.cost.steps + config.map.steps, config.report_every)
    start, standard = build(problem, config, key=key), problem.standard
    x, y = (jnp.asarray(z, jnp.float32) for z in (standard.source, standard.target))
    # Networks remain in single precision, dual variables are in double.
    with jax.enable_x64(True):
        fixed = _Fixed(x, y, jnp.asarray(problem.pairs), start.cost, config)
        about: Any = {"key": key, "report": report}
        cost = fit(_missed, start.cost, config.cost, fixed, phase="cost", **about).model
        fixed = eqx.tree_at(lambda f: f.cost, fixed, cost)
        step = fit(_gap, start.step, config.map, fixed, phase="map", **about).model
    return Learned(cost, step, x, y), report.history


def plan(costs: Float[Array, "n m"], relative: float) -> tuple[Duals, Array]:
    """The entropic plan and its dual variables; ε is relative to the mean cost."""
    costs = costs.astype(jnp.float64)
    epsilon = relative * jnp.mean(costs)
    duals = entropic_duals(costs, epsilon)
    return duals, jnp.exp((duals.f[:, None] + duals.g - costs) / epsilon)


def _missed(net: MLP, fixed: _Fixed, key: PRNGKeyArray) -> tuple[Array, Log]:
    """The share of the known pairs' mass that the plan puts elsewhere."""
    duals, found = plan(_costs(net, fixed.x, fixed.y), fixed.config.temperature)
    rows, columns = fixed.pairs.T
    most = len(rows) / max(found.shape)
    value = 1 - jnp.sum(found[rows, columns]) / most
    return value, {"loss": value, "dual": duals.converged.astype(value.dtype)}


def _gap(net: MLP, fixed: _Fixed, key: PRNGKeyArray) -> tuple[Array, Log]:
    """The divergence from the target, and the Monge gap."""
    images = _moved(net, fixed.x)
    costs = _costs(fixed.cost, fixed.x, images)
    duals, _ = plan(costs, fixed.config.temperature)
    gap = jnp.trace(costs) / len(costs) - jnp.mean(duals.f) - jnp.mean(duals.g)
    gap = gap / jax.lax.stop_gradient(jnp.mean(costs))
    apart = divergence(images, fixed.y)
    value = apart + fixed.config.gap * gap
    converged = duals.converged.astype(value.dtype)
    return value, {"loss": value, "apart": apart, "gap": gap, "dual": converged}


def _moved(step: MLP, x: Float[Array, "n d"]) -> Float[Array, "n d"]:
    return x + jax.vmap(step)(x)


def _costs(
    net: MLP, x: Float[Array, "n d"], y: Float[Array, "m d"]
) -> Float[Array, "n m"]:
    def cost(a: Array, b: Array) -> Array:
        return jax.nn.softplus(net(jnp.concatenate([a, b]))[0])

    return jax.vmap(lambda a: jax.vmap(lambda b: cost(a, b))(y))(x)
