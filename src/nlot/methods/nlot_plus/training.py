r"""`nlot_plus`: the networks of Algorithm 1, trained through exact discrete couplings.

Our own method, not the paper's. Five stages, compiled in chunks; only assignments run
on the host.

1. *Paths.* The spline network learns paths of least action between independent pairs of
   source and target points, on a quadrature whose nodes move from step to step. Costs
   are then put in units of the kinetic energy along them (`kinetic_unit`).
2. *Couplings.* All pairs of n source and n target points are priced with the amortised
   paths, and optimal transport between them is solved exactly
   (`nlot.discrete.couplings`).
3. *Regression.* Map and potential network start at the optimal map between Gaussians
   with the moments of the measures (`nlot.methods.nlot_plus.start`). The map network is
   fitted to a pool of such couplings, the potential network to their dual variables.
   Where the start is better, they are put back to it.
4. *Polish.* The map minimises the augmented Lagrangian of the constraint $T_\#μ = ν$,
   $E[c(x, T(x)) - g(T(x))] + λ W_2^2(T_\#μ, ν)$, while g takes steps of dual ascent.
   The matching behind $W_2^2$ is solved exactly on the host and held fixed for some
   steps: a fixed matching bounds $W_2^2$ from above, so that each round is a
   majorise-minimise step. Without g the map would save action by stopping short of the
   target by about $|∂c/∂y| / 2λ$. The weight λ is smaller the noisier matchings are.

5. *Ascent.* The potential climbs the dual objective of Algorithm 1, with c-transforms
   along the learned paths from where the map points to. What g learned before made the
   map reach the target, and was a noisy potential.

A fifth of given samples is set apart, to select by
(`nlot.methods.nlot_plus.validation`).
"""

from dataclasses import replace
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, PRNGKeyArray

from nlot.costs.lagrangians import sigmoid_ramp
from nlot.discrete.couplings import Coupling, couple
from nlot.methods.ctransform import refine
from nlot.methods.losses import heads_gaps, heads_loss, potential_loss
from nlot.methods.nlot_plus.augmented_lagrangian import polish
from nlot.methods.nlot_plus.config import Config
from nlot.methods.nlot_plus.start import at_moments, with_skips
from nlot.methods.nlot_plus.units import kinetic_unit
from nlot.methods.nlot_plus.validation import apart, has_samples, shortfall
from nlot.networks.amortised import (
    MapNetwork,
    Networks,
    PotentialNetwork,
    SplineNetwork,
    build_networks,
)
from nlot.paths.quadrature import MovingQuadrature
from nlot.paths.splines import CubicSpline
from nlot.problems.sampler import Sampler
from nlot.problems.transport import Transport
from nlot.training.loop import Log, Trainee, fit, iterate
from nlot.training.progress import Reporter


def build(problem: Transport, config: Config, *, key: PRNGKeyArray) -> Networks:
    """Untrained networks for a problem."""
    networks = build_networks(problem.dimension, config, key=key)
    return with_skips(networks, problem.dimension)


def build_quadrature(config: Config) -> MovingQuadrature:
    """The action rule that a run trains with."""
    rule, spline = config.quadrature, CubicSpline(config.knots)
    return MovingQuadrature(spline, rule.points, rule.offsets)


def train(
    problem: Transport, config: Config, key: PRNGKeyArray, report: Reporter
) -> tuple[Networks, list[dict[str, Any]]]:
    """Run all stages; arguments, results and errors are those in `nlot.methods`."""
    keys = jax.random.split(key, 6)
    problem, held_out = apart(problem.training.standard)
    networks = at_moments(build(problem, config, key=keys[0]), problem)
    sampler = Sampler(problem, build_quadrature(config), config.sampling)
    polish_steps = config.polish.rounds * config.polish.steps
    path_steps = 0 if problem.lagrangian.straight else config.paths.steps
    fitted = path_steps + config.regression.steps + config.ascent.steps
    report.start(fitted + polish_steps, config.report_every)
    spline = _paths(networks.spline, sampler, config, keys[1], report)
    rule = sampler.quadrature.middle
    unit = kinetic_unit(sampler, spline, rule)
    problem, held_out = (replace(p, unit=unit).standard for p in (problem, held_out))
    sampler = replace(sampler, problem=problem)
    with report.busy(f"coupling {config.couplings.points} points"):
        coupling = couple(
            problem,
            spline,
            rule,
            number=config.couplings.number,
            points=config.couplings.points,
            tie_breaking=config.couplings.tie_breaking,
            sampling=config.sampling,
            key=keys[2],
        )
    regressed = fit(
        regression_loss,
        (networks.map, networks.potential),
        config.regression,
        (coupling, config),
        keys[3],
        phase="regression",
        report=report,
        decay=config.average,
    )
    # Where couplings of samples say little about the measures, as in high dimension,
    # networks learn them by heart, and the start is better.
    start = Networks(networks.potential, networks.map, spline)
    map_, potential = regressed.averaged
    learned = Networks(potential, map_, spline)
    networks = min(start, learned, key=lambda n: float(shortfall(n, rule, held_out)))
    networks = polish(sampler, networks, config, keys[4], report, held_out)
    networks = _ascended(networks, sampler, held_out, config, keys[5], report)
    in_given_units = networks.potential.times(unit)
    return replace(networks, potential=in_given_units), report.history


def _paths(
    network: SplineNetwork,
    sampler: Sampler,
    config: Config,
    key: PRNGKeyArray,
    report: Reporter,
) -> SplineNetwork:
    """Stage 1, which has nothing to learn where paths are straight."""
    problem = sampler.problem
    if problem.lagrangian.straight:
        return network.straight()
    return iterate(
        _path_step,
        Trainee.start(
            network.nearly_straight(problem.shift),
            config.paths.optimiser,
            config.paths.steps,
        ),
        (sampler, config),
        key,
        phase="paths",
        steps=config.paths.steps,
        report=report,
    ).averaged


def _path_step(
    trainee: Trainee, fixed: tuple[Sampler, Config], key: PRNGKeyArray
) -> tuple[Trainee, Log]:
    """Stage 1: towards least action between independent pairs."""
    sampler, config = fixed
    offset, pairs = jax.random.split(jax.random.fold_in(key, trainee.step))
    x, y = sampler.pairs(pairs, config.paths.batch)
    ramp = sigmoid_ramp(trainee.step, config.paths.annealing_steps)
    quadrature = sampler.quadrature.at_random(offset)
    lagrangian = sampler.problem.lagrangian.anneal(ramp)
    loss, gradient = eqx.filter_value_and_grad(
        lambda n: heads_loss(n, quadrature, lagrangian, x, y)
    )(trainee.model)
    trainee = trainee.descend(gradient).average(config.average)
    return trainee, {"spline": loss}


def regression_loss(
    models: tuple[MapNetwork, PotentialNetwork],
    fixed: tuple[Coupling, Config],
    key: PRNGKeyArray,
) -> tuple[Array, Log]:
    """Stage 3: misfit of map and potential on a batch of coupled points."""
    (map_, potential), (coupling, config) = models, fixed
    settings = config.regression
    near = settings.huber
    pick = jax.random.randint(key, (settings.batch,), 0, len(coupling.x))
    batch = jax.tree.map(lambda leaf: leaf[pick], coupling)
    gaps = heads_gaps(map_, batch.x, batch.y, near)
    # Pairs across a jump of the map count linearly, so that it stays sharp.
    far = near**2 * (jnp.sqrt(1 + gaps / near**2) - 1)
    dual = (jax.vmap(potential)(batch.y) - batch.dual) ** 2
    # The models share no weight: Adam makes their relative scale irrelevant.
    loss = jnp.mean(far) + jnp.mean(dual)
    return loss, {"map": jnp.mean(far), "potential": jnp.mean(dual)}


def _ascended(
    networks: Networks,
    sampler: Sampler,
    held_out: Transport,
    config: Config,
    key: PRNGKeyArray,
    report: Reporter,
) -> Networks:
    """Stage 5; the networks as they were if they fall short by less without it."""
    ascended = fit(
        ascent_loss,
        networks.potential,
        config.ascent,
        (networks, sampler, config),
        key,
        phase="ascent",
        report=report,
        decay=config.average,
    )
    learned = replace(networks, potential=ascended.averaged)
    if not has_samples(sampler.problem):
        return learned
    rule = sampler.quadrature.middle
    return min(networks, learned, key=lambda n: float(shortfall(n, rule, held_out)))


def ascent_loss(
    potential: PotentialNetwork,
    fixed: tuple[Networks, Sampler, Config],
    key: PRNGKeyArray,
) -> tuple[Array, Log]:
    """Stage 5: the negative dual objective on a fresh batch."""
    networks, sampler, config = fixed
    problem, settings = sampler.problem, config.ascent
    x, y = sampler.pairs(key, settings.batch)
    still = replace(networks, potential=jax.lax.stop_gradient(potential))
    place = still, sampler.quadrature.middle, problem, problem.lagrangian
    best = refine(*place, settings.ctransform, x).y
    loss = potential_loss(potential, y, best)
    return loss, {"dual": -loss}
