"""Algorithm 1 of the paper: Lagrangian optimal transport between two measures."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, PRNGKeyArray

from nlot.costs.lagrangians import sigmoid_ramp
from nlot.methods.alternation import (
    Fitted,
    alternate,
    build_quadrature,
    fit_spline,
    trainees,
)
from nlot.methods.ctransform import refine
from nlot.methods.losses import (
    heads_gaps,
    heads_loss,
    map_loss,
    potential_loss,
)
from nlot.methods.nlot.config import Config, RefitConfig
from nlot.networks.amortised import MapNetwork, Networks, build_networks
from nlot.problems.sampler import Sampler
from nlot.problems.transport import Transport
from nlot.training.literal import Literal
from nlot.training.loop import Log, Trainee
from nlot.training.microbatch import mean_and_grad
from nlot.training.progress import Reporter

# Width of `heads_gaps`, in standard coordinates.
_NEAR = 0.1


class State(eqx.Module):
    """Everything that changes during training."""

    potential: Trainee
    map: Trainee
    spline: Trainee

    @classmethod
    def start(cls, networks: Networks, config: Config) -> "State":
        """Networks before their first step."""
        parts = networks.potential, networks.map, networks.spline
        return cls(*trainees(*parts, config))

    @property
    def networks(self) -> Networks:
        """The current networks."""
        return Networks(self.potential.model, self.map.model, self.spline.model)


def build(problem: Transport, config: Config, *, key: PRNGKeyArray) -> Networks:
    """Untrained networks for a problem."""
    return build_networks(problem.dimension, config, key=key)


def train(
    problem: Transport, config: Config, key: PRNGKeyArray, report: Reporter
) -> tuple[Networks, list[dict[str, Any]]]:
    """Run Algorithm 1; arguments, results and errors are those in `nlot.methods`."""
    start, data = jax.random.split(key)
    problem = problem.training.standard
    networks = build(problem, config, key=start)
    if networks.spline.heads > 1:
        apart = networks.spline.nearly_straight(problem.shift)
        networks = eqx.tree_at(lambda n: n.spline, networks, apart)
    quadrature = build_quadrature(config)
    sampler = Sampler(problem, quadrature, config.sampling)
    state: State = alternate(
        State.start(networks, config),
        (_pretrain, (sampler, Literal(problem.lagrangian), config)),
        (step, (sampler, config)),
        config,
        data,
        report,
    )
    averaged = (state.potential.averaged, state.map.averaged, state.spline.averaged)
    return Networks(*averaged), report.history


def _pretrain(
    spline: Trainee, fixed: tuple[Sampler, Literal, Config], key: PRNGKeyArray
) -> tuple[Trainee, Log]:
    """Fit the spline network on independent pairs."""
    sampler, literal, config = fixed
    x, y = sampler.pairs(jax.random.fold_in(key, spline.step), config.batch)
    lagrangian = literal.tree.anneal(sigmoid_ramp(0, config.annealing_steps))
    given = spline, sampler.quadrature, lagrangian, x, y
    spline, loss, norm = fit_spline(*given, heads_loss)
    return spline.average(0.0), {"spline": loss, "spline_gradient": norm}


def step(
    state: State, fixed: tuple[Sampler, Config], key: PRNGKeyArray
) -> tuple[State, Log]:
    """One iteration of Algorithm 1; `key` is that of the whole training."""
    sampler, config = fixed
    x, y = sampler.pairs(jax.random.fold_in(key, state.map.step), config.batch)
    problem, networks = sampler.problem, state.networks
    ramp = sigmoid_ramp(state.map.step, config.annealing_steps)
    lagrangian = problem.lagrangian.anneal(ramp)
    given = networks, sampler.quadrature, problem, lagrangian, config.ctransform
    result = refine(*given, x)
    refined = result.y

    dual, gradient = mean_and_grad(potential_loss, networks.potential, y, refined)
    potential = state.potential.descend(gradient).average(config.average)

    def misfit(network: MapNetwork, a: Array, b: Array) -> Array:
        return map_loss(heads_gaps(network, a, b, _NEAR), config.regression)

    residual, gradient = mean_and_grad(misfit, networks.map, x, refined)
    map_ = state.map.descend(gradient).average(config.average)
    # Refined pairs as in eq. 19; independent pairs keep the cost accurate where the
    # c-transform may search next.
    a, b = jnp.concatenate([x, x]), jnp.concatenate([refined, y])

    def fit(spline: Trainee) -> Fitted:
        return fit_spline(spline, sampler.quadrature, lagrangian, a, b, heads_loss)

    spline, loss, norm = fit(state.spline)
    refit_steps = jnp.array(0)
    if config.refit.max_steps > 0:
        spline, refit_steps = jax.lax.cond(
            state.map.step % config.refit.every == config.refit.every - 1,
            lambda s: _refit(s, fit, config.refit),
            lambda s: (s, jnp.array(0)),
            spline,
        )
    return State(potential, map_, spline.average(config.average)), {
        "potential": dual,
        "map": residual,
        "spline": loss,
        "spline_gradient": norm,
        "ctransform_converged": jnp.mean(result.converged),
        "ctransform_evaluations": jnp.mean(result.evaluations),
        "refit_steps": refit_steps,
    }


def _refit(
    spline: Trainee, fit: Callable[[Trainee], Fitted], refit: RefitConfig
) -> tuple[Trainee, Array]:
    """Fit the spline network until its gradient is small; also counts the steps."""

    def unfinished(carry: tuple[Trainee, Array, Array]) -> Array:
        _, count, smoothed = carry
        return (count < refit.max_steps) & (smoothed > refit.tolerance)

    def body(carry: tuple[Trainee, Array, Array]) -> tuple[Trainee, Array, Array]:
        spline, count, smoothed = carry
        spline, _, norm = fit(spline)
        # The first step's norm starts the average.
        mixed = refit.smoothing * smoothed + (1 - refit.smoothing) * norm
        return spline, count + 1, jnp.where(count == 0, norm, mixed)

    start = (spline, jnp.array(0), jnp.array(jnp.inf))
    spline, count, _ = jax.lax.while_loop(unfinished, body, start)
    return spline, count
