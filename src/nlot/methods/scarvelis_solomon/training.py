r"""Riemannian metric learning via optimal transport (Scarvelis and Solomon, ICLR 2023).

Rounds of two fits, each from fresh networks, with losses summed over a batch:

1. *Potentials.* One φ a pair of measures maximises $\sum φ(x) - φ(y)$ over samples x of
   the first and y of the second, less $γ_φ$ times a penalty on its slope at random
   points of the segments between them: softplus(|∇φ|/2 - 1) in the first round, and in
   later ones softplus(∇φᵀA∇φ/2 - 1) with the last A.
2. *Metric.* $A = R^\top R + εI$ minimises $f \sum \|A\|_F^2$ less $γ_A$ times the
   second penalty. The transport cost is a maximum over potentials, and A minimises it:
   it makes slopes as expensive as its norm lets it, and grows along ∇φ, along the
   motion.

A multiplies gradients: it is the inverse of a metric on velocities. Along a steep slope
it has the size $γ_A |∇φ|^2 / 4f$. In later rounds the slope along the motion falls as A
grows, and across it, where A is small, slopes are nearly free.

The transport cost is a length (W1), which is the same however long a motion takes:
times only order the measures.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.costs.metrics import AbstractMetric
from nlot.methods.scarvelis_solomon.config import Config
from nlot.networks.mlp import MLP
from nlot.problems.sequence import Outline, Sequence
from nlot.training.loop import Log, fit
from nlot.training.progress import Reporter

Groups = tuple[Sequence, ...]


class GramMetric(AbstractMetric):
    """A = RᵀR + floor I, R a network's output."""

    root: MLP
    floor: float = eqx.field(static=True)

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, "d d"]:
        r = self.root(x).reshape(len(x), len(x))
        return r.T @ r + self.floor * jnp.eye(len(x), dtype=x.dtype)


class GramNetworks(eqx.Module):
    """The metric, and the stacked potentials it was last fitted to."""

    metric: GramMetric
    potentials: MLP


def build(
    problem: Sequence | Outline, config: Config, *, key: PRNGKeyArray
) -> GramNetworks:
    """Untrained networks: a potential for each pair of measures in each group."""
    first, second = jax.random.split(key)
    d, phi, root = problem.dimension, config.potential, config.metric
    potentials = eqx.filter_vmap(
        lambda k: MLP(d, 1, phi.hidden, phi.activation, key=k)
    )(jax.random.split(first, config.groups * problem.pairs))
    metric = GramMetric(
        MLP(d, d * d, root.hidden, root.activation, key=second), config.floor
    )
    return GramNetworks(metric, potentials)


def slopes(
    potentials: MLP, points: Float[Array, "pairs n d"]
) -> Float[Array, "pairs n d"]:
    """∇φ of each pair's potential at its points."""

    def one(phi: MLP, points: Array) -> Array:
        return jax.vmap(jax.grad(lambda x: phi(x)[0]))(points)

    return eqx.filter_vmap(one)(potentials, points)


def slope_penalty(
    metric: AbstractMetric | None,
    points: Float[Array, "pairs n d"],
    slope: Float[Array, "pairs n d"],
) -> Float[Array, ""]:
    """Sum of softplus(∇φᵀA∇φ/2 - 1), or of softplus(|∇φ|/2 - 1) without a metric.

    **Arguments:** A, points, and ∇φ at them, all pairs of measures at once.
    """
    d = points.shape[-1]
    p, x = slope.reshape(-1, d), points.reshape(-1, d)
    if metric is None:
        # The small constant keeps the gradient finite where a slope vanishes.
        size = jnp.sqrt(jnp.sum(p**2, -1) + 1e-12)
    else:
        size = jnp.einsum("ni,nij,nj->n", p, jax.vmap(metric)(x), p)
    return jnp.sum(jax.nn.softplus(size / 2 - 1))


def train(
    problem: Sequence, config: Config, key: PRNGKeyArray, report: Reporter
) -> tuple[GramNetworks, list[dict[str, Any]]]:
    """Run all rounds.

    Arguments, results and errors are those in `nlot.methods`.
    """
    groups = split(problem, config.groups)
    phi, gram = config.potential_fit, config.metric_fit
    report.start(config.rounds * (phi.steps + gram.steps), config.report_every)
    metric: GramMetric | None = None
    for number in range(config.rounds):
        keys = jax.random.split(jax.random.fold_in(key, number), 3)
        fresh = build(problem, config, key=keys[0])
        potentials = fit(
            potential_loss,
            fresh.potentials,
            phi,
            (groups, metric, config),
            keys[1],
            phase="potentials",
            report=report,
        ).model
        metric = fit(
            metric_loss,
            fresh.metric,
            gram,
            (groups, potentials, config),
            keys[2],
            phase="metric",
            report=report,
        ).model
        networks = GramNetworks(metric, potentials)
    return networks, report.history


def split(sequence: Sequence, groups: int) -> Groups:
    """One sequence per block of samples, `groups` blocks of equal size."""
    if groups == 1:
        return (sequence,)
    return tuple(
        Sequence.of([np.asarray(part) for part in block], sequence.times)
        for block in jnp.split(sequence.points, groups, axis=1)
    )


def _draw(
    groups: Groups, key: PRNGKeyArray, n: int
) -> tuple[Array, Array, Float[Array, "pairs n d"]]:
    """Samples of each measure, of the next, and random points on segments between."""
    first, second, third = jax.random.split(key, 3)

    def of_all(key: Array) -> list[Array]:
        keys = jax.random.split(key, len(groups))
        return [group.draw(k, n) for group, k in zip(groups, keys, strict=True)]

    x = jnp.concatenate([points[:-1] for points in of_all(first)])
    y = jnp.concatenate([points[1:] for points in of_all(second)])
    s = jax.random.uniform(third, (*x.shape[:2], 1))
    return x, y, x + s * (y - x)


def potential_loss(
    potentials: MLP,
    fixed: tuple[Groups, GramMetric | None, Config],
    key: PRNGKeyArray,
) -> tuple[Array, Log]:
    """The objective of the potentials, to be minimised: step 1 of a round."""
    groups, metric, config = fixed
    settings = config.potential_fit
    x, y, between = _draw(groups, key, config.batch)
    weight = settings.first_penalty if metric is None else settings.penalty
    gain = eqx.filter_vmap(lambda phi, x: jnp.sum(jax.vmap(phi)(x)))
    penalty = slope_penalty(metric, between, slopes(potentials, between))
    difference = gain(potentials, y) - gain(potentials, x)
    loss = jnp.sum(difference) + weight * penalty
    return loss, {"potential": loss}


def metric_loss(
    metric: GramMetric, fixed: tuple[Groups, MLP, Config], key: PRNGKeyArray
) -> tuple[Array, Log]:
    """The objective of the metric: step 2 of a round."""
    groups, potentials, config = fixed
    settings = config.metric_fit
    _, _, between = _draw(groups, key, config.batch)
    slope = slopes(potentials, between)
    matrices = jax.vmap(metric)(between.reshape(-1, between.shape[-1]))
    norm = settings.norm_weight * jnp.sum(matrices**2)
    penalty = settings.penalty * slope_penalty(metric, between, slope)
    return norm - penalty, {"norm": norm, "penalty": penalty}
