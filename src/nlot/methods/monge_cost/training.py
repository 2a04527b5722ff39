r"""Learns a cost through its Monge map (Howard et al., 2024, algorithm 1).

A step solves the entropic problem between all samples under the present cost
$h(Φ(x) - Ψ(y))$, and descends a loss of the map that follows from it. Derivatives are
those of the solutions, by the implicit function theorem. Coordinates are standard.
"""

from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.scipy.special import logsumexp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from nlot.discrete.learned_cost import LearnedCost, solved
from nlot.methods.monge_cost.config import Config, PenaltyConfig
from nlot.methods.monge_cost.losses import AbstractLoss, Known
from nlot.networks.diffeomorphisms import Diffeomorphism
from nlot.networks.icnn import ICNN
from nlot.problems.pairs import Outline, Pairs
from nlot.training.loop import Log, Trainee, iterate
from nlot.training.progress import Reporter


class Learned(eqx.Module):
    """A cost, its loss, the samples that it maps between, and their dual variables."""

    cost: LearnedCost
    loss: AbstractLoss
    x: Float[Array, "n d"]
    y: Float[Array, "m d"]
    dual: Float[Array, " m"]


class _State(eqx.Module):
    """What steps change: h and the loss, the flows, and dual variables."""

    convex: Trainee
    flows: Trainee
    dual: Float[Array, " m"]


class _Fixed(eqx.Module):
    """What they do not: samples, known pairs, and settings."""

    known: tuple[Float[Array, "n d"], Float[Array, "m d"], Int[Array, "k 2"]]
    config: Config = eqx.field(static=True)


def build(problem: Pairs | Outline, config: Config, *, key: PRNGKeyArray) -> Learned:
    """The cost before training, close to the squared distance."""
    (n, m), d = problem.counts, problem.dimension
    first, second, third, last = jax.random.split(key, 4)
    h, flow = config.convex, config.flow
    convex = ICNN(d, h.hidden, curvature=h.curvature, symmetric=h.symmetric, key=first)
    before = after = None
    if flow is not None:
        about = {"layers": flow.layers, "width": flow.width}
        before = Diffeomorphism(d, flow.kind, **about, key=second)
        if not flow.shared:
            after = Diffeomorphism(d, flow.kind, **about, key=third)
    cost = LearnedCost(convex, before, after)
    loss = config.loss.start(d, last)
    zeros = jnp.zeros((n, d)), jnp.zeros((m, d)), jnp.zeros(m)
    return Learned(cost, loss, *zeros)


def train(
    problem: Pairs, config: Config, key: PRNGKeyArray, report: Reporter
) -> tuple[Learned, list[dict[str, Any]]]:
    """Learn a cost; arguments, results and errors are those in `nlot.methods`."""
    report.start(config.steps, config.report_every)
    start = build(problem, config, key=key)
    standard = problem.standard
    x, y = (jnp.asarray(z, jnp.float32) for z in (standard.source, standard.target))
    # Networks remain in single precision, dual variables are in double.
    with jax.enable_x64(True):
        flows = start.cost.before, start.cost.after
        state = _State(
            Trainee.start(
                (start.cost.convex, start.loss), config.optimiser, config.steps
            ),
            Trainee.start(flows, config.flow_optimiser, config.steps),
            jnp.zeros(len(y)),
        )
        state = iterate(
            _step,
            state,
            _Fixed((x, y, jnp.asarray(problem.pairs)), config),
            key,
            phase="cost",
            steps=config.steps,
            report=report,
        )
    (convex, loss), flows = state.convex.model, state.flows.model
    dual = state.dual.astype(jnp.float32)
    cost = LearnedCost(convex, *flows)
    return Learned(cost, loss, x, y, dual), report.history


def _step(state: _State, fixed: _Fixed, key: PRNGKeyArray) -> tuple[_State, Log]:
    """A step of h and the flows."""
    config, done = fixed.config, state.convex.step
    share = done / max(config.steps - 1, 1)
    start, end = config.temperature.start, config.temperature.end
    relative = start * (end / start) ** share
    models = state.convex.model, state.flows.model
    slope, (dual, log) = eqx.filter_grad(_loss, has_aux=True)(
        models, fixed, state.dual, relative
    )
    # What is not finite must not reach linear solvers, which would fail without a name.
    leaves = jax.tree.leaves((slope, dual))
    finite = jnp.all(jnp.stack([jnp.all(jnp.isfinite(leaf)) for leaf in leaves]))
    slope, dual = jax.tree.map(lambda z: jnp.where(finite, z, 0), (slope, dual))
    convex = state.convex.descend(slope[0]).average(0.0)
    flows = state.flows.descend(slope[1]).average(0.0)
    log["loss"] = jnp.where(finite, log["loss"], jnp.nan)
    return _State(convex, flows, dual), log


def _loss(
    models: Any, fixed: _Fixed, start: Array, relative: Array
) -> tuple[Array, tuple[Array, dict[str, Array]]]:
    (convex, loss), flows = models
    known, config = fixed.known, fixed.config
    cost = LearnedCost(convex, *flows)
    x, y, pairs = known
    found = solved(cost, x, y, relative, start if config.warm_start else None)
    there, back = found.images, partial(found.images, back=True)
    value, inverted = loss(Known(there, x, y, pairs, found.plan))
    if config.reverse:
        other, also = loss(Known(back, y, x, pairs[:, ::-1], found.plan.T, True))
        value, inverted = (value + other) / 2, (inverted + also) / 2
    penalties = config.penalties
    total = value + penalties.largest * logsumexp(found.pairs.costs) ** 2
    if cost.before is not None:
        total += _energy(cost.before, x, penalties)
        total += _energy(cost.after or cost.before, y, penalties)
    if cost.after is not None:
        both = jnp.concatenate([x, y])
        apart = cost.inward(both) - cost.inward(both, True)
        total += penalties.apart * jnp.mean(jnp.sum(apart**2, axis=1))
    log = {
        "loss": value,
        "total": total,
        "dual": found.duals.converged.astype(value.dtype),
        "inverted": inverted,
    }
    return total, (found.duals.g, log)


def _energy(
    flow: Diffeomorphism, x: Float[Array, "n d"], penalties: PenaltyConfig
) -> Float[Array, ""]:
    """Penalties of the flow's Jacobian: far from the identity, or from its mean."""
    slopes = jax.vmap(jax.jacfwd(flow))(x)

    def from_(centre: Array) -> Array:
        return jnp.mean(jnp.sum((slopes - centre) ** 2, axis=(1, 2))) / 2

    straight = penalties.dirichlet * from_(jnp.eye(x.shape[1]))
    return straight + penalties.bending * from_(jnp.mean(slopes, axis=0))
