r"""`nlot_plus`: the networks of Algorithm 1, trained through exact discrete couplings.

Our own method, not the paper's. Four stages, compiled in chunks; only assignments run
on the host.

1. *Paths.* The spline network learns paths of least action between independent pairs of
   source and target points, on a quadrature whose nodes move from step to step.
2. *Couplings.* All pairs of n source and n target points are priced with the amortised
   paths, and optimal transport between them is solved exactly (`nlot.couplings`).
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

from nlot.action import MovingQuadrature, Quadrature
from nlot.config import NLOTPlusConfig
from nlot.couplings import Coupling, couple, match
from nlot.lagrangians import AbstractLagrangian, sigmoid_ramp
from nlot.networks import MapNetwork, Networks, PotentialNetwork, SplineNetwork
from nlot.splines import CubicSpline
from nlot.tasks import Task
from nlot.training import (
    Log,
    Reporter,
    Trainee,
    compiled,
    optimiser,
    run_chunks,
)


def transport(
    networks: Networks, task: Task, config: NLOTPlusConfig, x: Float[Array, " d"]
) -> Float[Array, " d"]:
    """The learned map at `x`: the map network itself."""
    return networks.map(x)


def train(
    task: Task, config: NLOTPlusConfig, key: PRNGKeyArray, report: Reporter
) -> tuple[Networks, list[dict[str, Any]]]:
    """Run all stages; returns the averaged networks and one history record a chunk.

    Raises `nlot.training.DivergenceError` when a loss stops being finite.
    """
    keys = jax.random.split(key, 5)
    networks = Networks(task.dimension, task.bounds, config, key=keys[0])
    problem = _Problem(task, build_quadrature(task, config), config.sampling)
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
    networks = eqx.tree_at(
        lambda n: (n.map, n.potential, n.spline), networks, (map_, potential, spline)
    )
    networks, more = _polish(problem, networks, config, keys[4], report)
    return networks, history + more


def build_quadrature(task: Task, config: NLOTPlusConfig) -> MovingQuadrature:
    """The action rule that a run trains with."""
    rule = config.quadrature
    spline = CubicSpline(config.knots)
    return MovingQuadrature(spline, rule.points, rule.offsets, task.horizon)


class _Problem(eqx.Module):
    """What stays fixed during training."""

    task: Task
    quadrature: MovingQuadrature
    sampling: str = eqx.field(static=True)

    @property
    def unit(self) -> float:
        """Losses are divided by this, so that settings suit tasks of any extent."""
        return self.task.bounds**2

    def pairs(self, key: PRNGKeyArray, n: int) -> tuple[Array, Array]:
        source, target = jax.random.split(key)
        return (
            self.task.source.draw(source, n, self.sampling),
            self.task.target.draw(target, n, self.sampling),
        )


def _path_loss(
    network: SplineNetwork,
    quadrature: Quadrature,
    lagrangian: AbstractLagrangian,
    x: Float[Array, "n d"],
    y: Float[Array, "n d"],
    unit: float,
) -> Float[Array, ""]:
    """Mean action of the amortised paths (eq. 19)."""

    def energy(a: Array, b: Array) -> Array:
        return quadrature(lagrangian, a, b, network(a, b))

    return jnp.mean(jax.vmap(energy)(x, y)) / unit


def _learn_paths(
    problem: _Problem,
    network: SplineNetwork,
    config: NLOTPlusConfig,
    key: PRNGKeyArray,
    report: Reporter,
) -> tuple[SplineNetwork, list[dict[str, Any]]]:
    """Stage 1."""
    settings = config.paths
    transformation = optimiser(settings.optimiser, settings.steps)

    def step(trainee: Trainee, problem: _Problem) -> tuple[Trainee, Log]:
        offset, pairs = jax.random.split(jax.random.fold_in(key, trainee.step))
        x, y = problem.pairs(pairs, settings.batch)
        ramp = sigmoid_ramp(trainee.step, settings.annealing_steps)
        loss, gradient = eqx.filter_value_and_grad(_path_loss)(
            trainee.model,
            problem.quadrature.at_random(offset),
            problem.task.lagrangian.anneal(ramp),
            x,
            y,
            problem.unit,
        )
        trainee = trainee.descend(transformation, gradient, config.average)
        return trainee, {"spline": loss * problem.unit}

    trainee, history = run_chunks(
        compiled(step, problem),
        Trainee.start(network.nearly_straight(), transformation),
        phase="paths",
        steps=settings.steps,
        chunk=config.report_every,
        report=report,
    )
    return trainee.averaged, history


def _regress(
    problem: _Problem,
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

    def step(trainee: Trainee, fixed: tuple[_Problem, Coupling]) -> tuple[Trainee, Log]:
        problem, coupling = fixed
        draw = jax.random.fold_in(key, trainee.step)
        pick = jax.random.randint(draw, (settings.batch,), 0, len(coupling.x))
        batch = jax.tree.map(lambda leaf: leaf[pick], coupling)
        (_, (far, dual)), gradient = eqx.filter_value_and_grad(objective, has_aux=True)(
            trainee.model, batch, problem.unit
        )
        trainee = trainee.descend(transformation, gradient, config.average)
        return trainee, {"map": far, "potential": dual}

    trainee, history = run_chunks(
        compiled(step, (problem, coupling)),
        Trainee.start((networks.map, networks.potential), transformation),
        phase="regression",
        steps=settings.steps,
        chunk=config.report_every,
        report=report,
        offset=config.paths.steps,
    )
    return trainee.averaged, history


class _Polished(eqx.Module):
    """State of stage 4: three trainees and the pool of matchings."""

    map: Trainee
    potential: Trainee
    spline: Trainee
    x: Float[Array, "pool n d"]
    goal: Float[Array, "pool n d"]


def _polish(
    problem: _Problem,
    networks: Networks,
    config: NLOTPlusConfig,
    key: PRNGKeyArray,
    report: Reporter,
) -> tuple[Networks, list[dict[str, Any]]]:
    """Stage 4."""
    settings = config.polish
    total = settings.rounds * settings.steps
    map_update = optimiser(settings.map_optimiser, total)
    potential_update = optimiser(settings.potential_optimiser, total)
    spline_update = optimiser(settings.spline_optimiser, total)
    matchings, draws = jax.random.split(key)

    def step(state: _Polished, problem: _Problem) -> tuple[_Polished, Log]:
        keys = jax.random.split(jax.random.fold_in(draws, state.map.step), 3)
        lagrangian, unit = problem.task.lagrangian, problem.unit
        quadrature = problem.quadrature.at_random(keys[0])
        d = problem.task.dimension
        x, goal = state.x.reshape(-1, d), state.goal.reshape(-1, d)
        pick = jax.random.randint(keys[1], (settings.batch,), 0, len(x))
        x, goal = x[pick], goal[pick]
        moved = jax.vmap(state.map.model)(x)
        # The map's gradient holds the paths' shape fixed (envelope theorem).
        shape = jax.vmap(state.spline.averaged)(x, moved)
        g = jax.vmap(state.potential.model)

        def lagrange(model: MapNetwork) -> tuple[Array, tuple[Array, Array]]:
            y = jax.vmap(model)(x)
            act = jax.vmap(lambda a, b, c: quadrature(lagrangian, a, b, c))(x, y, shape)
            gap = jnp.mean(jnp.sum((y - goal) ** 2, -1))
            penalised = jnp.mean(act) - jnp.mean(g(y)) + settings.marginal_weight * gap
            return penalised / unit, (jnp.mean(act), gap)

        def ascent(model: PotentialNetwork) -> Array:
            h = jax.vmap(model)
            return (jnp.mean(h(moved)) - jnp.mean(h(goal))) / unit

        (_, (act, gap)), map_gradient = eqx.filter_value_and_grad(
            lagrange, has_aux=True
        )(state.map.model)
        # Half of the pairs are the map's own, half independent.
        half = settings.batch // 2
        a, b = problem.pairs(keys[2], half)
        spline_gradient = eqx.filter_grad(_path_loss)(
            state.spline.model,
            quadrature,
            lagrangian,
            jnp.concatenate([x[:half], a]),
            jnp.concatenate([moved[:half], b]),
            unit,
        )
        new = _Polished(
            map=state.map.descend(map_update, map_gradient, config.average),
            potential=state.potential.descend(
                potential_update,
                eqx.filter_grad(ascent)(state.potential.model),
                config.average,
            ),
            spline=state.spline.descend(spline_update, spline_gradient, config.average),
            x=state.x,
            goal=state.goal,
        )
        return new, {"action": act, "marginal": gap}

    advance = compiled(step, problem)

    def rounds(state: _Polished, steps: int) -> tuple[_Polished, Log]:
        logs = []
        for _ in range(steps // settings.steps):
            number = int(state.map.step) // settings.steps
            state = _rematch(state, problem, number, matchings)
            state, log = advance(state, settings.steps)
            logs.append(log)
        return state, jax.tree.map(lambda *parts: jnp.concatenate(parts), *logs)

    empty = jnp.zeros((settings.pool, settings.points, problem.task.dimension))
    state = _Polished(
        map=Trainee.start(networks.map, map_update),
        potential=Trainee.start(networks.potential, potential_update),
        spline=Trainee.start(networks.spline, spline_update),
        x=empty,
        goal=empty,
    )
    for slot in range(settings.pool):
        state = _rematch(state, problem, slot, jax.random.fold_in(matchings, 0))
    state, history = run_chunks(
        rounds,
        state,
        phase="polish",
        steps=total,
        chunk=max(config.report_every // settings.steps, 1) * settings.steps,
        report=report,
        offset=config.paths.steps + config.regression.steps,
    )
    best = (state.map.averaged, state.potential.averaged, state.spline.averaged)
    return (
        eqx.tree_at(lambda n: (n.map, n.potential, n.spline), networks, best),
        history,
    )


def _rematch(
    state: _Polished, problem: _Problem, number: int, key: PRNGKeyArray
) -> _Polished:
    """Replace the oldest matching of the pool by one of fresh samples."""
    slots, n, _ = state.x.shape
    x, y = problem.pairs(jax.random.fold_in(key, number), n)
    goal = y[match(_images(state.map.averaged, x), y)]
    slot = number % slots
    return eqx.tree_at(
        lambda s: (s.x, s.goal),
        state,
        (state.x.at[slot].set(x), state.goal.at[slot].set(goal)),
    )


@eqx.filter_jit
def _images(model: MapNetwork, x: Float[Array, "n d"]) -> Float[Array, "n d"]:
    return jax.vmap(model)(x)
