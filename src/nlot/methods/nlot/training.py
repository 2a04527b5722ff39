"""Algorithm 1 of the paper: Lagrangian optimal transport between two measures."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.config.sections import CTransformConfig
from nlot.costs.lagrangians import AbstractLagrangian, sigmoid_ramp
from nlot.methods.ctransform import CTransform, c_transform
from nlot.methods.losses import amortised_cost, map_loss, potential_loss
from nlot.methods.nlot.config import Config, RefitConfig
from nlot.methods.spline_steps import fit_spline
from nlot.networks.amortised import Networks, build_networks
from nlot.paths.quadrature import Quadrature
from nlot.paths.splines import CubicSpline
from nlot.problems.sampler import Sampler
from nlot.problems.transport import Transport
from nlot.training.literal import Literal
from nlot.training.loop import Log, Trainee, iterate
from nlot.training.microbatch import in_groups, mean_and_grad
from nlot.training.progress import Reporter


class State(eqx.Module):
    """Everything that changes during training."""

    potential: Trainee
    map: Trainee
    spline: Trainee

    @classmethod
    def start(cls, networks: Networks, config: Config) -> "State":
        """Networks before their first step."""
        steps = config.steps
        return cls(
            potential=Trainee.start(
                networks.potential, config.potential_optimiser, steps
            ),
            map=Trainee.start(networks.map, config.map_optimiser, steps),
            # Its steps go on counting from pre-training.
            spline=Trainee.start(
                networks.spline,
                config.spline_optimiser,
                config.pretraining.steps + steps,
            ),
        )

    @property
    def networks(self) -> Networks:
        """The networks as they are."""
        return Networks(self.potential.model, self.map.model, self.spline.model)

    @property
    def averaged(self) -> Networks:
        """The networks with their averaged weights."""
        return Networks(
            self.potential.averaged, self.map.averaged, self.spline.averaged
        )


def build(problem: Transport, config: Config, *, key: PRNGKeyArray) -> Networks:
    """Untrained networks for a problem."""
    return build_networks(problem.dimension, problem.bounds, config, key=key)


def build_quadrature(problem: Transport, config: Config) -> Quadrature:
    """The action rule that a run trains with."""
    rule, spline = config.quadrature, CubicSpline(config.knots)
    return Quadrature(spline, rule.points, rule.rule, problem.horizon)


def refine(
    networks: Networks,
    quadrature: Quadrature,
    problem: Transport,
    lagrangian: AbstractLagrangian,
    settings: CTransformConfig,
    x: Float[Array, " d"],
) -> CTransform:
    """ŷ(x) of eq. 6, warm-started with the map network.

    **Arguments:** `lagrangian` is the problem's own, or an annealed one; `settings` are
    those of training or of the returned map.
    """
    return c_transform(
        lambda a, b: amortised_cost(networks.spline, quadrature, lagrangian, a, b),
        networks.potential,
        x,
        networks.map(x),
        bounds=problem.bounds,
        max_steps=settings.max_steps,
        tolerance=settings.tolerance,
        history=settings.history,
    )


def transport(
    networks: Networks, problem: Transport, config: Config, x: Float[Array, " d"]
) -> Float[Array, " d"]:
    """The learned map: the c-transform of the learned potential at `x`."""
    rule, lagrangian = build_quadrature(problem, config), problem.lagrangian
    return refine(networks, rule, problem, lagrangian, config.transport, x).y


def train(
    problem: Transport, config: Config, key: PRNGKeyArray, report: Reporter
) -> tuple[Networks, list[dict[str, Any]]]:
    """Run Algorithm 1.

    Arguments and results are those in `nlot.methods`. Raises
    `nlot.training.loop.DivergenceError` when a loss stops being finite.
    """
    start, data = jax.random.split(key)
    networks = build(problem, config, key=start)
    sampler = Sampler(problem, build_quadrature(problem, config), config.sampling)
    state = State.start(networks, config)
    report.start(config.pretraining.steps + config.steps, config.report_every)
    spline = iterate(
        _pretrain,
        state.spline,
        (sampler, Literal(problem.lagrangian), config),
        jax.random.fold_in(data, 0),
        phase="pretraining",
        steps=config.pretraining.steps,
        report=report,
    )
    spline = eqx.tree_at(lambda s: s.step, spline, jnp.array(0))
    state = iterate(
        step,
        eqx.tree_at(lambda s: s.spline, state, spline),
        (sampler, config),
        jax.random.fold_in(data, 1),
        phase="training",
        steps=config.steps,
        report=report,
    )
    return state.averaged if config.average else state.networks, report.history


def _pretrain(
    spline: Trainee, fixed: tuple[Sampler, Literal, Config], key: PRNGKeyArray
) -> tuple[Trainee, Log]:
    """Fit the spline network on independent pairs."""
    sampler, literal, config = fixed
    x, y = sampler.pairs(jax.random.fold_in(key, spline.step), config.batch)
    ramp = sigmoid_ramp(0, config.annealing_steps)
    lagrangian = literal.tree.anneal(ramp)
    spline, log = _fit_spline(spline, sampler, lagrangian, x, y)
    return spline.average(0.0), log


def step(
    state: State, fixed: tuple[Sampler, Config], key: PRNGKeyArray
) -> tuple[State, Log]:
    """One iteration of Algorithm 1; `key` is that of the whole training."""
    sampler, config = fixed
    x, y = sampler.pairs(jax.random.fold_in(key, state.map.step), config.batch)
    problem, networks = sampler.problem, state.networks
    ramp = sigmoid_ramp(state.map.step, config.annealing_steps)
    lagrangian = problem.lagrangian.anneal(ramp)
    result = in_groups(
        lambda a: refine(
            networks, sampler.quadrature, problem, lagrangian, config.ctransform, a
        ),
        x,
        size=config.ctransform.at_a_time,
    )
    refined = result.y

    dual, gradient = mean_and_grad(potential_loss, networks.potential, y, refined)
    potential = state.potential.descend(gradient)
    residual, gradient = mean_and_grad(
        lambda n, a, b: map_loss(n, a, b, config.regression), networks.map, x, refined
    )
    map_ = state.map.descend(gradient)
    # Refined pairs as in eq. 19; independent pairs keep the cost right where the
    # c-transform may look next.
    a, b = jnp.concatenate([x, x]), jnp.concatenate([refined, y])
    spline, log = _fit_spline(state.spline, sampler, lagrangian, a, b)
    refit_steps = jnp.array(0)
    if config.refit.max_steps > 0:
        spline, refit_steps = jax.lax.cond(
            state.map.step % config.refit.every == config.refit.every - 1,
            lambda s: _refit(s, sampler, lagrangian, config.refit, a, b),
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
    sampler: Sampler,
    lagrangian: AbstractLagrangian,
    x: Float[Array, "n d"],
    y: Float[Array, "n d"],
) -> tuple[Trainee, dict[str, Array]]:
    """One spline step on given pairs; logs the loss and its gradient's norm."""
    spline, loss, gradient = fit_spline(spline, sampler.quadrature, lagrangian, x, y)
    return spline, {"spline": loss, "spline_gradient": optax.tree.norm(gradient)}


def _refit(
    spline: Trainee,
    sampler: Sampler,
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
        spline, log = _fit_spline(spline, sampler, lagrangian, x, y)
        norm = log["spline_gradient"]
        # The first step's norm starts the average.
        mixed = refit.smoothing * smoothed + (1 - refit.smoothing) * norm
        smoothed = jnp.where(count == 0, norm, mixed)
        return eqx.filter(spline, eqx.is_array), count + 1, smoothed

    start = (arrays, jnp.array(0), jnp.array(jnp.inf))
    arrays, count, _ = jax.lax.while_loop(unfinished, body, start)
    return eqx.combine(arrays, static), count
