"""Stops `nlot_plus` from learning given samples by heart."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nlot.config.sections import CTransformConfig
from nlot.discrete.couplings import match
from nlot.measures.distributions import AbstractMeasure
from nlot.measures.empirical import Empirical
from nlot.methods.ctransform import refine
from nlot.methods.losses import amortised_cost
from nlot.networks.amortised import Networks
from nlot.paths.quadrature import Quadrature
from nlot.problems.transport import Transport

# Share of the training samples on which networks are selected: not those that runs are
# checked on.
_SHARE = 0.2
# Points of a comparison, and the searches from them.
_POINTS = 256
_SEARCH = CTransformConfig(max_steps=20, tolerance=1e-4, history=10)


def apart(problem: Transport) -> tuple[Transport, Transport]:
    """The problem on samples to fit, and on others to select by.

    Measures that are not given by samples are the same in both.
    """
    ends = _split(problem.source), _split(problem.target)
    both = (replace(problem, source=x, target=y) for x, y in zip(*ends, strict=True))
    first, second = both
    return first, second


def _split(measure: AbstractMeasure) -> tuple[AbstractMeasure, AbstractMeasure]:
    if not isinstance(measure, Empirical):
        return measure, measure
    whole = Empirical(measure.exact, measure.weights, part_held_out=_SHARE)
    return whole.training, whole.held_out


def has_samples(problem: Transport) -> bool:
    """Whether a measure is given by samples, which can be learned by heart."""
    return any(isinstance(m, Empirical) for m in (problem.source, problem.target))


def shortfall(
    networks: Networks, quadrature: Quadrature, problem: Transport
) -> Float[Array, ""]:
    r"""By how much map and potential fall short, up to a constant of the problem.

    $E[c(x, T(x)) - g(T(x)) - g^c(x)]$, what the map loses under its potential, minus
    $E[g^c(x)] + E[g(y)]$, the dual value of the potential. If both are optimal, the
    first is zero and the second the optimal cost; the sum of their errors bounds the
    distance of T from the optimal map (Makkuva et al., 2020, theorem 3.6). Unlike the
    cost of T, it cannot be lowered by missing the target. Half of $W_2^2(T_\#μ, ν)$ is
    added: a potential says little about the image where its dual value is almost flat.

    **Arguments:** the problem has samples that the networks were not fitted to.
    """
    key = jax.random.key(0)
    x = problem.source.spread(key, _POINTS)
    y = problem.target.spread(key, _POINTS)
    lost, image = _lost(networks, quadrature, problem, x, y)
    return lost + jnp.mean(jnp.sum((image - y[match(image, y)]) ** 2, -1)) / 2


@eqx.filter_jit
def _lost(
    networks: Networks, quadrature: Quadrature, problem: Transport, x: Array, y: Array
) -> tuple[Float[Array, ""], Float[Array, "n d"]]:
    """What map and potential lose, and the images of `x`."""
    image = jax.vmap(networks.map)(x)
    best = refine(networks, quadrature, problem, problem.lagrangian, _SEARCH, x).y

    def value(a: Array, b: Array) -> Array:
        cost = amortised_cost(networks.spline, quadrature, problem.lagrangian, a, b)
        return cost - networks.potential(b)

    lost = jax.vmap(value)(x, image) - 2 * jax.vmap(value)(x, best)
    return jnp.mean(lost) - jnp.mean(jax.vmap(networks.potential)(y)), image
