r"""`nlot_plus`: the networks of Algorithm 1, trained through exact discrete couplings.

Our own method, not the paper's. Four stages, compiled in chunks; only assignments run
on the host.

1. *Paths.* The spline network learns paths of least action between independent pairs of
   source and target points, on a quadrature whose nodes move from step to step.
2. *Couplings.* All pairs of n source and n target points are priced with the amortised
   paths, and optimal transport between them is solved exactly
   (`nlot.discrete.couplings`).
3. *Regression.* The map network is fitted to a pool of such couplings, the potential
   network to their dual variables.
4. *Polish.* The map minimises the augmented Lagrangian of the constraint $T_\#μ = ν$,
   $E[c(x, T(x)) - g(T(x))] + λ W_2^2(T_\#μ, ν)$, while g takes steps of dual ascent.
   The matching behind $W_2^2$ is solved exactly on the host and held fixed for some
   steps: a fixed matching bounds $W_2^2$ from above, so that each round is a
   majorise-minimise step. Without g the map would save action by stopping short of the
   target by about $|∂c/∂y| / 2λ$.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, PRNGKeyArray

from nlot.costs.lagrangians import sigmoid_ramp
from nlot.discrete.couplings import Coupling, couple
from nlot.methods.losses import heads_gaps, heads_loss
from nlot.methods.nlot_plus.augmented_lagrangian import polish
from nlot.methods.nlot_plus.config import Config
from nlot.networks.amortised import (
    MapNetwork,
    Networks,
    PotentialNetwork,
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
    return build_networks(problem.dimension, problem.bounds, config, key=key)


def build_quadrature(problem: Transport, config: Config) -> MovingQuadrature:
    """The action rule that a run trains with."""
    rule, spline = config.quadrature, CubicSpline(config.knots)
    return MovingQuadrature(spline, rule.points, rule.offsets, problem.horizon)


def train(
    problem: Transport, config: Config, key: PRNGKeyArray, report: Reporter
) -> tuple[Networks, list[dict[str, Any]]]:
    """Run all stages; arguments, results and errors are those in `nlot.methods`."""
    keys = jax.random.split(key, 5)
    networks = build(problem, config, key=keys[0])
    sampler = Sampler(problem, build_quadrature(problem, config), config.sampling)
    polish_steps = config.polish.rounds * config.polish.steps
    report.start(
        config.paths.steps + config.regression.steps + polish_steps,
        config.report_every,
    )
    paths = iterate(
        _path_step,
        Trainee.start(
            networks.spline.nearly_straight(problem.shift),
            config.paths.optimiser,
            config.paths.steps,
        ),
        (sampler, config),
        keys[1],
        phase="paths",
        steps=config.paths.steps,
        report=report,
    )
    coupling = couple(
        problem,
        paths.averaged,
        sampler.quadrature.at(config.quadrature.offsets // 2),
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
        (sampler, coupling, config),
        keys[3],
        phase="regression",
        report=report,
        decay=config.average,
    )
    map_, potential = regressed.averaged
    networks = Networks(potential=potential, map=map_, spline=paths.averaged)
    networks = polish(sampler, networks, config, keys[4], report)
    return networks, report.history


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
        lambda n: heads_loss(n, quadrature, lagrangian, x, y) / sampler.unit
    )(trainee.model)
    trainee = trainee.descend(gradient).average(config.average)
    return trainee, {"spline": loss * sampler.unit}


def regression_loss(
    models: tuple[MapNetwork, PotentialNetwork],
    fixed: tuple[Sampler, Coupling, Config],
    key: PRNGKeyArray,
) -> tuple[Array, Log]:
    """Stage 3: misfit of map and potential on a batch of coupled points.

    The log has both terms in the units of the problem.
    """
    (map_, potential), (sampler, coupling, config) = models, fixed
    settings, unit = config.regression, sampler.unit
    near = settings.huber * sampler.problem.bounds
    pick = jax.random.randint(key, (settings.batch,), 0, len(coupling.x))
    batch = jax.tree.map(lambda leaf: leaf[pick], coupling)
    gaps = heads_gaps(map_, batch.x, batch.y, near)
    # Pairs across a jump of the map count linearly, so that it stays sharp.
    far = near**2 * (jnp.sqrt(1 + gaps / near**2) - 1)
    dual = (jax.vmap(potential)(batch.y) - batch.dual) ** 2
    # The models share no weight: Adam makes their relative scale irrelevant.
    loss = jnp.mean(far) / unit + jnp.mean(dual) / unit**2
    return loss, {"map": jnp.mean(far), "potential": jnp.mean(dual)}
