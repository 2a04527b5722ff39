"""The unit of cost that `nlot_plus` trains in."""

import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nlot.networks.amortised import SplineNetwork
from nlot.paths.quadrature import Quadrature
from nlot.problems.sampler import Sampler
from nlot.problems.transport import Transport

# Paths that are looked at.
_PATHS = 256


def kinetic_unit(sampler: Sampler, spline: SplineNetwork, rule: Quadrature) -> float:
    """A power of two near the mass m along the paths: 1 for L = |v|²/2 - U(x).

    Weights and learning rates suit costs of order one. Where directions or places
    differ in cost, that of the least paths shows only on them: in a metric that makes
    the way round a circle a thousand times cheaper it is a thousandth of that of
    straight lines. The mass is the median of (L(x, v) + L(x, -v) - 2 L(x, 0)) / |v|²
    over the paths, free of terms that are constant or linear in v. Powers of two
    rescale without rounding.

    **Arguments:** draws pairs of points in standard coordinates, between which the
    trained paths are looked at, at the nodes of a rule.
    """
    x, y = sampler.pairs(jax.random.key(0), _PATHS)
    mass = float(np.nanmedian(_masses(sampler.problem, spline, rule, x, y)))
    # An L without curvature along v has a scale of its own.
    return 2.0 ** round(math.log2(mass)) if 0 < mass < math.inf else 1.0


@eqx.filter_jit
def _masses(
    problem: Transport, spline: SplineNetwork, rule: Quadrature, x: Array, y: Array
) -> Float[Array, "pairs nodes"]:
    def one(t: Array, a: Array, v: Array) -> Array:
        now = problem.lagrangian.at(t)
        growth = now(a, v) + now(a, -v) - 2 * now(a, jnp.zeros_like(v))
        return growth / jnp.sum(v**2)

    def along(a: Array, b: Array) -> Array:
        position, velocity = rule.trajectory(a, b, spline(a, b))
        times = jnp.asarray(rule.times)
        return jax.vmap(one, in_axes=(0, 1, 1))(times, position, velocity)

    return jax.vmap(along)(x, y)
