"""`estimated_density`: draws samples of a background density, and estimates it."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.costs.densities import AbstractDensity
from nlot.costs.flow_density import FlowDensity
from nlot.costs.kernel_density import KernelDensity
from nlot.methods.estimated_density.config import Config
from nlot.problems.transport import Transport
from nlot.training.loop import Log, run_chunks
from nlot.training.progress import Reporter


class Samples(eqx.Module):
    """Samples of a density, for want of the density; `points` has shape (n, d)."""

    points: Float[Array, "n d"]


Estimate = AbstractDensity | Samples


def build(problem: Transport, config: Config, *, key: PRNGKeyArray) -> Estimate:
    """An estimate of the shapes of a trained one."""
    if config.estimate == "flow":
        return FlowDensity.untrained(problem.dimension)
    points = jnp.zeros((config.samples, problem.dimension), jnp.float32)
    if config.estimate == "fermat":
        return Samples(points)
    return KernelDensity(points, points[:, 0] + 1, points[:, 0])


def train(
    problem: Transport, config: Config, key: PRNGKeyArray, report: Reporter
) -> tuple[Estimate, list[dict[str, Any]]]:
    """Draw samples and estimate; arguments and results are those in `nlot.methods`.

    The history is one record: the mean over the samples of the estimated log ρ, less
    its maximum; without a density, of their standard deviations.

    Raises `ValueError` for samples that no density fits.
    """
    report.start(1, 1)
    found = run_chunks(
        lambda _, n: _estimated(problem, config, key, report),
        build(problem, config, key=key),
        phase="estimate",
        steps=1,
        chunk=1,
        report=report,
    )
    return found, report.history


def _estimated(
    problem: Transport, config: Config, key: PRNGKeyArray, report: Reporter
) -> tuple[Estimate, Log]:
    draws, fit = jax.random.split(key)
    metric: Any = getattr(problem.lagrangian, "metric", None)
    points = metric.density.measure.sample(draws, config.samples)
    if config.estimate == "fermat":
        return Samples(points), {"deviation": points.std(axis=0).mean()[None]}
    with report.busy(f"estimate of the density from {config.samples} samples"):
        density = _fitted(config, points, fit)
    return density, {"log_density": _mean(density, points)[None]}


def _fitted(
    config: Config, points: Float[Array, "n d"], key: PRNGKeyArray
) -> AbstractDensity:
    exact = np.asarray(points, np.float64)
    if config.estimate == "kernel":
        return KernelDensity.fit(exact, config.bandwidth)
    seed = int(jax.random.randint(key, (), 0, np.iinfo(np.int32).max))
    return FlowDensity.fit(exact, seed, config.steps)


@eqx.filter_jit
def _mean(density: AbstractDensity, x: Float[Array, "n d"]) -> Float[Array, ""]:
    # One after another where a kernel estimate would hold all pairs at once.
    return jax.lax.map(density, x, batch_size=256).mean()
