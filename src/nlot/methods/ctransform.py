r"""The c-transform, $g^c(x) = \inf_y c(x, y) - g(y)$, and its minimiser (eqs. 5, 6)."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from nlot.config.sections import CTransformConfig
from nlot.costs.lagrangians import AbstractLagrangian
from nlot.measures.domains import AbstractDomain
from nlot.methods.losses import amortised_cost
from nlot.networks.amortised import Networks
from nlot.paths.quadrature import Quadrature
from nlot.problems.transport import Transport
from nlot.training.lbfgs import LANES, minimise

Point = Float[Array, " d"]


class CTransform(NamedTuple):
    """The minimisers, and how the searches ended."""

    y: Float[Array, "n d"]
    converged: Bool[Array, " n"]
    evaluations: Int[Array, " n"]


def c_transform(
    objective: Callable[[Point, Point], Float[Array, ""]],
    x: Float[Array, "n d"],
    start: Float[Array, "n d"],
    domain: AbstractDomain,
    settings: CTransformConfig,
    lanes: int = LANES,
) -> CTransform:
    """Minimise c(x, y) - g(y) over y in a domain, for each x.

    L-BFGS with backtracking Armijo line search. Outside the domain the objective
    continues with its value at the nearest point of the domain plus half the squared
    distance to it, which leaves the constrained minimisers as they are.

    **Arguments:** `objective(x, y)`, c(x, y) - g(y) of single points; the starting
    points; the settings of the searches; `lanes`, see `nlot.training.lbfgs`.

    **Returns:** the minimisers; `start` for a search that ends at a worse or non-finite
    point. Never raises.
    """

    def continued(y: Array, a: Array) -> Array:
        inside = domain.project(y)
        return objective(a, inside) + 0.5 * jnp.sum((y - inside) ** 2)

    start = jax.vmap(domain.project)(start)
    found = minimise(
        continued,
        start,
        x,
        tolerance=settings.tolerance,
        max_steps=settings.max_steps,
        history=settings.history,
        lanes=lanes,
    )
    y = jnp.where(found.improved[:, None], jax.vmap(domain.project)(found.value), start)
    return CTransform(y, found.converged, found.evaluations)


def refine(
    networks: Networks,
    quadrature: Quadrature,
    problem: Transport,
    lagrangian: AbstractLagrangian,
    settings: CTransformConfig,
    x: Float[Array, "n d"],
) -> CTransform:
    """ŷ(x) of eq. 6, warm-started with the map network: its best head, if several.

    **Arguments:** the problem in standard coordinates; `lagrangian` is its own, or an
    annealed one; `settings` are those of training or of the returned map.
    """

    def objective(a: Array, b: Array) -> Array:
        cost = amortised_cost(networks.spline, quadrature, lagrangian, a, b)
        return cost - networks.potential(b)

    def best(a: Array) -> Array:
        images, _ = networks.map.alternatives(a)
        images = jax.vmap(problem.domain.project)(images)
        return images[jnp.argmin(jax.vmap(lambda y: objective(a, y))(images))]

    start = jax.vmap(networks.map if networks.map.heads == 1 else best)(x)
    return c_transform(objective, x, start, problem.domain, settings)
