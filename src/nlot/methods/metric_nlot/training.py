r"""Algorithm 2 of the paper: a metric learned from a sequence of measures.

$\min_ϑ \max_{θ_1 \dots θ_{K-1}} \frac1{K-1} \sum_i ℓ_{dual}(θ_i; ρ_i, ρ_{i+1}, ϑ)$
(eq. 24) by alternating steps.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.costs.lagrangians import Riemannian, sigmoid_ramp
from nlot.methods.metric_nlot.config import Config
from nlot.methods.metric_nlot.step import (
    Fixed,
    State,
    flat,
    neighbours,
    refine,
    step,
)
from nlot.methods.spline_steps import fit_spline
from nlot.networks.pairwise import Frame, PairNetworks, build_pair_networks
from nlot.networks.rotation import Blend
from nlot.paths.quadrature import Quadrature
from nlot.paths.splines import CubicSpline
from nlot.problems.sequence import Outline, Sequence
from nlot.training.loop import Log, Trainee, iterate
from nlot.training.progress import Reporter


def build(
    problem: Sequence | Outline, config: Config, *, key: PRNGKeyArray
) -> PairNetworks:
    """Untrained networks for a sequence, in frames that are still to be set."""
    return build_pair_networks(
        problem, config, config.metric, config.potential, key=key
    )


def build_quadrature(config: Config) -> Quadrature:
    """The action rule that a run trains with."""
    rule = config.quadrature
    return Quadrature(CubicSpline(config.knots), rule.points, rule.rule)


def transport(
    networks: PairNetworks,
    config: Config,
    bounds: float,
    pair: Array,
    x: Float[Array, " d"],
) -> Float[Array, " d"]:
    """The learned map from measure `pair` to the next: the c-transform at `x`.

    `bounds` is the half-width of a cube round the origin in which images lie.
    """
    return refine(
        *networks.pair(pair),
        networks.spline,
        build_quadrature(config),
        Riemannian(networks.metric),
        bounds,
        config.transport,
        x,
    ).y


def train(
    problem: Sequence, config: Config, key: PRNGKeyArray, report: Reporter
) -> tuple[PairNetworks, list[dict[str, Any]]]:
    """Run Algorithm 2.

    Arguments and results are those in `nlot.methods`. Raises
    `nlot.training.loop.DivergenceError` when a loss stops being finite.
    """
    start, data = jax.random.split(key)
    networks = build(problem, config, key=start)
    fixed = Fixed(
        sequence=problem,
        frames=Frame.of(problem, config.metric.eigenvalues[1]),
        quadrature=build_quadrature(config),
        bounds=jnp.array(problem.bounds, jnp.float32),
        half_width=jnp.array(problem.half_width, jnp.float32),
        config=config,
    )
    state = State.start(networks, config)
    report.start(config.pretraining.steps + config.steps, config.report_every)
    first = Blend(
        networks.metric, sigmoid_ramp(-config.isotropic_steps, config.annealing_steps)
    )
    spline = iterate(
        _pretrain,
        state.spline,
        (fixed, first),
        jax.random.fold_in(data, 0),
        phase="pretraining",
        steps=config.pretraining.steps,
        report=report,
    )
    spline = eqx.tree_at(lambda s: s.step, spline, jnp.array(0))
    state = iterate(
        step,
        eqx.tree_at(lambda s: s.spline, state, spline),
        fixed,
        jax.random.fold_in(data, 1),
        phase="training",
        steps=config.steps,
        report=report,
    )
    trained = state.networks(fixed.frames, averaged=config.average > 0)
    return trained, report.history


def _pretrain(
    spline: Trainee, given: tuple[Fixed, Blend], key: PRNGKeyArray
) -> tuple[Trainee, Log]:
    """Fit the spline network on independent pairs, along the first metric."""
    fixed, metric = given
    draw = jax.random.fold_in(key, spline.step)
    x, y = neighbours(fixed.sequence, draw, fixed.config.batch)
    spline, loss, _ = fit_spline(
        spline, fixed.quadrature, Riemannian(metric), flat(x), flat(y)
    )
    return spline.average(0.0), {"spline": loss}
