"""A step of Algorithm 2: one of Algorithm 1 for all pairs, and one of the metric.

The potentials and maps of all pairs are stacked, so that one compiled program trains
them side by side.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.config.sections import CTransformConfig
from nlot.costs.lagrangians import AbstractLagrangian, Riemannian, sigmoid_ramp
from nlot.costs.metrics import AbstractMetric
from nlot.methods.ctransform import CTransform, c_transform
from nlot.methods.losses import Path, amortised_cost, map_loss, potential_loss
from nlot.methods.metric_nlot.config import Config
from nlot.methods.spline_steps import fit_spline
from nlot.networks.mlp import MLP
from nlot.networks.pairwise import Frame, PairNetworks
from nlot.networks.rotation import Blend
from nlot.paths.quadrature import Quadrature
from nlot.problems.sequence import Sequence
from nlot.training.loop import Log, Trainee
from nlot.training.microbatch import in_groups, mean_and_grad


class Fixed(eqx.Module):
    """What stays as it is during training."""

    sequence: Sequence
    frames: Frame
    quadrature: Quadrature
    bounds: Float[Array, ""]
    half_width: Float[Array, ""]
    config: Config = eqx.field(static=True)


class State(eqx.Module):
    """Everything that changes during training."""

    metric: Trainee
    potentials: Trainee
    maps: Trainee
    spline: Trainee

    @classmethod
    def start(cls, networks: PairNetworks, config: Config) -> "State":
        """Networks before their first step."""
        steps, start = config.steps, Trainee.start
        metric_steps = -(-max(steps - config.warm_up, 1) // config.metric_every)
        return cls(
            metric=start(networks.metric, config.metric_optimiser, metric_steps),
            potentials=start(networks.potentials, config.potential_optimiser, steps),
            maps=start(networks.maps, config.map_optimiser, steps),
            # Its steps go on counting from pre-training.
            spline=start(
                networks.spline,
                config.spline_optimiser,
                config.pretraining.steps + steps,
            ),
        )

    def networks(self, frames: Frame, averaged: bool) -> PairNetworks:
        """The networks, with their averaged weights where asked."""

        def pick(trainee: Trainee) -> Any:
            return trainee.averaged if averaged else trainee.model

        return PairNetworks(
            metric=pick(self.metric),
            potentials=pick(self.potentials),
            maps=pick(self.maps),
            spline=pick(self.spline),
            frames=frames,
        )


def refine(
    frame: Frame,
    potential: MLP,
    guess: MLP,
    spline: Path,
    quadrature: Quadrature,
    lagrangian: AbstractLagrangian,
    bounds: float | Float[Array, ""],
    settings: CTransformConfig,
    x: Float[Array, " d"],
) -> CTransform:
    """ŷ(x) of eq. 6 for one pair of measures, warm-started with its map network.

    Solved for the displacement in units of the pair's step, and the objective in units
    of its cost: in those of the sequence its gradient is small from the start. Each
    coordinate of the displacement is at most `bounds`.
    """
    unit = frame.cost * frame.step / frame.scale
    g, y = frame.potential(potential), frame.map(guess)
    result = c_transform(
        lambda a, u: (
            amortised_cost(spline, quadrature, lagrangian, a, a + frame.step * u) / unit
        ),
        lambda u: g(x + frame.step * u) / unit,
        x,
        (y(x) - x) / frame.step,
        bounds=bounds / frame.step,
        max_steps=settings.max_steps,
        tolerance=settings.tolerance,
        history=settings.history,
    )
    return result._replace(y=x + frame.step * result.y)


def neighbours(
    sequence: Sequence, key: PRNGKeyArray, n: int
) -> tuple[Float[Array, "pairs n d"], Float[Array, "pairs n d"]]:
    """Points of each measure and, independent of them, points of the next."""
    first, second = jax.random.split(key)
    return sequence.draw(first, n)[:-1], sequence.draw(second, n)[1:]


def flat(points: Float[Array, "pairs n d"]) -> Float[Array, "m d"]:
    """The points of all pairs, one after the other."""
    return points.reshape(-1, points.shape[-1])


def step(state: State, fixed: Fixed, key: PRNGKeyArray) -> tuple[State, Log]:
    """An iteration of Algorithm 1 for all pairs, and a metric step where one is due.

    `key` is that of the whole training.
    """
    config = fixed.config
    draw, noise = jax.random.split(jax.random.fold_in(key, state.maps.step))
    x, y = neighbours(fixed.sequence, draw, config.batch)
    since = state.maps.step - config.warm_up
    ramp = sigmoid_ramp(since - config.isotropic_steps, config.annealing_steps)
    metric_now = Blend(state.metric.model, ramp)
    lagrangian = Riemannian(metric_now)

    def refine_all(frame: Frame, g: MLP, guess: MLP, x: Array) -> CTransform:
        return jax.vmap(
            lambda a: refine(
                frame,
                g,
                guess,
                state.spline.model,
                fixed.quadrature,
                lagrangian,
                fixed.bounds,
                config.ctransform,
                a,
            )
        )(x)

    at_a_time = config.ctransform.at_a_time
    result = in_groups(
        refine_all,
        fixed.frames,
        state.potentials.model,
        state.maps.model,
        x,
        # Of all points of a pair, as its networks are shared by them.
        size=max(at_a_time // x.shape[1], 1) if at_a_time else 0,
    )
    refined = result.y

    def dual(potentials: MLP) -> Array:
        losses = eqx.filter_vmap(
            lambda frame, g, y, r: potential_loss(frame.potential(g), y, r)
        )(fixed.frames, potentials, y, refined)
        return jnp.mean(losses)

    def residual(maps: MLP) -> Array:
        losses = eqx.filter_vmap(
            lambda frame, m, x, r: map_loss(frame.map(m), x, r, config.regression)
        )(fixed.frames, maps, x, refined)
        return jnp.mean(losses)

    dual_loss, dual_gradient = eqx.filter_value_and_grad(dual)(state.potentials.model)
    map_value, map_gradient = eqx.filter_value_and_grad(residual)(state.maps.model)
    a = jnp.concatenate([flat(x), flat(x)])
    b = jnp.concatenate([flat(refined), flat(y)])
    spline, spline_value, _ = fit_spline(
        state.spline, fixed.quadrature, lagrangian, a, b
    )

    def metric_step(metric: Trainee) -> Trainee:
        shift = config.smoothing * fixed.half_width * jax.random.normal(noise, x.shape)
        _, gradient = mean_and_grad(
            lambda m, *ends: metric_loss(
                m, state.spline.model, fixed.quadrature, *ends
            ),
            metric.model,
            flat(x),
            flat(refined),
            flat(shift),
        )
        return metric.descend(gradient)

    due = (since >= 0) & (since % config.metric_every == 0)
    arrays, static = eqx.partition(state.metric, eqx.is_array)
    arrays = jax.lax.cond(
        due,
        lambda a: eqx.filter(metric_step(eqx.combine(a, static)), eqx.is_array),
        lambda a: a,
        arrays,
    )
    new = State(
        metric=eqx.combine(arrays, static).average(config.average),
        potentials=state.potentials.descend(dual_gradient).average(config.average),
        maps=state.maps.descend(map_gradient).average(config.average),
        spline=spline.average(config.average),
    )
    return new, {
        "potential": dual_loss,
        "map": map_value,
        "spline": spline_value,
        "ctransform_converged": jnp.mean(result.converged),
    }


def metric_loss(
    metric: AbstractMetric,
    spline: Path,
    quadrature: Quadrature,
    x: Float[Array, "n d"],
    refined: Float[Array, "n d"],
    shift: Float[Array, "n d"],
) -> Float[Array, ""]:
    """Mean action of the paths from `x` to `refined`, moved as a whole by `shift`.

    Its gradient in the metric, with points and path coefficients held fixed, is that
    of the dual objective by the envelope theorem (eq. 25).
    """
    lagrangian = Riemannian(metric)

    def action(a: Array, b: Array, s: Array) -> Array:
        coefficients = jax.lax.stop_gradient(spline(a, b))
        return quadrature(lagrangian, a + s, b + s, coefficients)

    return jnp.mean(jax.vmap(action)(x, jax.lax.stop_gradient(refined), shift))
