r"""Algorithm 2 of the paper: a metric learned from a sequence of measures.

$\min_ϑ \max_{θ_1 \dots θ_{K-1}} \frac1{K-1} \sum_i ℓ_{dual}(θ_i; ρ_i, ρ_{i+1}, ϑ)$
(eq. 24) by alternating steps.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.config import MetricNLOTConfig
from nlot.costs.lagrangians import Riemannian, sigmoid_ramp
from nlot.measures.sequences import Sequence
from nlot.methods.metric_nlot.step import (
    Fixed,
    State,
    Updates,
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
from nlot.training.loop import Log, Trainee, compiled, run_chunks
from nlot.training.progress import Reporter


def build_quadrature(config: MetricNLOTConfig) -> Quadrature:
    """The action rule that a run trains with."""
    rule = config.quadrature
    return Quadrature(CubicSpline(config.knots), rule.points, rule.rule)


def transport(
    networks: PairNetworks,
    config: MetricNLOTConfig,
    bounds: float,
    pair: Array,
    x: Float[Array, " d"],
) -> Float[Array, " d"]:
    """The learned map from measure `pair` to the next: the c-transform at `x`."""
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
    sequence: Sequence, config: MetricNLOTConfig, key: PRNGKeyArray, report: Reporter
) -> tuple[PairNetworks, list[dict[str, Any]]]:
    """Run Algorithm 2; returns the networks and one history record a chunk.

    Raises `nlot.training.loop.DivergenceError` when a loss stops being finite.
    """
    start, data = jax.random.split(key)
    networks = build_pair_networks(
        sequence.pairs, sequence.centre, sequence.half_width, config, key=start
    )
    fixed = Fixed(
        sequence=sequence,
        frames=Frame.of(sequence, config.metric.eigenvalues[1]),
        quadrature=build_quadrature(config),
        bounds=jnp.array(sequence.bounds, jnp.float32),
        half_width=jnp.array(sequence.half_width, jnp.float32),
    )
    updates = Updates.of(config)
    report.start(config.pretraining.steps + config.steps)
    first = Blend(
        networks.metric, sigmoid_ramp(-config.isotropic_steps, config.annealing_steps)
    )

    def pretraining(
        spline: Trainee, given: tuple[Fixed, Blend], key: PRNGKeyArray
    ) -> tuple[Trainee, Log]:
        """Fit the spline network on independent pairs, along the first metric."""
        draw = jax.random.fold_in(key, spline.step)
        fixed, metric = given
        x, y = neighbours(fixed.sequence, draw, config.batch)
        spline, loss, _ = fit_spline(
            spline,
            updates.spline,
            fixed.quadrature,
            Riemannian(metric),
            flat(x),
            flat(y),
        )
        return spline.average(0.0), {"spline": loss}

    def training(state: State, fixed: Fixed, key: PRNGKeyArray) -> tuple[State, Log]:
        draw = jax.random.fold_in(key, state.maps.step)
        return step(state, updates, fixed, config, draw)

    spline, history = run_chunks(
        compiled(pretraining, (fixed, first), jax.random.fold_in(data, 0)),
        Trainee.start(networks.spline, updates.spline),
        phase="pretraining",
        steps=config.pretraining.steps,
        chunk=config.report_every,
        report=report,
    )
    state, more = run_chunks(
        compiled(training, fixed, jax.random.fold_in(data, 1)),
        State(
            metric=Trainee.start(networks.metric, updates.metric),
            potentials=Trainee.start(networks.potentials, updates.potentials),
            maps=Trainee.start(networks.maps, updates.maps),
            spline=eqx.tree_at(lambda s: s.step, spline, jnp.array(0)),
        ),
        phase="training",
        steps=config.steps,
        chunk=config.report_every,
        report=report,
        offset=config.pretraining.steps,
    )
    trained = state.networks(fixed.frames, averaged=config.average > 0)
    return trained, history + more
