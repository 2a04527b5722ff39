r"""Data generated as by Scarvelis and Solomon (2023): particles along a metric.

Points of neighbouring stations are paired at random. For each pair a separate velocity
field, an MLP v that does not depend on time, is trained so that the neural ODE
$\dot γ = v(γ)$ from $γ(0) = x_0$ minimises (eq. 38)

$$\frac1T \sum_t v(γ_t)^\top A(γ_t) v(γ_t) + λ |γ(1) - x_1|$$

over equally spaced times. The samples at a time are the positions of all particles.
"""

from typing import Any, NamedTuple

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.costs.metrics import AbstractMetric
from nlot.measures.particles import GroupConfig, Particles, VelocityConfig
from nlot.networks.mlp import MLP
from nlot.training.loop import DivergenceError
from nlot.training.microbatch import in_groups
from nlot.training.progress import Reporter

# Pairs trained at a time: more networks would not fit in a CPU's cache.
_PAIRS = 50


class Trajectories(NamedTuple):
    """Particles at equally spaced times, and others held out from training."""

    particles: Float[np.ndarray, "times n d"]
    held_out: Float[np.ndarray, "times m d"]


def generate(
    config: Particles.Config, key: PRNGKeyArray, report: Reporter
) -> Trajectories:
    """All particles of a sequence, in double precision.

    Raises `nlot.training.loop.DivergenceError` if an ODE cannot be solved.
    """
    with jax.enable_x64(True):
        starts, draws = _stations(config, key)
        ends = starts[1:]
        report.start(config.velocity.steps, chunk=1)
        legs = _legs(config, starts[:-1], ends, draws, report)
    # (legs, particles, times, d); the next leg starts at the target of this one.
    path = np.concatenate([leg[:, :-1] for leg in legs] + [legs[-1][:, -1:]], axis=1)
    if config.exact_end:
        path[:, -1] = ends[-1]
    groups = path.reshape(len(config.groups), -1, *path.shape[1:])
    seen, unseen = np.split(groups, [config.particles], axis=1)
    return Trajectories(*(np.concatenate(p).swapaxes(0, 1) for p in (seen, unseen)))


def _stations(
    config: Particles.Config, key: PRNGKeyArray
) -> tuple[Float[np.ndarray, "stations n d"], PRNGKeyArray]:
    """The points of all groups at each station, in random order, and a fresh key."""
    key, networks = jax.random.split(key)
    groups = []
    for group, number in zip(
        config.groups, jax.random.split(key, len(config.groups)), strict=True
    ):
        seen, unseen = jax.random.split(number)
        parts = [
            _station_points(group, config.std, n, k)
            for n, k in ((config.particles, seen), (config.held_out, unseen))
        ]
        groups.append(np.concatenate(parts, axis=1))
    return np.concatenate(groups, axis=1), networks


def _station_points(
    group: GroupConfig, std: float, n: int, key: PRNGKeyArray
) -> Float[np.ndarray, "stations n d"]:
    points = []
    for means, number in zip(
        group.stations, jax.random.split(key, len(group.stations)), strict=True
    ):
        draw, order = jax.random.split(number)
        centres = np.repeat(np.array(means, float), n // len(means), axis=0)
        noise = std * np.asarray(jax.random.normal(draw, (n, centres.shape[1])))
        points.append((centres + noise)[np.asarray(jax.random.permutation(order, n))])
    if group.closed:
        points[-1] = points[0]
    return np.stack(points)


def _legs(
    config: Particles.Config,
    starts: Float[np.ndarray, "legs n d"],
    ends: Float[np.ndarray, "legs n d"],
    key: PRNGKeyArray,
    report: Reporter,
) -> Float[np.ndarray, "legs n times d"]:
    """Trained paths of all pairs of all legs, in one compiled program."""
    settings, d = config.velocity, config.dimension
    fixed = (config.metric.build(), settings, config.intervals)
    x, y = (jnp.asarray(part.reshape(-1, d)) for part in (starts, ends))
    network, update = settings.network, _optimiser(settings)
    fields = eqx.filter_vmap(
        lambda k: MLP(d, d, network.hidden, network.activation, key=k)
    )(jax.random.split(key, len(x)))
    state = eqx.filter_vmap(lambda f: update.init(eqx.filter(f, eqx.is_array)))(fields)
    for number in range(settings.steps):
        fields, state, loss = _step(fields, state, x, y, *fixed)
        if not np.isfinite(loss).all():
            raise DivergenceError(
                f"{report.name}: {int((~np.isfinite(loss)).sum())} of {len(loss)} "
                f"velocity fields have no finite loss at step {number}"
            )
        report(number + 1, {"loss": float(loss.mean())})
    paths = np.asarray(_flows(fields, x, settings, config.intervals))
    return paths.reshape(*starts.shape[:2], config.intervals + 1, d)


def _optimiser(settings: VelocityConfig) -> optax.GradientTransformation:
    return optax.adamw(settings.learning_rate, weight_decay=settings.weight_decay)


def _times(intervals: int) -> Float[Array, " times"]:
    """Equally spaced times, evaluated at compile time."""
    with jax.ensure_compile_time_eval():
        return jnp.linspace(0, 1, intervals + 1)


# All that depends on the seed is an argument, so that seeds share compiled programs.
@eqx.filter_jit
def _step(
    fields: MLP,
    state: Any,
    x: Float[Array, "n d"],
    y: Float[Array, "n d"],
    metric: AbstractMetric,
    settings: VelocityConfig,
    intervals: int,
) -> tuple[MLP, Any, Float[Array, " n"]]:
    """One optimiser step of the velocity fields of all pairs of end points."""
    update, times = _optimiser(settings), _times(intervals)

    def one(field: MLP, state: Any, a: Array, b: Array) -> tuple[MLP, Any, Array]:
        loss, gradient = eqx.filter_value_and_grad(_loss)(
            field, metric, settings, a, b, times
        )
        change, state = update.update(gradient, state, eqx.filter(field, eqx.is_array))
        return eqx.apply_updates(field, change), state, loss

    return in_groups(one, fields, state, x, y, size=_PAIRS)


@eqx.filter_jit
def _flows(
    fields: MLP, x: Float[Array, "n d"], settings: VelocityConfig, intervals: int
) -> Float[Array, "n times d"]:
    times = _times(intervals)
    return eqx.filter_vmap(lambda f, a: integrate(f, settings, a, times))(fields, x)


def _loss(
    field: MLP,
    metric: AbstractMetric,
    settings: VelocityConfig,
    start: Float[Array, " d"],
    end: Float[Array, " d"],
    times: Float[Array, " times"],
) -> Float[Array, ""]:
    path = integrate(field, settings, start, times)

    def kinetic(x: Array) -> Array:
        v = field(x)
        return v @ metric(x) @ v

    gap = jnp.sqrt(jnp.sum((path[-1] - end) ** 2) + 1e-24)
    return jnp.mean(jax.vmap(kinetic)(path)) + settings.end_weight * gap


def integrate(
    field: MLP,
    settings: VelocityConfig,
    start: Float[Array, " d"],
    times: Float[Array, " times"],
) -> Float[Array, "times d"]:
    """Positions at `times` of the flow of `field` from `start`; NaN where it fails."""
    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(lambda t, x, _: field(x)),
        diffrax.Tsit5(),
        times[0],
        times[-1],
        0.1 * (times[-1] - times[0]),
        start,
        saveat=diffrax.SaveAt(ts=times),
        stepsize_controller=diffrax.PIDController(
            rtol=settings.relative_tolerance, atol=settings.absolute_tolerance
        ),
        max_steps=settings.max_steps,
        throw=False,
    )
    solved = solution.result == diffrax.RESULTS.successful
    return jnp.where(solved, solution.ys, jnp.nan)
