r"""Fits networks to known pairs, and their mean map to the samples of the target.

The loss is the mean squared distance of the pairs, over networks $T_k$ of mean T, plus
a multiple of the energy distance (Székely and Rizzo, 2013) between images and target,
$2 E|T(X) - Y| - E|T(X) - T(X')| - E|Y - Y'|$.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from nlot.methods.pair_regression.config import Config
from nlot.networks.mlp import MLP
from nlot.problems.pairs import Outline, Pairs
from nlot.training.loop import Log, fit
from nlot.training.progress import Reporter

# Keeps the gradient of a distance finite where it is zero.
_TINY = 1e-6


class Ensemble(eqx.Module):
    """Networks of displacements, each leaf with one row per network."""

    members: MLP

    def each(self, x: Float[Array, "n d"]) -> Float[Array, "members n d"]:
        """The images of points under each."""
        return eqx.filter_vmap(lambda net: x + jax.vmap(net)(x))(self.members)

    def __call__(self, x: Float[Array, "n d"]) -> Float[Array, "n d"]:
        """Their means."""
        return jnp.mean(self.each(x), axis=0)


class _Fixed(eqx.Module):
    """What steps do not change: samples, known pairs and settings."""

    x: Float[Array, "n d"]
    y: Float[Array, "m d"]
    pairs: Int[Array, "k 2"]
    config: Config = eqx.field(static=True)


def build(problem: Pairs | Outline, config: Config, *, key: PRNGKeyArray) -> Ensemble:
    """The displacements before training, close to none."""
    d = problem.dimension

    def member(key: PRNGKeyArray) -> MLP:
        return MLP(d, d, config.hidden, config.activation, key=key).times(0.1)

    return Ensemble(eqx.filter_vmap(member)(jax.random.split(key, config.members)))


def train(
    problem: Pairs, config: Config, key: PRNGKeyArray, report: Reporter
) -> tuple[Ensemble, list[dict[str, Any]]]:
    """Fit them; arguments, results and errors are those in `nlot.methods`."""
    report.start(config.steps, config.report_every)
    standard = problem.standard
    x, y = (jnp.asarray(z, jnp.float32) for z in (standard.source, standard.target))
    fixed = _Fixed(x, y, jnp.asarray(problem.pairs), config)
    nets = build(problem, config, key=key)
    trained = fit(_loss, nets, config, fixed, key, phase="map", report=report)
    return trained.model, report.history


def _loss(nets: Ensemble, fixed: _Fixed, key: PRNGKeyArray) -> tuple[Array, Log]:
    rows, columns = fixed.pairs.T
    missed = nets.each(fixed.x[rows]) - fixed.y[columns]
    value = jnp.mean(jnp.sum(missed**2, axis=-1))
    log = {"loss": value}
    if fixed.config.energy:
        log["energy"] = _energy_distance(nets(fixed.x), fixed.y)
        value += fixed.config.energy * log["energy"]
    return value, log


def _energy_distance(
    x: Float[Array, "n d"], y: Float[Array, "m d"]
) -> Float[Array, ""]:
    def apart(a: Array, b: Array) -> Array:
        squares = jnp.sum((a[:, None] - b) ** 2, axis=-1)
        return jnp.mean(jnp.sqrt(squares + _TINY))

    return 2 * apart(x, y) - apart(x, x) - apart(y, y)
