"""Last stage of `nlot_plus`: augmented Lagrangian of T#μ = ν, with exact matchings."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.config import NLOTPlusConfig
from nlot.discrete.couplings import match
from nlot.methods.losses import spline_loss
from nlot.networks.amortised import MapNetwork, Networks, PotentialNetwork
from nlot.problems.sampler import Problem
from nlot.training.loop import Log, Trainee, compiled, optimiser, run_chunks
from nlot.training.progress import Reporter


class PolishState(eqx.Module):
    """Three trainees and the pool of matchings: sources, and where they are to go."""

    map: Trainee
    potential: Trainee
    spline: Trainee
    x: Float[Array, "pool n d"]
    goal: Float[Array, "pool n d"]


def polish(
    problem: Problem,
    networks: Networks,
    config: NLOTPlusConfig,
    key: PRNGKeyArray,
    report: Reporter,
) -> tuple[Networks, list[dict[str, Any]]]:
    """Polish trained networks; returns their averages and a history record a chunk."""
    settings, decay = config.polish, config.average
    total = settings.rounds * settings.steps
    map_update = optimiser(settings.map_optimiser, total)
    potential_update = optimiser(settings.potential_optimiser, total)
    spline_update = optimiser(settings.spline_optimiser, total)
    matchings, draws = jax.random.split(key)

    def step(
        state: PolishState, problem: Problem, key: PRNGKeyArray
    ) -> tuple[PolishState, Log]:
        keys = jax.random.split(jax.random.fold_in(key, state.map.step), 3)
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
        potential_gradient = eqx.filter_grad(ascent)(state.potential.model)
        # Half of the pairs are the map's own, half independent.
        half = settings.batch // 2
        a, b = problem.pairs(keys[2], half)
        a, b = jnp.concatenate([x[:half], a]), jnp.concatenate([moved[:half], b])
        spline_gradient = eqx.filter_grad(
            lambda n: spline_loss(n, quadrature, lagrangian, a, b) / unit
        )(state.spline.model)
        new = PolishState(
            map=state.map.descend(map_update, map_gradient).average(decay),
            potential=state.potential.descend(
                potential_update, potential_gradient
            ).average(decay),
            spline=state.spline.descend(spline_update, spline_gradient).average(decay),
            x=state.x,
            goal=state.goal,
        )
        return new, {"action": act, "marginal": gap}

    advance = compiled(step, problem, draws)

    def rounds(state: PolishState, steps: int) -> tuple[PolishState, Log]:
        logs = []
        for _ in range(steps // settings.steps):
            number = int(state.map.step) // settings.steps
            state = rematch(state, problem, number, matchings)
            state, log = advance(state, settings.steps)
            logs.append(log)
        return state, jax.tree.map(lambda *parts: jnp.concatenate(parts), *logs)

    empty = jnp.zeros((settings.pool, settings.points, problem.task.dimension))
    state = PolishState(
        map=Trainee.start(networks.map, map_update),
        potential=Trainee.start(networks.potential, potential_update),
        spline=Trainee.start(networks.spline, spline_update),
        x=empty,
        goal=empty,
    )
    for slot in range(settings.pool):
        state = rematch(state, problem, slot, jax.random.fold_in(matchings, 0))
    state, history = run_chunks(
        rounds,
        state,
        phase="polish",
        steps=total,
        chunk=max(config.report_every // settings.steps, 1) * settings.steps,
        report=report,
        offset=config.paths.steps + config.regression.steps,
    )
    polished = Networks(
        potential=state.potential.averaged,
        map=state.map.averaged,
        spline=state.spline.averaged,
    )
    return polished, history


def rematch(
    state: PolishState, problem: Problem, number: int, key: PRNGKeyArray
) -> PolishState:
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
