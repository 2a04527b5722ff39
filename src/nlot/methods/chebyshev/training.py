r"""Chebyshev paths of least action, by BFGS on their coefficients.

With fixed ends a and b the action $S = \sum_q ω_q L(γ(t_q), \dot γ(t_q))$ is minimised;
with free ends $S + λ(|x_0 - a|^2 + |x_1 - b|^2)$ (Wang and Tabak, 2025, section 2).
"""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optimistix as optx
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from nlot.costs.lagrangians import AbstractLagrangian
from nlot.methods.chebyshev.config import Config
from nlot.methods.geodesics_run import reported
from nlot.paths.chebyshev import Chebyshev
from nlot.paths.polygons import bent
from nlot.paths.quadrature import Quadrature
from nlot.problems.geodesics import Geodesics
from nlot.training.progress import Reporter


class Curves(NamedTuple):
    """Coefficients and moves of the ends, and whether each search converged.

    In single precision, in units of the coordinates.
    """

    coefficients: Float[Array, "n modes d"]
    moved: Float[Array, "n 2 d"]
    converged: Bool[Array, " n"]


def build(problem: Geodesics, config: Config, *, key: PRNGKeyArray) -> Curves:
    """Straight paths."""
    n, d = problem.starts.shape
    moved = jnp.zeros((n, 2, d), jnp.float32)
    coefficients = jnp.zeros((n, config.modes, d), jnp.float32)
    return Curves(coefficients, moved, jnp.zeros(n, bool))


def rule(problem: Geodesics, config: Config) -> Quadrature:
    """The quadrature of the action."""
    space = Chebyshev(config.modes)
    return Quadrature(space, config.nodes, "gauss", problem.horizon)


def train(
    problem: Geodesics, config: Config, key: PRNGKeyArray, report: Reporter
) -> tuple[Curves, list[dict[str, Any]]]:
    """Search the paths; arguments, results and errors are those in `nlot.methods`."""
    report.start(1, 1)
    heights = tuple(share * problem.extent for share in config.bends)
    with report.busy("searching paths"), jax.enable_x64(True):
        ends = (jnp.asarray(z) for z in (problem.starts, problem.ends))
        found = _search(
            problem.lagrangian, rule(problem, config), config, heights, *ends
        )
        coefficients, moved, action, converged = map(np.asarray, found)
    history = reported(report, action, converged)
    single = jnp.asarray(coefficients, jnp.float32), jnp.asarray(moved, jnp.float32)
    return Curves(*single, jnp.asarray(converged)), history


@eqx.filter_jit
def _search(
    lagrangian: AbstractLagrangian,
    quadrature: Quadrature,
    config: Config,
    heights: tuple[float, ...],
    starts: Float[Array, "n d"],
    ends: Float[Array, "n d"],
) -> tuple[Array, Array, Array, Array]:
    """The best path of each pair: coefficients, moves of its ends, action, success."""
    space = Chebyshev(config.modes)
    inner = np.linspace(0, 1, config.nodes + 1)
    # Least squares: a bent path is no polynomial.
    projection = jnp.asarray(np.linalg.pinv(space.position(inner)))

    def action(x: Array, y: Array, free: tuple[Array, Array]) -> Array:
        coefficients, moved = free
        return quadrature(lagrangian, x + moved[0], y + moved[1], coefficients)

    def search(x: Array, y: Array, start: Array) -> tuple[Array, Array, Array, Array]:
        unit = jnp.abs(action(x, y, (start, jnp.zeros((2, len(x))))))

        def objective(free: Any, _: None) -> Array:
            if config.penalty is None:
                return action(x, y, (free, jnp.zeros((2, len(x))))) / unit
            penalty = config.penalty * jnp.sum(free[1] ** 2)
            return (action(x, y, free) + penalty) / unit

        fixed = config.penalty is None
        found: optx.Solution = optx.minimise(
            objective,
            optx.BFGS(rtol=config.tolerance, atol=config.tolerance),
            start if fixed else (start, jnp.zeros((2, len(x)))),
            max_steps=config.max_steps,
            throw=False,
        )
        nothing = jnp.zeros((2, len(x)))
        coefficients, moved = (found.value, nothing) if fixed else found.value
        done = jnp.asarray(found.result == optx.RESULTS.successful)
        return coefficients, moved, objective(found.value, None) * unit, done

    def best(x: Array, y: Array) -> tuple[Array, Array, Array, Array]:
        chord = x + inner[:, None] * (y - x)
        bends = bent(x, y, config.nodes, heights) - chord
        begun = jnp.einsum("kt,std->skd", projection, bends)
        every = jax.vmap(lambda start: search(x, y, start))(begun)
        coefficients, moved, value, done = every
        # One that converged, if any did.
        rank = jnp.where(jnp.isfinite(value), value, jnp.inf)
        most = jnp.argmin(jnp.where(done | ~jnp.any(done), rank, jnp.inf))
        kept = coefficients[most], moved[most]
        return *kept, action(x, y, kept), done[most] & jnp.isfinite(value[most])

    return jax.vmap(best)(starts, ends)
