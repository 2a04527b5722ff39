"""Last stage of `nlot_plus`: augmented Lagrangian of T#μ = ν, with exact matchings."""

import math

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.discrete.couplings import match
from nlot.measures.distributions import AbstractMeasure
from nlot.methods.losses import heads_gaps, heads_loss, potential_loss
from nlot.methods.nlot_plus.config import Config
from nlot.methods.nlot_plus.validation import has_samples, shortfall
from nlot.networks.amortised import MapNetwork, Networks
from nlot.paths.quadrature import Quadrature
from nlot.problems.sampler import Sampler
from nlot.problems.transport import Transport
from nlot.training.loop import Log, Trainee, advance, run_chunks
from nlot.training.progress import Reporter

# Pairs of samples over which their distance is averaged.
_DRAWS = 4
# Matchings between selections.
_ROUNDS = 5
# Squared W2 between samples of the target, as a fraction of its variance, above which
# matchings are debiased; see docs/nlot_plus.md.
_NOISY = 0.01


class PolishState(eqx.Module):
    """Three trainees, and the pool of matchings.

    Sources `x` are matched to targets `y`, and to `others` (see `rematch`). `weight` is
    λ; `best` are the networks selected so far, whose shortfall is `least`.
    """

    map: Trainee
    potential: Trainee
    spline: Trainee
    x: Float[Array, "pool n d"]
    y: Float[Array, "pool n d"]
    others: Float[Array, "pool n d"]
    weight: Float[Array, ""]
    best: Networks
    least: Float[Array, ""]

    @classmethod
    def start(
        cls, networks: Networks, config: Config, dimension: int, weight: float
    ) -> "PolishState":
        """Networks before their first step, with a pool still to be filled."""
        settings = config.polish
        total = settings.rounds * settings.steps
        empty = jnp.zeros((settings.pool, settings.points, dimension))
        # The larger λ, the less the map yields to g, and the farther noise takes g.
        slower = {
            "learning_rate": settings.potential_optimiser.learning_rate
            / math.sqrt(1 + weight)
        }
        return cls(
            map=Trainee.start(networks.map, settings.map_optimiser, total),
            potential=Trainee.start(
                networks.potential,
                settings.potential_optimiser.model_copy(update=slower),
                total,
            ),
            spline=Trainee.start(networks.spline, settings.spline_optimiser, total),
            x=empty,
            y=empty,
            others=empty,
            weight=jnp.array(weight, jnp.float32),
            best=networks,
            least=jnp.array(jnp.finfo(jnp.float32).max),
        )

    @property
    def averaged(self) -> Networks:
        """The average weights of all three."""
        trainees = self.potential, self.map, self.spline
        return Networks(*(trainee.averaged for trainee in trainees))


def polish(
    sampler: Sampler,
    networks: Networks,
    config: Config,
    key: PRNGKeyArray,
    report: Reporter,
    held_out: Transport,
) -> Networks:
    """Polish trained networks; returns their averages.

    Given samples can be learned by heart. Where there are any, the networks with the
    least shortfall on `held_out`, the problem on other samples, are returned.

    Raises `nlot.training.loop.DivergenceError` when a loss stops being finite.
    """
    settings = config.polish
    matchings, draws = jax.random.split(key)
    selecting = has_samples(sampler.problem)
    rule = sampler.quadrature.middle

    def rounds(state: PolishState, steps: int) -> tuple[PolishState, Log]:
        logs = []
        for _ in range(steps // settings.steps):
            number = int(state.map.step) // settings.steps
            with report.busy(f"matching {settings.points} points"):
                state = rematch(state, sampler, number, matchings, debias)
            state, log = advance(step, state, (sampler, config), draws, settings.steps)
            logs.append(log)
            if selecting and number % _ROUNDS == 0:
                state = select(state, rule, held_out)
        return state, jax.tree.map(lambda *parts: jnp.concatenate(parts), *logs)

    target = sampler.problem.target
    floor = noise(target, held_out.target, settings.points)
    noisy = floor > _NOISY * float(jnp.trace(target.covariance))
    debias = noisy and networks.map.heads == 1
    weight = settings.marginal_weight / floor
    state = PolishState.start(networks, config, sampler.problem.dimension, weight)
    if selecting:
        state = select(state, rule, held_out)
    for slot in range(settings.pool):
        with report.busy(f"matching {slot + 1} of {settings.pool} in the pool"):
            first = jax.random.fold_in(matchings, 0)
            state = rematch(state, sampler, slot, first, debias)
    state = run_chunks(
        rounds,
        state,
        phase="polish",
        steps=settings.rounds * settings.steps,
        chunk=max(report.chunk // settings.steps, 1) * settings.steps,
        report=report,
    )
    if selecting:
        return select(state, rule, held_out).best
    return state.averaged


def noise(a: AbstractMeasure, b: AbstractMeasure, n: int) -> float:
    """Mean squared W2 between n draws of each of two samples of the same measure."""
    keys = jax.random.split(jax.random.key(0), (_DRAWS, 2))
    values = []
    for first, second in keys:
        x, y = a.spread(first, n), b.spread(second, n)
        values.append(jnp.mean(jnp.sum((x - y[match(x, y)]) ** 2, -1)))
    return float(jnp.mean(jnp.stack(values)))


def select(state: PolishState, rule: Quadrature, held_out: Transport) -> PolishState:
    """Keep the average networks if they fall short by less than all before."""
    networks = state.averaged
    found = shortfall(networks, rule, held_out)
    if not found < state.least:
        return state
    return eqx.tree_at(lambda s: (s.best, s.least), state, (networks, found))


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
    lagrangian = sampler.problem.lagrangian
    quadrature = sampler.quadrature.at_random(keys[0])
    d = sampler.problem.dimension
    pick = jax.random.randint(keys[1], (settings.batch,), 0, state.x.size // d)
    pools = state.x, state.y, state.others
    x, y, other = (pool.reshape(-1, d)[pick] for pool in pools)
    moved, other = jax.vmap(state.map.model)(x), jax.vmap(state.map.model)(other)
    goal = y + moved - other
    # The map's gradient holds the paths' shape fixed (envelope theorem).
    shape = jax.vmap(state.spline.averaged)(x, moved)
    g = jax.vmap(state.potential.model)
    near = config.regression.huber

    def lagrange(model: MapNetwork) -> tuple[Array, tuple[Array, Array]]:
        z = jax.vmap(model)(x)
        act = jax.vmap(lambda a, b, c: quadrature(lagrangian, a, b, c))(x, z, shape)
        gap = jnp.mean(heads_gaps(model, x, goal, near))
        penalised = jnp.mean(act) - jnp.mean(g(z)) + state.weight * gap
        return penalised, (jnp.mean(act), gap)

    map_gradient, (act, gap) = eqx.filter_grad(lagrange, has_aux=True)(state.map.model)
    potential_gradient = eqx.filter_grad(lambda n: potential_loss(n, y, other))(
        state.potential.model
    )
    spline = state.spline
    if not lagrangian.straight:
        # Half of the pairs are the map's own, half independent.
        half = settings.batch // 2
        a, b = sampler.pairs(keys[2], half)
        a, b = jnp.concatenate([x[:half], a]), jnp.concatenate([moved[:half], b])
        gradient = eqx.filter_grad(
            lambda n: heads_loss(n, quadrature, lagrangian, a, b)
        )(spline.model)
        spline = spline.descend(gradient).average(decay)
    new = eqx.tree_at(
        lambda s: (s.map, s.potential, s.spline),
        state,
        (
            state.map.descend(map_gradient).average(decay),
            state.potential.descend(potential_gradient).average(decay),
            spline,
        ),
    )
    return new, {"action": act, "marginal": gap}


def rematch(
    state: PolishState,
    sampler: Sampler,
    number: int,
    key: PRNGKeyArray,
    debias: bool,
) -> PolishState:
    r"""Replace the oldest matching of the pool by one of fresh samples.

    Half of $W_2^2$ between n images T(x) and n samples y has the gradient T(x) - y(x)
    in the image T(x) that is matched to y(x). In the mean over samples it does not
    vanish at $T_\#μ = ν$: matched samples are nearer to the centre than the images.
    Images T(x') of other samples, matched to T(x), are biased alike. In place of
    T(x) - y, the difference T(x') - y is taken, which vanishes: the gradient of a
    Sinkhorn divergence (Feydy et al., 2019). Without `debias`, x' is x.

    **Arguments:** `number` counts the matchings before this one; samples are drawn with
    `number` and `key`.
    """
    slots, n, _ = state.x.shape
    key = jax.random.fold_in(key, number)
    x, y = sampler.pairs(key, n)
    image = _images(state.map.averaged, x)
    others = x
    if debias:
        others, _ = sampler.pairs(jax.random.fold_in(key, 1), n)
        others = others[match(image, _images(state.map.averaged, others))]
    slot = number % slots
    new = x, y[match(image, y)], others
    pools = state.x, state.y, state.others
    return eqx.tree_at(
        lambda s: (s.x, s.y, s.others),
        state,
        tuple(pool.at[slot].set(v) for pool, v in zip(pools, new, strict=True)),
    )


@eqx.filter_jit
def _images(model: MapNetwork, x: Float[Array, "n d"]) -> Float[Array, "n d"]:
    return jax.vmap(model)(x)
