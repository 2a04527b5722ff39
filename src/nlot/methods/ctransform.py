r"""The c-transform, $g^c(x) = \inf_y c(x, y) - g(y)$, and its minimiser (eqs. 5, 6)."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optimistix as optx
from jaxtyping import Array, Bool, Float, Int

from nlot.config.sections import CTransformConfig
from nlot.costs.lagrangians import AbstractLagrangian
from nlot.measures.domains import AbstractDomain
from nlot.methods.losses import amortised_cost
from nlot.networks.amortised import Networks
from nlot.paths.quadrature import Quadrature
from nlot.problems.transport import Transport
from nlot.training.lbfgs import minimise

Point = Float[Array, " d"]


class CTransform(NamedTuple):
    """The minimiser, and how the solver ended."""

    y: Float[Array, " d"]
    converged: Bool[Array, ""]
    evaluations: Int[Array, ""]


def c_transform(
    cost: Callable[[Point, Point], Float[Array, ""]],
    potential: Callable[[Point], Float[Array, ""]],
    x: Float[Array, " d"],
    start: Float[Array, " d"],
    domain: AbstractDomain,
    settings: CTransformConfig,
) -> CTransform:
    """Minimise c(x, y) - g(y) over y in a domain.

    L-BFGS with backtracking Armijo line search. Outside the domain the objective
    continues with its value at the nearest point of the domain plus half the squared
    distance to it, which leaves the constrained minimisers as they are.

    **Arguments:** `cost(x, y)` and `potential(y)` of single points; the starting point
    and the settings of the search.

    **Returns:** the minimiser, or `start` if the search ends at a worse or non-finite
    point. Never raises.
    """

    def objective(y: Array) -> Array:
        inside = domain.project(y)
        outside = 0.5 * jnp.sum((y - inside) ** 2)
        return cost(x, inside) - potential(inside) + outside

    start = domain.project(start)
    solution = minimise(
        objective,
        start,
        tolerance=settings.tolerance,
        max_steps=settings.max_steps,
        history=settings.history,
    )
    found = domain.project(solution.value)
    better = objective(found) <= objective(start)  # False for a NaN, too.
    return CTransform(
        y=jnp.where(better, found, start),
        converged=jnp.asarray(solution.result == optx.RESULTS.successful),
        evaluations=solution.stats["num_steps"],
    )


def refine(
    networks: Networks,
    quadrature: Quadrature,
    problem: Transport,
    lagrangian: AbstractLagrangian,
    settings: CTransformConfig,
    x: Float[Array, " d"],
) -> CTransform:
    """ŷ(x) of eq. 6, warm-started with the map network: its best head, if several.

    **Arguments:** the problem in standard coordinates; `lagrangian` is its own, or an
    annealed one; `settings` are those of training or of the returned map.
    """

    def cost(a: Array, b: Array) -> Array:
        return amortised_cost(networks.spline, quadrature, lagrangian, a, b)

    start = networks.map(x)
    if networks.map.heads > 1:
        images, _ = networks.map.alternatives(x)
        images = jax.vmap(problem.domain.project)(images)
        values = jax.vmap(lambda y: cost(x, y) - networks.potential(y))(images)
        start = images[jnp.argmin(values)]
    return c_transform(cost, networks.potential, x, start, problem.domain, settings)
