"""Fits a network to known pairs, by the mean squared distance of its images."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.methods.pair_regression.config import Config
from nlot.networks.mlp import MLP
from nlot.problems.pairs import Outline, Pairs
from nlot.training.loop import Log, fit
from nlot.training.progress import Reporter


def build(problem: Pairs | Outline, config: Config, *, key: PRNGKeyArray) -> MLP:
    """The displacement before training, close to none."""
    d = problem.dimension
    return MLP(d, d, config.hidden, config.activation, key=key).times(0.1)


def train(
    problem: Pairs, config: Config, key: PRNGKeyArray, report: Reporter
) -> tuple[MLP, list[dict[str, Any]]]:
    """Fit it; arguments, results and errors are those in `nlot.methods`."""
    report.start(config.steps, config.report_every)
    standard, (rows, columns) = problem.standard, problem.pairs.T
    pairs = standard.source[rows], standard.target[columns]
    fixed = tuple(jnp.asarray(side, jnp.float32) for side in pairs)
    net = build(problem, config, key=key)
    trained = fit(_loss, net, config, fixed, key, phase="map", report=report)
    return trained.model, report.history


def moved(net: MLP, x: Float[Array, "n d"]) -> Float[Array, "n d"]:
    """Images of points in standard coordinates."""
    return x + jax.vmap(net)(x)


def _loss(
    net: MLP, fixed: tuple[Array, Array], key: PRNGKeyArray
) -> tuple[Float[Array, ""], Log]:
    x, y = fixed
    value = jnp.mean(jnp.sum((moved(net, x) - y) ** 2, axis=1))
    return value, {"loss": value}
