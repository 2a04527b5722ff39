r"""Kernel paths between ends that are free (Wang and Tabak, 2025, section 3).

Path i runs from $x_i$ to $y_i$; its Chebyshev coefficients are
$c_k(z_i) = \sum_m κ(z_i, z_m) β_{k,m}$, with the samples of the source as anchors z.
Steps on β, x and y minimise $\frac1n \sum_i S_i + λ_0 P_0 + λ_1 P_1$: mean
action, and the disagreement of ends and samples. The gradients of an action at its ends
are the momenta there, $-p(0)$ and $p(1)$.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.costs.lagrangians import AbstractLagrangian
from nlot.discrete.couplings import match
from nlot.methods.kernel_paths.config import Config
from nlot.methods.kernel_paths.penalty import Penalty, deviation
from nlot.paths.chebyshev import Chebyshev
from nlot.paths.quadrature import Quadrature
from nlot.problems.transport import Transport
from nlot.training.loop import Log, Trainee, iterate
from nlot.training.progress import Reporter

# Keeps ratios finite where ends and samples agree, and where nothing need move.
_TINY = 1e-12


class KernelPaths(eqx.Module):
    """Paths, their ends, and the samples that these stand for, in standard coordinates.

    `source[i]` and `target[i]` are where the ends of path i started.
    """

    x: Float[Array, "n d"]
    y: Float[Array, "n d"]
    coefficients: Float[Array, "n modes d"]
    source: Float[Array, "n d"]
    target: Float[Array, "n d"]


class _State(eqx.Module):
    """What steps change: ends, and β with its optimiser."""

    x: Float[Array, "n d"]
    y: Float[Array, "n d"]
    paths: Trainee


class _Fixed(eqx.Module):
    """What they do not: the kernel's matrix is divided by its largest eigenvalue."""

    lagrangian: AbstractLagrangian
    rule: Quadrature
    kernel: Float[Array, "n n"]
    penalties: tuple[Penalty, Penalty]
    config: Config = eqx.field(static=True)


def build(problem: Transport, config: Config, *, key: PRNGKeyArray) -> KernelPaths:
    """Straight paths that are not solved for."""
    ends = jnp.zeros((config.points, problem.dimension))
    modes = jnp.zeros((config.points, config.modes, problem.dimension))
    return KernelPaths(ends, ends, modes, ends, ends)


def train(
    problem: Transport, config: Config, key: PRNGKeyArray, report: Reporter
) -> tuple[KernelPaths, list[dict[str, Any]]]:
    """Solve for samples; arguments, results and errors are those in `nlot.methods`."""
    problem = problem.training
    x, y = map(problem.frame.inward, problem.sample(key, config.points))
    return solve(problem.standard, config, x, y, key, report), report.history


def solve(
    problem: Transport,
    config: Config,
    x: Float[Array, "n d"],
    y: Float[Array, "n d"],
    key: PRNGKeyArray,
    report: Reporter,
) -> KernelPaths:
    """Paths between given samples, which are paired as `config.start` says.

    **Arguments:** the problem and the samples in standard coordinates, settings, the
    key of random pairs, and a reporter.

    Raises `nlot.training.loop.DivergenceError` if an action stops being finite.
    """
    report.start(config.warm_up + config.steps, config.report_every)
    if config.start == "random":
        y = jax.random.permutation(key, y)
    if config.start == "euclidean":
        y = y[match(x, y)]
    rule = Quadrature(Chebyshev(config.modes), config.nodes, "gauss")
    kernel = _kernel(x, config.bandwidth * deviation(x))
    penalties = Penalty.of(config.features, x), Penalty.of(config.features, y)
    fixed = _Fixed(problem.lagrangian, rule, kernel, penalties, config)
    beta = jnp.zeros((len(x), config.modes, x.shape[1]))
    state = _State(x, y, Trainee.start(beta, config.optimiser, report.total))
    for phase, step, steps in (
        ("warm_up", _path_step, config.warm_up),
        ("paths", _step, config.steps),
    ):
        state = iterate(
            step, state, fixed, key, phase=phase, steps=steps, report=report
        )
    coefficients = _coefficients(kernel, state.paths.model)
    return KernelPaths(state.x, state.y, coefficients, x, y)


def momenta(
    lagrangian: AbstractLagrangian,
    modes: int,
    x: Float[Array, " d"],
    y: Float[Array, " d"],
    coefficients: Float[Array, "modes d"],
) -> tuple[Float[Array, " d"], Float[Array, " d"]]:
    """P = ∂L/∂v at both ends of a path in unit time."""
    slopes = Chebyshev(modes).velocity(np.array([0.0, 1.0]))
    v = (y - x) + jnp.asarray(slopes, x.dtype) @ coefficients
    first, last = lagrangian.at(jnp.array(0.0)), lagrangian.at(jnp.array(1.0))
    return jax.grad(first, argnums=1)(x, v[0]), jax.grad(last, argnums=1)(y, v[1])


def _path_step(state: _State, fixed: _Fixed, key: PRNGKeyArray) -> tuple[_State, Log]:
    """A step of β alone."""

    def action(beta: Array) -> Array:
        paths = state.x, state.y, _coefficients(fixed.kernel, beta)
        act = jax.vmap(lambda *path: fixed.rule(fixed.lagrangian, *path))
        return jnp.mean(act(*paths))

    value, slope = jax.value_and_grad(action)(state.paths.model)
    paths = state.paths.descend(slope).average(0.0)
    return _State(state.x, state.y, paths), {"action": value}


def _step(state: _State, fixed: _Fixed, key: PRNGKeyArray) -> tuple[_State, Log]:
    """A step of β, and one of the ends, of a size that falls to zero."""
    config, done = fixed.config, state.paths.step - fixed.config.warm_up
    size = optax.cosine_decay_schedule(config.step_size, config.steps)(done)
    coefficients = _coefficients(fixed.kernel, state.paths.model)
    first, last = jax.vmap(
        lambda *path: momenta(fixed.lagrangian, config.modes, *path)
    )(state.x, state.y, coefficients)
    start, end = fixed.penalties
    x, at_start = _moved(state.x, -first, start, config, size)
    y, at_end = _moved(state.y, last, end, config, size)
    stepped, log = _path_step(state, fixed, key)
    return _State(x, y, stepped.paths), {**log, "start": at_start, "end": at_end}


def _moved(
    ends: Float[Array, "n d"],
    slope: Float[Array, "n d"],
    penalty: Penalty,
    config: Config,
    size: Float[Array, ""],
) -> tuple[Float[Array, "n d"], Float[Array, ""]]:
    """Ends after a step against the slopes of their actions, and the penalty before.

    Both gradients are n times those of the objective; `size` is the mean length of the
    steps against the slopes, in standard deviations of the samples.
    """
    apart, pull = jax.value_and_grad(penalty)(ends)
    pull, length = len(ends) * pull, _length(slope)
    weight = config.penalty or length / (_length(pull) + _TINY)
    step = size * penalty.features.unit / (length + _TINY)
    return ends - step * (slope + weight * pull), apart


def _coefficients(
    kernel: Float[Array, "n n"], beta: Float[Array, "n modes d"]
) -> Float[Array, "n modes d"]:
    return jnp.einsum("im,mkd->ikd", kernel, beta)


def _length(vectors: Float[Array, "n d"]) -> Float[Array, ""]:
    return jnp.mean(jnp.linalg.norm(vectors, axis=1))


def _kernel(anchors: Float[Array, "n d"], width: Array) -> Float[Array, "n n"]:
    squared = jnp.sum((anchors[:, None] - anchors) ** 2, axis=-1)
    values = jnp.exp(-squared / (2 * width**2))
    return values / jnp.linalg.eigvalsh(values)[-1]
