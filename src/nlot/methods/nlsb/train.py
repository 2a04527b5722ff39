r"""Neural Lagrangian Schrödinger bridges (Koshizuka and Sato, ICLR 2023).

A neural SDE (`nlot.methods.nlsb.bridge`) is trained on
$D(X_T, ν) + α_L E\int L\,dt + α_R E\int |r|\,dt$: the Sinkhorn divergence between where
its paths end and the target, their action, and the residual r of the
Hamilton-Jacobi-Bellman equation, which makes -∇Φ the optimal drift.
"""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray
from ott.geometry.epsilon_scheduler import Epsilon
from ott.geometry.pointcloud import PointCloud
from ott.tools.sinkhorn_divergence import sinkhorn_divergence

from nlot.config import NLSBConfig
from nlot.methods.nlsb.bridge import Bridge, OTFlowPotential, hjb_residual, simulate
from nlot.networks.amortised import MLP
from nlot.problems.transport import Task
from nlot.training.loop import Log, Trainee, compiled, optimiser, run_chunks
from nlot.training.progress import Reporter


class Losses(NamedTuple):
    """The three terms of the objective."""

    divergence: Float[Array, ""]
    action: Float[Array, ""]
    residual: Float[Array, ""]


def build_bridge(dimension: int, config: NLSBConfig, *, key: PRNGKeyArray) -> Bridge:
    """An untrained bridge."""
    first, second = jax.random.split(key)
    phi, sigma = config.potential, config.diffusion
    return Bridge(
        potential=OTFlowPotential(dimension, phi.width, phi.layers, key=first),
        diffusion=MLP(
            dimension + 1, dimension, sigma.hidden, sigma.activation, key=second
        ),
    )


def divergence(
    x: Float[Array, "n d"],
    y: Float[Array, "m d"],
    blur: float,
    width: float,
    iterations: int,
) -> Float[Array, ""]:
    """Sinkhorn divergence for the cost |x - y|²/2, smoothed over the length `blur`.

    The regularisation falls from the square of `width`, the extent of the samples, to
    blur² over the first half of `iterations`.
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
    task: Task,
    config: NLSBConfig,
    x: Float[Array, "n d"],
    y: Float[Array, "m d"],
    key: PRNGKeyArray,
) -> Losses:
    """The terms of the objective on samples of source and target."""
    first, second = jax.random.split(key)
    noise = jax.random.normal(first, (len(x), config.time_steps, x.shape[1]))
    paths = jax.vmap(lambda a, w: simulate(bridge, a, w, task.horizon))(x, noise)
    at = jnp.broadcast_to(jnp.arange(config.time_steps), noise.shape[:2])
    if config.cost_times:
        shape = (len(x), config.cost_times)
        at = jax.random.randint(second, shape, 0, config.time_steps)
    visited = jnp.take_along_axis(paths, at[..., None], axis=1)
    times = at.astype(x.dtype) * (task.horizon / config.time_steps)
    costs, residuals = jax.vmap(
        jax.vmap(lambda a, t: hjb_residual(bridge, task.lagrangian, a, t))
    )(visited, times)
    return Losses(
        divergence=divergence(
            paths[:, -1], y, config.blur, 2 * task.bounds, config.sinkhorn_iterations
        ),
        action=task.horizon * jnp.mean(costs),
        residual=task.horizon * jnp.mean(jnp.abs(residuals)),
    )


def train(
    task: Task, config: NLSBConfig, key: PRNGKeyArray, report: Reporter
) -> tuple[Bridge, list[dict[str, Any]]]:
    """Train a bridge; returns it and one history record a chunk.

    Raises `nlot.training.loop.DivergenceError` when a loss stops being finite.
    """
    start, data = jax.random.split(key)
    update = optimiser(config.optimiser, config.steps)
    report.start(config.steps)

    def step(trainee: Trainee, task: Task, key: PRNGKeyArray) -> tuple[Trainee, Log]:
        draw = jax.random.fold_in(key, trainee.step)
        source, target, noise = jax.random.split(draw, 3)
        x = task.source.draw(source, config.batch, config.sampling)
        y = task.target.draw(target, config.batch, config.sampling)

        def objective(bridge: Bridge) -> tuple[Array, Losses]:
            terms = losses(bridge, task, config, x, y, noise)
            total = (
                terms.divergence
                + config.action_weight * terms.action
                + config.residual_weight * terms.residual
            )
            return total, terms

        gradient, terms = eqx.filter_grad(objective, has_aux=True)(trainee.model)
        new = trainee.descend(update, gradient).average(config.average)
        return new, terms._asdict()

    trainee, history = run_chunks(
        compiled(step, task, data),
        Trainee.start(build_bridge(task.dimension, config, key=start), update),
        phase="training",
        steps=config.steps,
        chunk=config.report_every,
        report=report,
    )
    return trainee.averaged if config.average else trainee.model, history
