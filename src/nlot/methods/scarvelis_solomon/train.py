r"""Riemannian metric learning via optimal transport (Scarvelis and Solomon, ICLR 2023).

Rounds of two fits, each from fresh networks, by sums over the points of a batch:

1. *Potentials.* One φ a pair of measures maximises $\sum φ(x) - φ(y)$ over samples x of
   the first and y of the second, less a penalty on its slope at random points of the
   segments between them: softplus(|∇φ|/2 - 1) in the first round, and in later ones
   softplus(∇φᵀA∇φ/2 - 1) with the last A. Weight decay keeps the potentials smooth.
2. *Metric.* $A = R^\top R + εI$ minimises the second penalty plus a multiple of
   $1/\|A\|_F^2$.

A multiplies gradients of potentials. As the fit makes it small along them and large
across, and they point along the motion, its cheap direction is that of a metric on
velocities: its eigenvectors are in the order of the true metric's, not in the reverse.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.config import ScarvelisSolomonConfig
from nlot.costs.metrics import AbstractMetric
from nlot.measures.files import SampleError
from nlot.measures.sequences import Sequence
from nlot.networks.amortised import MLP
from nlot.training.loop import Log, Trainee, compiled, optimiser, run_chunks
from nlot.training.progress import Reporter

Groups = tuple[Sequence, ...]


class GramMetric(AbstractMetric):
    """A = RᵀR + floor I, R a network's output."""

    root: MLP
    floor: float = eqx.field(static=True)

    def __call__(self, x: Float[Array, "2"]) -> Float[Array, "2 2"]:
        r = self.root(x).reshape(2, 2)
        return r.T @ r + self.floor * jnp.eye(2, dtype=x.dtype)


class GramNetworks(eqx.Module):
    """The metric, and the stacked potentials it was last fitted to."""

    metric: GramMetric
    potentials: MLP


def build_gram_networks(
    pairs: int, config: ScarvelisSolomonConfig, *, key: PRNGKeyArray
) -> GramNetworks:
    """Untrained networks for so many pairs of measures in each group of samples."""
    first, second = jax.random.split(key)
    phi, root = config.potential, config.metric
    potentials = eqx.filter_vmap(
        lambda k: MLP(2, 1, phi.hidden, phi.activation, key=k)
    )(jax.random.split(first, config.groups * pairs))
    metric = GramMetric(
        MLP(2, 4, root.hidden, root.activation, key=second), config.floor
    )
    return GramNetworks(metric, potentials)


def slopes(
    potentials: MLP, points: Float[Array, "pairs n 2"]
) -> Float[Array, "pairs n 2"]:
    """∇φ of each pair's potential at its points."""

    def one(phi: MLP, points: Array) -> Array:
        return jax.vmap(jax.grad(lambda x: phi(x)[0]))(points)

    return eqx.filter_vmap(one)(potentials, points)


def slope_penalty(
    metric: AbstractMetric | None,
    points: Float[Array, "pairs n 2"],
    slope: Float[Array, "pairs n 2"],
) -> Float[Array, ""]:
    """Sum of softplus(∇φᵀA∇φ/2 - 1), or of softplus(|∇φ|/2 - 1) without a metric."""
    p, x = slope.reshape(-1, 2), points.reshape(-1, 2)
    if metric is None:
        # The small constant keeps the gradient finite where a slope vanishes.
        size = jnp.sqrt(jnp.sum(p**2, -1) + 1e-12)
    else:
        size = jnp.einsum("ni,nij,nj->n", p, jax.vmap(metric)(x), p)
    return jnp.sum(jax.nn.softplus(size / 2 - 1))


def train(
    sequence: Sequence,
    config: ScarvelisSolomonConfig,
    key: PRNGKeyArray,
    report: Reporter,
) -> tuple[GramNetworks, list[dict[str, Any]]]:
    """Run all rounds; returns the networks and one history record a chunk.

    Raises `nlot.training.loop.DivergenceError` when a loss stops being finite, and
    `nlot.measures.files.SampleError` for samples that do not divide into the groups.
    """
    groups = split(sequence, config.groups)
    each = config.potential_fit.steps + config.metric_fit.steps
    report.start(config.rounds * each)
    metric: GramMetric | None = None
    history: list[dict[str, Any]] = []
    for number in range(config.rounds):
        keys = jax.random.split(jax.random.fold_in(key, number), 3)
        fresh = build_gram_networks(sequence.pairs, config, key=keys[0])
        offset = number * each
        potentials, more = _fit_potentials(
            (groups, metric), fresh.potentials, config, keys[1], report, offset
        )
        history += more
        metric, more = _fit_metric(
            (groups, potentials),
            fresh.metric,
            config,
            keys[2],
            report,
            offset + config.potential_fit.steps,
        )
        history += more
        networks = GramNetworks(metric, potentials)
    return networks, history


def split(sequence: Sequence, groups: int) -> Groups:
    """The sequences of the blocks of samples.

    Raises `nlot.measures.files.SampleError` where their sizes would differ.
    """
    counts = set(sequence.counts.tolist())
    if groups > 1 and (len(counts) > 1 or min(counts) % groups):
        raise SampleError(
            f"groups: {groups} of equal size are asked for; found times with "
            f"{', '.join(map(str, sorted(counts)))} samples"
        )
    if groups == 1:
        return (sequence,)
    return tuple(
        Sequence.of([np.asarray(part) for part in block])
        for block in jnp.split(sequence.points, groups, axis=1)
    )


def _draw(
    groups: Groups, key: PRNGKeyArray, n: int
) -> tuple[Array, Array, Float[Array, "pairs n 2"]]:
    """Samples of each measure, of the next, and random points on segments between."""
    first, second, third = jax.random.split(key, 3)

    def of_all(key: Array) -> list[Array]:
        keys = jax.random.split(key, len(groups))
        return [group.draw(k, n) for group, k in zip(groups, keys, strict=True)]

    x = jnp.concatenate([points[:-1] for points in of_all(first)])
    y = jnp.concatenate([points[1:] for points in of_all(second)])
    s = jax.random.uniform(third, (*x.shape[:2], 1))
    return x, y, x + s * (y - x)


def _fit_potentials(
    fixed: tuple[Groups, GramMetric | None],
    potentials: MLP,
    config: ScarvelisSolomonConfig,
    key: PRNGKeyArray,
    report: Reporter,
    offset: int,
) -> tuple[MLP, list[dict[str, Any]]]:
    settings = config.potential_fit
    update = optimiser(settings.optimiser, settings.steps)

    def step(
        trainee: Trainee, fixed: tuple[Groups, GramMetric | None], key: PRNGKeyArray
    ) -> tuple[Trainee, Log]:
        groups, metric = fixed
        draw = jax.random.fold_in(key, trainee.step)
        x, y, between = _draw(groups, draw, config.batch)
        weight = settings.first_penalty if metric is None else settings.penalty

        def loss(potentials: MLP) -> Array:
            gain = eqx.filter_vmap(lambda phi, x: jnp.sum(jax.vmap(phi)(x)))
            penalty = slope_penalty(metric, between, slopes(potentials, between))
            difference = gain(potentials, y) - gain(potentials, x)
            return jnp.sum(difference) + weight * penalty

        value, gradient = eqx.filter_value_and_grad(loss)(trainee.model)
        return trainee.descend(update, gradient).average(0.0), {"potential": value}

    trainee, history = run_chunks(
        compiled(step, fixed, key),
        Trainee.start(potentials, update),
        phase="potentials",
        steps=settings.steps,
        chunk=config.report_every,
        report=report,
        offset=offset,
    )
    return trainee.model, history


def _fit_metric(
    fixed: tuple[Groups, MLP],
    metric: GramMetric,
    config: ScarvelisSolomonConfig,
    key: PRNGKeyArray,
    report: Reporter,
    offset: int,
) -> tuple[GramMetric, list[dict[str, Any]]]:
    settings = config.metric_fit
    update = optimiser(settings.optimiser, settings.steps)

    def step(
        trainee: Trainee, fixed: tuple[Groups, MLP], key: PRNGKeyArray
    ) -> tuple[Trainee, Log]:
        groups, potentials = fixed
        draw = jax.random.fold_in(key, trainee.step)
        _, _, between = _draw(groups, draw, config.batch)
        slope = slopes(potentials, between)

        def loss(metric: GramMetric) -> tuple[Array, Log]:
            matrices = jax.vmap(metric)(between.reshape(-1, 2))
            norm = settings.norm_weight * jnp.sum(1 / jnp.sum(matrices**2, (1, 2)))
            penalty = settings.penalty * slope_penalty(metric, between, slope)
            return norm + penalty, {"norm": norm, "penalty": penalty}

        gradient, log = eqx.filter_grad(loss, has_aux=True)(trainee.model)
        return trainee.descend(update, gradient).average(0.0), log

    trainee, history = run_chunks(
        compiled(step, fixed, key),
        Trainee.start(metric, update),
        phase="metric",
        steps=settings.steps,
        chunk=config.report_every,
        report=report,
        offset=offset,
    )
    return trainee.model, history
