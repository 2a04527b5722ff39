r"""Neural Lagrangian Schrödinger bridges (Koshizuka and Sato, ICLR 2023).

A neural SDE (`nlot.methods.nlsb.bridge`) is trained on
$D(X_T, ν) + α_L E\int L\,dt + α_R E\int |r|\,dt$: the Sinkhorn divergence between its
paths' end points and the target, their action, and the residual r of the
Hamilton-Jacobi-Bellman equation, which makes -∇Φ the optimal drift.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray
from ott.geometry.epsilon_scheduler import Epsilon
from ott.geometry.pointcloud import PointCloud
from ott.tools.sinkhorn_divergence import sinkhorn_divergence

from nlot.methods.nlsb.bridge import Bridge, OTFlowPotential, hjb_residual, simulate
from nlot.methods.nlsb.config import Config
from nlot.networks.mlp import MLP
from nlot.problems.transport import Transport
from nlot.training.loop import Log, fit
from nlot.training.progress import Reporter

# Extent of the samples in standard coordinates.
_WIDTH = 4.0


def build(problem: Transport, config: Config, *, key: PRNGKeyArray) -> Bridge:
    """An untrained bridge for a problem."""
    first, second = jax.random.split(key)
    d, phi, sigma = problem.dimension, config.potential, config.diffusion
    return Bridge(
        potential=OTFlowPotential(d, phi.width, phi.layers, key=first),
        diffusion=MLP(d + 1, d, sigma.hidden, sigma.activation, key=second),
    )


def divergence(
    x: Float[Array, "n d"],
    y: Float[Array, "m d"],
    blur: float,
    width: float,
    iterations: int,
) -> Float[Array, ""]:
    """Sinkhorn divergence for the cost |x - y|²/2, smoothed over the length `blur`.

    **Arguments:** samples of equal weight; the regularisation falls from the square of
    `width`, the extent of the samples, to blur² over the first half of `iterations`.
    """
    start = max(width / blur, 1.0) ** 2
    # OTT's cost is |x - y|², twice the one here.
    schedule = Epsilon(2 * blur**2, init=start, decay=start ** (-2 / iterations))
    value, _ = sinkhorn_divergence(
        PointCloud,
        x,
        y,
        epsilon=schedule,
        solve_kwargs={
            "min_iterations": iterations,
            "max_iterations": iterations,
            "inner_iterations": iterations,
        },
    )
    return value / 2


def losses(
    bridge: Bridge,
    problem: Transport,
    config: Config,
    x: Float[Array, "n d"],
    y: Float[Array, "m d"],
    key: PRNGKeyArray,
) -> dict[str, Float[Array, ""]]:
    """The terms of the objective: `divergence`, `action` and `residual`.

    **Arguments:** `x` and `y` are samples of source and target; `key` draws the noise
    of the paths from `x`, and the times at which they are evaluated.
    """
    first, second = jax.random.split(key)
    noise = jax.random.normal(first, (len(x), config.time_steps, x.shape[1]))
    paths = jax.vmap(lambda a, w: simulate(bridge, a, w))(x, noise)
    at = jnp.broadcast_to(jnp.arange(config.time_steps), noise.shape[:2])
    if config.cost_times:
        shape = (len(x), config.cost_times)
        at = jax.random.randint(second, shape, 0, config.time_steps)
    visited = jnp.take_along_axis(paths, at[..., None], axis=1)
    times = at.astype(x.dtype) * (1 / config.time_steps)
    costs, residuals = jax.vmap(
        jax.vmap(lambda a, t: hjb_residual(bridge, problem.lagrangian, a, t))
    )(visited, times)
    return {
        "divergence": divergence(
            paths[:, -1], y, config.blur, _WIDTH, config.sinkhorn_iterations
        ),
        "action": jnp.mean(costs),
        "residual": jnp.mean(jnp.abs(residuals)),
    }


def train(
    problem: Transport, config: Config, key: PRNGKeyArray, report: Reporter
) -> tuple[Bridge, list[dict[str, Any]]]:
    """Train a bridge; arguments, results and errors are those in `nlot.methods`."""
    start, data = jax.random.split(key)
    problem = problem.training.standard
    report.start(config.steps, config.report_every)
    trainee = fit(
        objective,
        build(problem, config, key=start),
        config,
        (problem, config),
        data,
        phase="training",
        report=report,
        decay=config.average,
    )
    return trainee.averaged, report.history


def objective(
    bridge: Bridge, fixed: tuple[Transport, Config], key: PRNGKeyArray
) -> tuple[Array, Log]:
    """The weighted sum of `losses` on samples drawn with `key`, and the terms."""
    problem, config = fixed
    source, target, noise = jax.random.split(key, 3)
    x = problem.source.draw(source, config.batch, config.sampling)
    y = problem.target.draw(target, config.batch, config.sampling)
    terms = losses(bridge, problem, config, x, y, noise)
    total = (
        terms["divergence"]
        + config.action_weight * terms["action"]
        + config.residual_weight * terms["residual"]
    )
    return total, terms
