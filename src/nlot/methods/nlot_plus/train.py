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
   steps: a fixed matching bounds $W_2^2$ from above, so that each round majorises and
   minimises. Without g the map would gain action by falling short of the target by
   about $|∂c/∂y| / 2λ$.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.config import NLOTPlusConfig
from nlot.costs.lagrangians import sigmoid_ramp
from nlot.discrete.couplings import Coupling, couple
from nlot.methods.losses import spline_loss
from nlot.methods.nlot_plus.augmented_lagrangian import polish
from nlot.networks.amortised import (
    MapNetwork,
    Networks,
    PotentialNetwork,
    SplineNetwork,
    build_networks,
)
from nlot.paths.quadrature import MovingQuadrature
from nlot.paths.splines import CubicSpline
from nlot.problems.sampler import Problem
from nlot.problems.transport import Task
from nlot.training.loop import Log, Trainee, compiled, optimiser, run_chunks
from nlot.training.progress import Reporter


def transport(
    networks: Networks, task: Task, config: NLOTPlusConfig, x: Float[Array, " d"]
) -> Float[Array, " d"]:
    """The learned map at `x`: the map network itself."""
    return networks.map(x)


def train(
    task: Task, config: NLOTPlusConfig, key: PRNGKeyArray, report: Reporter
) -> tuple[Networks, list[dict[str, Any]]]:
    """Run all stages; returns the averaged networks and one history record a chunk.

    Raises `nlot.training.loop.DivergenceError` when a loss stops being finite.
    """
    keys = jax.random.split(key, 5)
    networks = build_networks(task.dimension, task.bounds, config, key=keys[0])
    problem = Problem(task, build_quadrature(task, config), config.sampling)
    polish_steps = config.polish.rounds * config.polish.steps
    report.start(config.paths.steps + config.regression.steps + polish_steps)

    spline, history = _learn_paths(problem, networks.spline, config, keys[1], report)
    coupling = couple(
        task,
        spline,
        problem.quadrature.at(config.quadrature.offsets // 2),
        config.couplings,
        config.sampling,
        key=keys[2],
    )
    (map_, potential), more = _regress(
        problem, networks, coupling, config, keys[3], report
    )
    history += more
    networks = Networks(potential=potential, map=map_, spline=spline)
    networks, more = polish(problem, networks, config, keys[4], report)
    return networks, history + more


def build_quadrature(task: Task, config: NLOTPlusConfig) -> MovingQuadrature:
    """The action rule that a run trains with."""
    rule = config.quadrature
    spline = CubicSpline(config.knots)
    return MovingQuadrature(spline, rule.points, rule.offsets, task.horizon)


def _learn_paths(
    problem: Problem,
    network: SplineNetwork,
    config: NLOTPlusConfig,
    key: PRNGKeyArray,
    report: Reporter,
) -> tuple[SplineNetwork, list[dict[str, Any]]]:
    """Stage 1."""
    settings = config.paths
    transformation = optimiser(settings.optimiser, settings.steps)

    def step(
        trainee: Trainee, problem: Problem, key: PRNGKeyArray
    ) -> tuple[Trainee, Log]:
        offset, pairs = jax.random.split(jax.random.fold_in(key, trainee.step))
        x, y = problem.pairs(pairs, settings.batch)
        ramp = sigmoid_ramp(trainee.step, settings.annealing_steps)
        quadrature = problem.quadrature.at_random(offset)
        lagrangian = problem.task.lagrangian.anneal(ramp)
        loss, gradient = eqx.filter_value_and_grad(
            lambda n: spline_loss(n, quadrature, lagrangian, x, y) / problem.unit
        )(trainee.model)
        trainee = trainee.descend(transformation, gradient).average(config.average)
        return trainee, {"spline": loss * problem.unit}

    trainee, history = run_chunks(
        compiled(step, problem, key),
        Trainee.start(network.nearly_straight(), transformation),
        phase="paths",
        steps=settings.steps,
        chunk=config.report_every,
        report=report,
    )
    return trainee.averaged, history


def _regress(
    problem: Problem,
    networks: Networks,
    coupling: Coupling,
    config: NLOTPlusConfig,
    key: PRNGKeyArray,
    report: Reporter,
) -> tuple[tuple[MapNetwork, PotentialNetwork], list[dict[str, Any]]]:
    """Stage 3: map and potential networks fitted to discrete couplings."""
    settings = config.regression
    transformation = optimiser(settings.optimiser, settings.steps)
    near = settings.huber * problem.task.bounds

    def objective(
        models: tuple[MapNetwork, PotentialNetwork], batch: Coupling, unit: float
    ) -> tuple[Array, tuple[Array, Array]]:
        map_, potential = models
        gap = jax.vmap(map_)(batch.x) - batch.y
        # Pairs across a jump of the map count linearly, so that it stays sharp.
        far = near**2 * (jnp.sqrt(1 + jnp.sum(gap**2, -1) / near**2) - 1)
        dual = (jax.vmap(potential)(batch.y) - batch.dual) ** 2
        # The models share no weight: Adam makes their relative scale irrelevant.
        loss = jnp.mean(far) / unit + jnp.mean(dual) / unit**2
        return loss, (jnp.mean(far), jnp.mean(dual))

    def step(
        trainee: Trainee, fixed: tuple[Problem, Coupling], key: PRNGKeyArray
    ) -> tuple[Trainee, Log]:
        problem, coupling = fixed
        draw = jax.random.fold_in(key, trainee.step)
        pick = jax.random.randint(draw, (settings.batch,), 0, len(coupling.x))
        batch = jax.tree.map(lambda leaf: leaf[pick], coupling)
        (_, (far, dual)), gradient = eqx.filter_value_and_grad(objective, has_aux=True)(
            trainee.model, batch, problem.unit
        )
        trainee = trainee.descend(transformation, gradient).average(config.average)
        return trainee, {"map": far, "potential": dual}

    trainee, history = run_chunks(
        compiled(step, (problem, coupling), key),
        Trainee.start((networks.map, networks.potential), transformation),
        phase="regression",
        steps=settings.steps,
        chunk=config.report_every,
        report=report,
        offset=config.paths.steps,
    )
    return trainee.averaged, history
