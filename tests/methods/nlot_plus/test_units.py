"""The unit of cost that training uses."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.costs.lagrangians import Newtonian, Riemannian, Standardised
from nlot.costs.own import Drifting, OwnLagrangian
from nlot.measures.distributions import Gaussian
from nlot.methods.nlot_plus import training as plus
from nlot.methods.nlot_plus.units import kinetic_unit
from nlot.problems.sampler import Sampler
from nlot.problems.transport import Transport

from .test_training import SHORT, settings, train

WAY = jnp.array([3.0, 0.0])


@pytest.mark.parametrize(
    ("lagrangian", "unit"),
    [
        # Rounding of large potentials does not show.
        (Newtonian(lambda x: -1e4 * jnp.exp(-jnp.sum((x - WAY / 2) ** 2))), 1.0),
        (Drifting(lambda x: jnp.array([5.0, x[0]])), 1.0),
        (Riemannian(lambda x: jnp.diag(jnp.array([2.0**-9, 1.0]))), 2.0**-9),
        # Free up to a speed that no path has.
        (OwnLagrangian(lambda x, v: jnp.maximum(v @ v - 100.0, 0.0)), 1.0),
    ],
)
def test_is_the_mass_in_the_direction_of_the_paths(lagrangian, unit):
    """Between points that lie close together, compared with the way between them."""
    source, target = (Gaussian(i * WAY, 1e-6 * jnp.eye(2)) for i in range(2))
    problem = Transport.between(source, target, Newtonian(None))
    problem = replace(problem, lagrangian=lagrangian)
    spline = plus.build(problem, settings(), key=jax.random.key(0)).spline.straight()
    rule = plus.build_quadrature(settings())
    assert kinetic_unit(Sampler(problem, rule, "spread"), spline, rule.fine) == unit


def test_the_unit_of_the_lagrangian_does_not_matter(well):
    """The map is the same, and the potential is in the unit of the Lagrangian.

    Within rounding, and the constant that Adam adds to its denominators.
    """
    unit = 2.0**10
    lagrangian = Standardised(well.lagrangian, (0.0, 0.0), 1.0, 1.0, unit)
    large, _ = train(well, settings(**SHORT))
    small, _ = train(replace(well, lagrangian=lagrangian), settings(**SHORT))
    y = well.target.spread(jax.random.key(0), 64)
    for name in ("map", "potential"):
        first, second = (jax.vmap(getattr(n, name))(y) for n in (large, small))
        factor = unit if name == "potential" else 1.0
        np.testing.assert_allclose(factor * second, first, atol=1e-3)


def test_a_multiple_of_a_potential_has_a_multiple_of_its_values(well):
    g = plus.build(well, settings(), key=jax.random.key(0)).potential
    one = eqx.nn.Linear(2, 2, key=jax.random.key(1))
    g = replace(g, skip=one)
    y = well.target.spread(jax.random.key(0), 8)
    np.testing.assert_allclose(
        jax.vmap(g.times(0.25))(y), 0.25 * jax.vmap(g)(y), rtol=1e-6
    )
