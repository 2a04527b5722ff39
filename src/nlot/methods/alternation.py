"""What Algorithms 1 and 2 share: alternating steps of potential, map and spline."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.config.sections import AlgorithmConfig
from nlot.costs.lagrangians import AbstractLagrangian
from nlot.methods.losses import spline_loss
from nlot.paths.quadrature import Quadrature
from nlot.paths.splines import CubicSpline
from nlot.training.loop import Step, Trainee, iterate
from nlot.training.microbatch import mean_and_grad
from nlot.training.progress import Reporter

# A network after a step, and the loss and the norm of its gradient before.
Fitted = tuple[Trainee, Float[Array, ""], Float[Array, ""]]


def build_quadrature(config: AlgorithmConfig) -> Quadrature:
    """The action rule that a run trains with."""
    rule, spline = config.quadrature, CubicSpline(config.knots)
    return Quadrature(spline, rule.points, rule.rule)


def trainees(
    potential: Any, map_: Any, spline: Any, config: AlgorithmConfig
) -> tuple[Trainee, Trainee, Trainee]:
    """The three networks before their first step."""
    steps = config.steps
    # The spline's step count includes pre-training.
    whole = config.pretraining.steps + steps
    return (
        Trainee.start(potential, config.potential_optimiser, steps),
        Trainee.start(map_, config.map_optimiser, steps),
        Trainee.start(spline, config.spline_optimiser, whole),
    )


def fit_spline(
    spline: Trainee,
    quadrature: Quadrature,
    lagrangian: AbstractLagrangian,
    x: Float[Array, "n d"],
    y: Float[Array, "n d"],
    loss: Callable[..., Array] = spline_loss,
) -> Fitted:
    """One step of the spline network on eq. 19, for paths from `x` to `y`."""
    value, gradient = mean_and_grad(
        lambda n, a, b: loss(n, quadrature, lagrangian, a, b),
        spline.model,
        x,
        y,
    )
    return spline.descend(gradient), value, optax.tree.norm(gradient)


def alternate(
    state: Any,
    pretraining: tuple[Step, Any],
    training: tuple[Step, Any],
    config: Any,
    key: PRNGKeyArray,
    report: Reporter,
) -> Any:
    """Fit `state.spline` alone, then take the steps of the algorithm.

    **Arguments:** `pretraining` and `training` are step functions of `state.spline` and
    of `state`, each with its fixed argument (see `nlot.training.loop.iterate`);
    `config` has the numbers of steps; `key` is that of all draws.
    """
    report.start(config.pretraining.steps + config.steps, config.report_every)
    spline = iterate(
        pretraining[0],
        state.spline,
        pretraining[1],
        jax.random.fold_in(key, 0),
        phase="pretraining",
        steps=config.pretraining.steps,
        report=report,
    )
    spline = eqx.tree_at(lambda s: s.step, spline, jnp.array(0))
    return iterate(
        training[0],
        eqx.tree_at(lambda s: s.spline, state, spline),
        training[1],
        jax.random.fold_in(key, 1),
        phase="training",
        steps=config.steps,
        report=report,
    )
