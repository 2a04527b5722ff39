"""Algorithm 1 of the paper: Lagrangian optimal transport between two measures."""

from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.action import Quadrature
from nlot.config import CTransformConfig, NLOTConfig
from nlot.ctransform import CTransform, c_transform
from nlot.lagrangians import AbstractLagrangian, sigmoid_ramp
from nlot.networks import MapNetwork, Networks, PotentialNetwork, SplineNetwork
from nlot.splines import CubicSpline
from nlot.tasks import Task
from nlot.training import (
    Log,
    Reporter,
    average,
    compiled,
    descend,
    optimiser,
    run_chunks,
    young,
)


class State(eqx.Module):
    """Everything that changes during training."""

    networks: Networks
    averaged: Networks
    optimisers: tuple[optax.OptState, optax.OptState, optax.OptState]
    step: Array


class Optimisers(NamedTuple):
    """The three optimisers of Algorithm 1."""

    potential: optax.GradientTransformation
    map: optax.GradientTransformation
    spline: optax.GradientTransformation


def build_quadrature(task: Task, config: NLOTConfig) -> Quadrature:
    """The action rule that a run trains with."""
    rule = config.quadrature
    return Quadrature(CubicSpline(config.knots), rule.points, rule.rule, task.horizon)


def amortised_cost(
    spline: SplineNetwork,
    quadrature: Quadrature,
    lagrangian: AbstractLagrangian,
    x: Float[Array, " d"],
    y: Float[Array, " d"],
) -> Float[Array, ""]:
    """c(x, y) with the network's path; its gradient in the ends holds φ fixed.

    At the optimal path the action is stationary in φ, so by the envelope theorem the
    cost's gradient is that of the action at fixed coefficients.
    """
    coefficients = jax.lax.stop_gradient(spline(x, y))
    return quadrature(lagrangian, x, y, coefficients)


def refine(
    networks: Networks,
    quadrature: Quadrature,
    task: Task,
    lagrangian: AbstractLagrangian,
    settings: CTransformConfig,
    x: Float[Array, " d"],
) -> CTransform:
    """ŷ(x) of eq. 6, warm-started with the map network."""
    return c_transform(
        lambda a, b: amortised_cost(networks.spline, quadrature, lagrangian, a, b),
        networks.potential,
        x,
        networks.map(x),
        bounds=task.bounds,
        max_steps=settings.max_steps,
        tolerance=settings.tolerance,
        history=settings.history,
    )


def potential_loss(
    potential: PotentialNetwork, y: Float[Array, "n d"], refined: Float[Array, "n d"]
) -> Float[Array, ""]:
    """Negative dual objective up to a term without gradient (eqs. 14 to 16).

    By Danskin's theorem the c-transform's gradient is that of -g at its minimiser.
    """
    g = jax.vmap(potential)
    return jnp.mean(g(jax.lax.stop_gradient(refined))) - jnp.mean(g(y))


def map_loss(
    network: MapNetwork,
    x: Float[Array, "n d"],
    refined: Float[Array, "n d"],
    regression: str,
) -> Float[Array, ""]:
    """Regression of the map network on the refined points (eq. 17)."""
    squared = jnp.sum((jax.lax.stop_gradient(refined) - jax.vmap(network)(x)) ** 2, -1)
    if regression == "squared_norm":
        return jnp.mean(squared)
    # The small constant keeps the norm's gradient finite at zero.
    return jnp.mean(jnp.sqrt(squared + 1e-12))


def spline_loss(
    network: SplineNetwork,
    quadrature: Quadrature,
    lagrangian: AbstractLagrangian,
    x: Float[Array, "n d"],
    y: Float[Array, "n d"],
) -> Float[Array, ""]:
    """Mean action of the amortised paths between given ends (eq. 19)."""

    def energy(a: Array, b: Array) -> Array:
        return quadrature(lagrangian, a, b, network(a, b))

    return jnp.mean(jax.vmap(energy)(x, jax.lax.stop_gradient(y)))


def transport(
    networks: Networks, task: Task, config: NLOTConfig, x: Float[Array, " d"]
) -> Float[Array, " d"]:
    """The learned map: the c-transform of the learned potential at `x`."""
    quadrature = build_quadrature(task, config)
    result = refine(networks, quadrature, task, task.lagrangian, config.transport, x)
    return result.y


def train(
    task: Task, config: NLOTConfig, key: PRNGKeyArray, report: Reporter
) -> tuple[Networks, list[dict[str, Any]]]:
    """Run Algorithm 1; returns the networks and one history record a chunk.

    Raises `nlot.training.DivergenceError` when a loss stops being finite.
    """
    start, data = jax.random.split(key)
    networks = Networks(task.dimension, task.bounds, config, key=start)
    quadrature = build_quadrature(task, config)
    optimisers = Optimisers(
        optimiser(config.potential_optimiser, config.steps),
        optimiser(config.map_optimiser, config.steps),
        optimiser(config.spline_optimiser, config.steps),
    )
    state = State(
        networks=networks,
        averaged=networks,
        optimisers=(
            optimisers.potential.init(_arrays(networks.potential)),
            optimisers.map.init(_arrays(networks.map)),
            optimisers.spline.init(_arrays(networks.spline)),
        ),
        step=jnp.array(0),
    )
    problem = _Problem(task, quadrature, data)
    report.start(config.pretraining.steps + config.steps)

    state, history = run_chunks(
        compiled(
            partial(_pretraining_step, config=config, optimisers=optimisers), problem
        ),
        state,
        phase="pretraining",
        steps=config.pretraining.steps,
        chunk=config.report_every,
        report=report,
    )
    state = eqx.tree_at(lambda s: s.step, state, jnp.array(0))
    state, more = run_chunks(
        compiled(partial(_step, config=config, optimisers=optimisers), problem),
        state,
        phase="training",
        steps=config.steps,
        chunk=config.report_every,
        report=report,
        offset=config.pretraining.steps,
    )
    return state.averaged if config.average else state.networks, history + more


class _Problem(eqx.Module):
    """What stays fixed during training."""

    task: Task
    quadrature: Quadrature
    key: PRNGKeyArray

    def batch(self, step: Array, stage: int, config: NLOTConfig) -> tuple[Array, Array]:
        """Samples of source and target for a step of a stage of training."""
        key = jax.random.fold_in(jax.random.fold_in(self.key, stage), step)
        source, target = jax.random.split(key)
        n, how = config.batch, config.sampling
        return (
            self.task.source.draw(source, n, how),
            self.task.target.draw(target, n, how),
        )


def _arrays(model: eqx.Module) -> eqx.Module:
    return eqx.filter(model, eqx.is_inexact_array)


def _fit_spline(
    networks: Networks,
    state: optax.OptState,
    problem: _Problem,
    lagrangian: AbstractLagrangian,
    x: Array,
    y: Array,
    transformation: optax.GradientTransformation,
) -> tuple[Networks, optax.OptState, Array, Array]:
    """One spline step on given pairs; also the loss and its gradient's norm."""
    loss, gradient = eqx.filter_value_and_grad(spline_loss)(
        networks.spline, problem.quadrature, lagrangian, x, y
    )
    spline, state = descend(transformation, networks.spline, state, gradient)
    networks = eqx.tree_at(lambda n: n.spline, networks, spline)
    return networks, state, loss, optax.tree.norm(gradient)


def _pretraining_step(
    state: State, problem: _Problem, config: NLOTConfig, optimisers: Optimisers
) -> tuple[State, Log]:
    """Fit the spline network on independent pairs."""
    x, y = problem.batch(state.step, 0, config)
    lagrangian = problem.task.lagrangian.anneal(sigmoid_ramp(0, config.annealing_steps))
    networks, spline_state, loss, norm = _fit_spline(
        state.networks,
        state.optimisers[2],
        problem,
        lagrangian,
        x,
        y,
        optimisers.spline,
    )
    new = State(
        networks=networks,
        averaged=networks,
        optimisers=(*state.optimisers[:2], spline_state),
        step=state.step + 1,
    )
    return new, {"spline": loss, "spline_gradient": norm}


def _step(
    state: State, problem: _Problem, config: NLOTConfig, optimisers: Optimisers
) -> tuple[State, Log]:
    """One iteration of Algorithm 1."""
    task, quadrature, networks = problem.task, problem.quadrature, state.networks
    x, y = problem.batch(state.step, 1, config)
    ramp = sigmoid_ramp(state.step, config.annealing_steps)
    lagrangian = task.lagrangian.anneal(ramp)

    result = jax.vmap(
        lambda a: refine(networks, quadrature, task, lagrangian, config.ctransform, a)
    )(x)
    refined = result.y

    dual, g_gradient = eqx.filter_value_and_grad(potential_loss)(
        networks.potential, y, refined
    )
    residual, y_gradient = eqx.filter_value_and_grad(map_loss)(
        networks.map, x, refined, config.regression
    )
    potential, g_state = descend(
        optimisers.potential, networks.potential, state.optimisers[0], g_gradient
    )
    map_, y_state = descend(
        optimisers.map, networks.map, state.optimisers[1], y_gradient
    )
    networks = eqx.tree_at(lambda n: (n.potential, n.map), networks, (potential, map_))
    # Refined pairs as in eq. 19; independent pairs keep the cost right where the
    # c-transform may look next.
    networks, s_state, action, norm = _fit_spline(
        networks,
        state.optimisers[2],
        problem,
        lagrangian,
        jnp.concatenate([x, x]),
        jnp.concatenate([refined, y]),
        optimisers.spline,
    )
    refit_steps = jnp.array(0)
    if config.refit.max_steps > 0:
        networks, s_state, refit_steps = jax.lax.cond(
            state.step % config.refit.every == config.refit.every - 1,
            lambda n, s: _refit(
                n, s, problem, lagrangian, config, x, refined, y, optimisers.spline
            ),
            lambda n, s: (n, s, jnp.array(0)),
            networks,
            s_state,
        )
    decay = young(config.average, state.step)
    new = State(
        networks=networks,
        averaged=average(state.averaged, networks, decay),
        optimisers=(g_state, y_state, s_state),
        step=state.step + 1,
    )
    return new, {
        "potential": dual,
        "map": residual,
        "spline": action,
        "spline_gradient": norm,
        "ctransform_converged": jnp.mean(result.converged),
        "ctransform_evaluations": jnp.mean(result.evaluations),
        "refit_steps": refit_steps,
    }


def _refit(
    networks: Networks,
    spline_state: optax.OptState,
    problem: _Problem,
    lagrangian: AbstractLagrangian,
    config: NLOTConfig,
    x: Array,
    refined: Array,
    y: Array,
    transformation: optax.GradientTransformation,
) -> tuple[Networks, optax.OptState, Array]:
    """Fit the spline network to the current pairs until its gradient is small.

    Also returns the number of steps that it took.
    """
    refit = config.refit
    a, b = jnp.concatenate([x, x]), jnp.concatenate([refined, y])
    arrays, static = eqx.partition(networks, eqx.is_array)

    def unfinished(carry: Any) -> Array:
        *_, count, smoothed = carry
        return (count < refit.max_steps) & (smoothed > refit.tolerance)

    def body(carry: Any) -> Any:
        arrays, state, count, smoothed = carry
        networks, state, _, norm = _fit_spline(
            eqx.combine(arrays, static),
            state,
            problem,
            lagrangian,
            a,
            b,
            transformation,
        )
        # The first step's norm starts the average.
        mixed = refit.smoothing * smoothed + (1 - refit.smoothing) * norm
        smoothed = jnp.where(count == 0, norm, mixed)
        return eqx.filter(networks, eqx.is_array), state, count + 1, smoothed

    start = (arrays, spline_state, jnp.array(0), jnp.array(jnp.inf))
    arrays, spline_state, count, _ = jax.lax.while_loop(unfinished, body, start)
    return eqx.combine(arrays, static), spline_state, count
