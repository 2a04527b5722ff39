"""Algorithm 1 of the paper: Lagrangian optimal transport between two measures."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.config import CTransformConfig, NLOTConfig, RefitConfig
from nlot.costs.lagrangians import AbstractLagrangian, sigmoid_ramp
from nlot.methods.ctransform import CTransform, c_transform
from nlot.methods.losses import amortised_cost, map_loss, potential_loss
from nlot.methods.spline_steps import fit_spline
from nlot.networks.amortised import Networks, build_networks
from nlot.paths.quadrature import Quadrature
from nlot.paths.splines import CubicSpline
from nlot.problems.sampler import Problem
from nlot.problems.transport import Task
from nlot.training.loop import Log, Trainee, compiled, optimiser, run_chunks
from nlot.training.microbatch import in_groups, mean_and_grad
from nlot.training.progress import Reporter


class State(eqx.Module):
    """Everything that changes during training."""

    potential: Trainee
    map: Trainee
    spline: Trainee

    @classmethod
    def start(cls, networks: Networks, updates: "Updates") -> "State":
        """Networks before their first step."""
        return cls(
            potential=Trainee.start(networks.potential, updates.potential),
            map=Trainee.start(networks.map, updates.map),
            spline=Trainee.start(networks.spline, updates.spline),
        )

    @property
    def networks(self) -> Networks:
        """The networks as they are."""
        return Networks(
            potential=self.potential.model,
            map=self.map.model,
            spline=self.spline.model,
        )

    @property
    def averaged(self) -> Networks:
        """The networks with their averaged weights."""
        return Networks(
            potential=self.potential.averaged,
            map=self.map.averaged,
            spline=self.spline.averaged,
        )


class Updates(NamedTuple):
    """The optimisers of the three networks."""

    potential: optax.GradientTransformation
    map: optax.GradientTransformation
    spline: optax.GradientTransformation

    @classmethod
    def of(cls, config: NLOTConfig) -> "Updates":
        """Those of a run's settings."""
        return cls(
            optimiser(config.potential_optimiser, config.steps),
            optimiser(config.map_optimiser, config.steps),
            # Its steps go on counting from pre-training.
            optimiser(config.spline_optimiser, config.pretraining.steps + config.steps),
        )


def build_quadrature(task: Task, config: NLOTConfig) -> Quadrature:
    """The action rule that a run trains with."""
    rule = config.quadrature
    return Quadrature(CubicSpline(config.knots), rule.points, rule.rule, task.horizon)


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

    Raises `nlot.training.loop.DivergenceError` when a loss stops being finite.
    """
    start, data = jax.random.split(key)
    networks = build_networks(task.dimension, task.bounds, config, key=start)
    problem = Problem(task, build_quadrature(task, config), config.sampling)
    updates = Updates.of(config)
    state = State.start(networks, updates)
    report.start(config.pretraining.steps + config.steps)

    def pretraining(
        spline: Trainee, problem: Problem, key: PRNGKeyArray
    ) -> tuple[Trainee, Log]:
        """Fit the spline network on independent pairs."""
        x, y = problem.pairs(jax.random.fold_in(key, spline.step), config.batch)
        lagrangian = task.lagrangian.anneal(sigmoid_ramp(0, config.annealing_steps))
        spline, log = _fit_spline(spline, updates, problem, lagrangian, x, y)
        return spline.average(0.0), log

    def training(
        state: State, problem: Problem, key: PRNGKeyArray
    ) -> tuple[State, Log]:
        draw = jax.random.fold_in(key, state.map.step)
        return step(state, updates, problem, config, draw)

    spline, history = run_chunks(
        compiled(pretraining, problem, jax.random.fold_in(data, 0)),
        state.spline,
        phase="pretraining",
        steps=config.pretraining.steps,
        chunk=config.report_every,
        report=report,
    )
    state, more = run_chunks(
        compiled(training, problem, jax.random.fold_in(data, 1)),
        eqx.tree_at(
            lambda s: s.spline,
            state,
            eqx.tree_at(lambda s: s.step, spline, jnp.array(0)),
        ),
        phase="training",
        steps=config.steps,
        chunk=config.report_every,
        report=report,
        offset=config.pretraining.steps,
    )
    return state.averaged if config.average else state.networks, history + more


def step(
    state: State,
    updates: Updates,
    problem: Problem,
    config: NLOTConfig,
    key: PRNGKeyArray,
) -> tuple[State, Log]:
    """One iteration of Algorithm 1, on samples drawn with `key`."""
    x, y = problem.pairs(key, config.batch)
    task, networks = problem.task, state.networks
    ramp = sigmoid_ramp(state.map.step, config.annealing_steps)
    lagrangian = task.lagrangian.anneal(ramp)
    result = in_groups(
        lambda a: refine(
            networks, problem.quadrature, task, lagrangian, config.ctransform, a
        ),
        x,
        size=config.ctransform.at_a_time,
    )
    refined = result.y

    dual, gradient = mean_and_grad(potential_loss, networks.potential, y, refined)
    potential = state.potential.descend(updates.potential, gradient)
    residual, gradient = mean_and_grad(
        lambda n, a, b: map_loss(n, a, b, config.regression), networks.map, x, refined
    )
    map_ = state.map.descend(updates.map, gradient)
    # Refined pairs as in eq. 19; independent pairs keep the cost right where the
    # c-transform may look next.
    a, b = jnp.concatenate([x, x]), jnp.concatenate([refined, y])
    spline, log = _fit_spline(state.spline, updates, problem, lagrangian, a, b)
    refit_steps = jnp.array(0)
    if config.refit.max_steps > 0:
        spline, refit_steps = jax.lax.cond(
            state.map.step % config.refit.every == config.refit.every - 1,
            lambda s: _refit(s, updates, problem, lagrangian, config.refit, a, b),
            lambda s: (s, jnp.array(0)),
            spline,
        )
    new = State(
        potential=potential.average(config.average),
        map=map_.average(config.average),
        spline=spline.average(config.average),
    )
    return new, {
        "potential": dual,
        "map": residual,
        **log,
        "ctransform_converged": jnp.mean(result.converged),
        "ctransform_evaluations": jnp.mean(result.evaluations),
        "refit_steps": refit_steps,
    }


def _fit_spline(
    spline: Trainee,
    updates: Updates,
    problem: Problem,
    lagrangian: AbstractLagrangian,
    x: Float[Array, "n d"],
    y: Float[Array, "n d"],
) -> tuple[Trainee, dict[str, Array]]:
    """One spline step on given pairs; logs the loss and its gradient's norm."""
    spline, loss, gradient = fit_spline(
        spline, updates.spline, problem.quadrature, lagrangian, x, y
    )
    return spline, {"spline": loss, "spline_gradient": optax.tree.norm(gradient)}


def _refit(
    spline: Trainee,
    updates: Updates,
    problem: Problem,
    lagrangian: AbstractLagrangian,
    refit: RefitConfig,
    x: Float[Array, "n d"],
    y: Float[Array, "n d"],
) -> tuple[Trainee, Array]:
    """Fit the spline network to given pairs until its gradient is small.

    Also returns the number of steps that it took.
    """
    arrays, static = eqx.partition(spline, eqx.is_array)

    def unfinished(carry: tuple[Trainee, Array, Array]) -> Array:
        _, count, smoothed = carry
        return (count < refit.max_steps) & (smoothed > refit.tolerance)

    def body(carry: tuple[Trainee, Array, Array]) -> tuple[Trainee, Array, Array]:
        arrays, count, smoothed = carry
        spline = eqx.combine(arrays, static)
        spline, log = _fit_spline(spline, updates, problem, lagrangian, x, y)
        norm = log["spline_gradient"]
        # The first step's norm starts the average.
        mixed = refit.smoothing * smoothed + (1 - refit.smoothing) * norm
        smoothed = jnp.where(count == 0, norm, mixed)
        return eqx.filter(spline, eqx.is_array), count + 1, smoothed

    start = (arrays, jnp.array(0), jnp.array(jnp.inf))
    arrays, count, _ = jax.lax.while_loop(unfinished, body, start)
    return eqx.combine(arrays, static), count
