"""Last stage of `nlot_plus`: augmented Lagrangian of T#μ = ν, with exact matchings."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.discrete.couplings import match
from nlot.methods.losses import heads_gaps, heads_loss, potential_loss
from nlot.methods.nlot_plus.config import Config
from nlot.networks.amortised import MapNetwork, Networks
from nlot.problems.sampler import Sampler
from nlot.training.loop import Log, Trainee, advance, run_chunks
from nlot.training.progress import Reporter


class PolishState(eqx.Module):
    """Three trainees, and the pool of matchings: sources `x`, matched to `goal`."""

    map: Trainee
    potential: Trainee
    spline: Trainee
    x: Float[Array, "pool n d"]
    goal: Float[Array, "pool n d"]

    @classmethod
    def start(cls, networks: Networks, config: Config, dimension: int) -> "PolishState":
        """Networks before their first step, with a pool still to be filled."""
        settings = config.polish
        total = settings.rounds * settings.steps
        empty = jnp.zeros((settings.pool, settings.points, dimension))
        return cls(
            map=Trainee.start(networks.map, settings.map_optimiser, total),
            potential=Trainee.start(
                networks.potential, settings.potential_optimiser, total
            ),
            spline=Trainee.start(networks.spline, settings.spline_optimiser, total),
            x=empty,
            goal=empty,
        )


def polish(
    sampler: Sampler,
    networks: Networks,
    config: Config,
    key: PRNGKeyArray,
    report: Reporter,
) -> Networks:
    """Polish trained networks; returns their averages.

    Raises `nlot.training.loop.DivergenceError` when a loss stops being finite.
    """
    settings = config.polish
    matchings, draws = jax.random.split(key)

    def rounds(state: PolishState, steps: int) -> tuple[PolishState, Log]:
        logs = []
        for _ in range(steps // settings.steps):
            number = int(state.map.step) // settings.steps
            state = rematch(state, sampler, number, matchings)
            state, log = advance(step, state, (sampler, config), draws, settings.steps)
            logs.append(log)
        return state, jax.tree.map(lambda *parts: jnp.concatenate(parts), *logs)

    state = PolishState.start(networks, config, sampler.problem.dimension)
    for slot in range(settings.pool):
        state = rematch(state, sampler, slot, jax.random.fold_in(matchings, 0))
    state = run_chunks(
        rounds,
        state,
        phase="polish",
        steps=settings.rounds * settings.steps,
        chunk=max(report.chunk // settings.steps, 1) * settings.steps,
        report=report,
    )
    averaged = (state.potential.averaged, state.map.averaged, state.spline.averaged)
    return Networks(*averaged)


def step(
    state: PolishState, fixed: tuple[Sampler, Config], key: PRNGKeyArray
) -> tuple[PolishState, Log]:
    """One step of all three networks, on a batch from the pool of matchings.

    `key` is that of the whole stage. Logs the mean action, and the squared gap to the
    goals.
    """
    sampler, config = fixed
    settings, decay = config.polish, config.average
    keys = jax.random.split(jax.random.fold_in(key, state.map.step), 3)
    lagrangian, unit = sampler.problem.lagrangian, sampler.unit
    quadrature = sampler.quadrature.at_random(keys[0])
    d = sampler.problem.dimension
    x, goal = state.x.reshape(-1, d), state.goal.reshape(-1, d)
    pick = jax.random.randint(keys[1], (settings.batch,), 0, len(x))
    x, goal = x[pick], goal[pick]
    moved = jax.vmap(state.map.model)(x)
    # The map's gradient holds the paths' shape fixed (envelope theorem).
    shape = jax.vmap(state.spline.averaged)(x, moved)
    g = jax.vmap(state.potential.model)
    near = config.regression.huber * sampler.problem.bounds

    def lagrange(model: MapNetwork) -> tuple[Array, tuple[Array, Array]]:
        y = jax.vmap(model)(x)
        act = jax.vmap(lambda a, b, c: quadrature(lagrangian, a, b, c))(x, y, shape)
        gap = jnp.mean(heads_gaps(model, x, goal, near))
        penalised = jnp.mean(act) - jnp.mean(g(y)) + settings.marginal_weight * gap
        return penalised / unit, (jnp.mean(act), gap)

    map_gradient, (act, gap) = eqx.filter_grad(lagrange, has_aux=True)(state.map.model)
    potential_gradient = eqx.filter_grad(
        lambda n: potential_loss(n, goal, moved) / unit
    )(state.potential.model)
    # Half of the pairs are the map's own, half independent.
    half = settings.batch // 2
    a, b = sampler.pairs(keys[2], half)
    a, b = jnp.concatenate([x[:half], a]), jnp.concatenate([moved[:half], b])
    spline_gradient = eqx.filter_grad(
        lambda n: heads_loss(n, quadrature, lagrangian, a, b) / unit
    )(state.spline.model)
    new = PolishState(
        map=state.map.descend(map_gradient).average(decay),
        potential=state.potential.descend(potential_gradient).average(decay),
        spline=state.spline.descend(spline_gradient).average(decay),
        x=state.x,
        goal=state.goal,
    )
    return new, {"action": act, "marginal": gap}


def rematch(
    state: PolishState, sampler: Sampler, number: int, key: PRNGKeyArray
) -> PolishState:
    """Replace the oldest matching of the pool by one of fresh samples.

    **Arguments:** `number` counts the matchings before this one; samples are drawn with
    `number` and `key`.
    """
    slots, n, _ = state.x.shape
    x, y = sampler.pairs(jax.random.fold_in(key, number), n)
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
