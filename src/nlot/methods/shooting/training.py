r"""Single shooting of the Euler-Lagrange equations, $\frac{d}{dt} ∂_v L = ∂_x L$.

The acceleration is the solution of $L_{vv} \ddot x = L_x - L_{vx} \dot x - L_{vt}$. An
initial velocity is sought with which the path arrives at its end, from that of the
straight path.
"""

from typing import Any, NamedTuple

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optimistix as optx
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from nlot.costs.lagrangians import AbstractLagrangian
from nlot.methods.geodesics_run import reported
from nlot.methods.shooting.config import Config
from nlot.problems.geodesics import Geodesics
from nlot.training.progress import Reporter

# How far from its end, in distances between the ends, a path is that left the numbers.
_LOST = 1e6


class Shots(NamedTuple):
    """Paths at equally spaced times, their actions, and whether each arrived.

    In single precision: an initial velocity alone would not do, as paths that start
    nearly alike may part exponentially.
    """

    position: Float[Array, "n knots d"]
    velocity: Float[Array, "n knots d"]
    action: Float[Array, " n"]
    converged: Bool[Array, " n"]


def build(problem: Geodesics, config: Config, *, key: PRNGKeyArray) -> Shots:
    """Straight paths."""
    s = jnp.linspace(0, 1, config.knots + 1)[:, None]
    x, y = (
        jnp.asarray(z, jnp.float32)[:, None] for z in (problem.starts, problem.ends)
    )
    velocity = jnp.broadcast_to((y - x) / problem.horizon, (len(x), len(s), x.shape[2]))
    nothing = jnp.zeros(len(x))
    return Shots(x + s * (y - x), velocity, nothing, nothing > 0)


def train(
    problem: Geodesics, config: Config, key: PRNGKeyArray, report: Reporter
) -> tuple[Shots, list[dict[str, Any]]]:
    """Shoot all paths; arguments, results and errors are those in `nlot.methods`."""
    report.start(1, 1)
    with report.busy("shooting"), jax.enable_x64(True):
        ends = (jnp.asarray(z) for z in (problem.starts, problem.ends))
        found = _shoot(problem.lagrangian, problem.horizon, config, *ends)
        position, velocity, action, converged = map(np.asarray, found)
    lost = int((~converged).sum())
    if lost:
        report.say(f"{lost} of {len(converged)} paths did not arrive at their ends")
    history = reported(report, action, converged)
    return Shots(
        jnp.asarray(position, jnp.float32),
        jnp.asarray(velocity, jnp.float32),
        jnp.asarray(action, jnp.float32),
        jnp.asarray(converged),
    ), history


def acceleration(
    lagrangian: AbstractLagrangian,
    t: Float[Array, ""],
    x: Float[Array, " d"],
    v: Float[Array, " d"],
) -> Float[Array, " d"]:
    """That of a stationary path at time `t` with this position and velocity."""

    def momentum(t: Array, x: Array, v: Array) -> Array:
        return jax.grad(lagrangian.at(t), 1)(x, v)

    force = jax.grad(lagrangian.at(t))(x, v)
    still = jnp.ones_like(t), v, jnp.zeros_like(v)
    _, carried = jax.jvp(momentum, (t, x, v), still)
    return jnp.linalg.solve(jax.jacfwd(momentum, 2)(t, x, v), force - carried)


@eqx.filter_jit
def _shoot(
    lagrangian: AbstractLagrangian,
    horizon: float,
    config: Config,
    starts: Float[Array, "n d"],
    ends: Float[Array, "n d"],
) -> tuple[Array, Array, Array, Array]:
    def field(t: Any, state: Any, _: Any) -> Any:
        x, v, _action = state
        return v, acceleration(lagrangian, t, x, v), lagrangian.at(t)(x, v)

    def flight(x: Array, v: Array, saved: diffrax.SaveAt) -> tuple[Any, Any]:
        solved = diffrax.diffeqsolve(
            diffrax.ODETerm(field),
            diffrax.Tsit5(),
            0.0,
            horizon,
            None,
            (x, v, jnp.zeros((), x.dtype)),
            saveat=saved,
            stepsize_controller=diffrax.PIDController(
                rtol=config.integration, atol=config.integration
            ),
            max_steps=config.max_steps,
            adjoint=diffrax.ForwardMode(),
            throw=False,
        )
        return solved.ys, solved.result == diffrax.RESULTS.successful

    def one(x: Array, y: Array) -> tuple[Array, Array, Array, Array]:
        apart = jnp.linalg.norm(y - x)

        def miss(v: Array, _: None) -> Array:
            (position, _, _), flown = flight(x, v, diffrax.SaveAt(t1=True))
            off = (position[0] - y) / apart
            return jnp.where(flown & jnp.isfinite(off), off, _LOST)

        # It goes on until rounding ends it: whether it arrived is seen below.
        shot: optx.Solution = optx.least_squares(
            miss,
            optx.LevenbergMarquardt(rtol=config.tolerance, atol=config.tolerance**2),
            (y - x) / horizon,
            max_steps=config.max_shots,
            throw=False,
        )
        times = jnp.linspace(0.0, horizon, config.knots + 1)
        path, _ = flight(x, shot.value, diffrax.SaveAt(ts=times))
        position, velocity, action = path
        arrived = jnp.linalg.norm(miss(shot.value, None)) <= config.tolerance
        return position, velocity, action[-1], arrived

    return jax.vmap(one)(starts, ends)
