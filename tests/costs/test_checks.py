"""Lagrangians that cannot be used are named before anything is trained."""

import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.costs.checks import check_density, kinetic_mass
from nlot.costs.densities import RingDensity
from nlot.costs.kernel_density import KernelDensity
from nlot.costs.lagrangians import Newtonian, Riemannian
from nlot.costs.metrics import CircleMetric, CrossMetric, DensityMetric
from nlot.costs.own import Drifting, OwnLagrangian

X, V = jax.random.normal(jax.random.key(0), (2, 30, 2))
T = jnp.linspace(0.0, 1.0, 30)


def test_the_mass_is_the_curvature_in_the_velocity():
    heavy = OwnLagrangian(lambda x, v: 2 * v[0] ** 2 + v[1] ** 2 + jnp.sum(x**4))
    assert kinetic_mass(heavy, X, V, T) == 4
    np.testing.assert_allclose(
        kinetic_mass(Riemannian(CircleMetric()), X, V, T), 1, rtol=1e-5
    )


@pytest.mark.parametrize(
    "usable",
    [
        Newtonian(lambda x: 0.0),
        Drifting(lambda x: np.array([0.0, 1.0])),
        Riemannian(lambda x: np.diag([1.0, 4.0])),
        Riemannian(CrossMetric(1e-3)),
        # Convex, although flat along v or far out.
        OwnLagrangian(lambda x, v: jnp.linalg.norm(v)),
        OwnLagrangian(lambda x, v: jnp.sqrt(1 + v @ v)),
        # Of no cost at first.
        OwnLagrangian(lambda x, v, t: t * (v @ v)),
    ],
)
def test_what_can_be_used_is_not_refused(usable):
    assert kinetic_mass(usable, X, V, T) > 0


@pytest.mark.parametrize(
    "make, fault",
    [
        (lambda: Newtonian(lambda x: -math.exp(-x[0])), "use jax.numpy in place of"),
        (lambda: Newtonian(lambda x: -np.linalg.norm(x)), "use jax.numpy in place of"),
        (lambda: Newtonian(lambda x: 1.0 if x[0] > 0 else 0.0), "jnp.where in place"),
        (lambda: Newtonian(lambda x: x[:, 0]), r"fails for a position of shape \(2,\)"),
        (lambda: Newtonian(lambda x: -(x**2)), r"U\(x\): expected shape \(\), found"),
        (lambda: Newtonian(lambda x: None), r"U\(x\): expected .* found NoneType"),
        (lambda: Newtonian(lambda x: jnp.log(-x @ x)), "value is not finite at 30 of"),
        (
            lambda: Newtonian(lambda x: -1.0 * (x @ x < 1)),
            "gradient in x is zero every",
        ),
        (
            lambda: Newtonian(eqx.nn.MLP(2, "scalar", 8, 1, key=jax.random.key(0))),
            "potential: expected .* an AbstractPotential, found MLP; pass lambda x",
        ),
        (lambda: Newtonian("wall"), "potential: expected a function .* found str"),
        (lambda: Riemannian(np.eye(2)), "metric: expected a function .* found ndarray"),
        (lambda: Riemannian(lambda x: jnp.eye(3)), r"A\(x\): expected shape \(2, 2\)"),
        (
            lambda: Riemannian(lambda x: jnp.diag(jnp.array([1.0, -0.5]))),
            "must be convex in v; found -0.5",
        ),
        (lambda: Drifting(lambda x: 1.0), r"b\(x\): expected shape \(2,\), found"),
        (lambda: Drifting([0.0, 1.0]), "drift: expected a function .* found list"),
        (lambda: OwnLagrangian(lambda x, v: v**2), r"L\(x, v\): expected shape"),
        (lambda: OwnLagrangian(lambda x, v: v[0] ** 2 - v[1] ** 2), "be convex in v"),
        (lambda: OwnLagrangian(lambda x, v: v[0]), "must be convex in v; found 0"),
        (
            lambda: OwnLagrangian(lambda x, v, t: (1 - 2 * t) * (v @ v)),
            r"must be convex in v; found -2 .* t = 1",
        ),
    ],
)
def test_what_cannot_be_used_is_named(make, fault):
    with pytest.raises(ValueError, match=fault):
        kinetic_mass(make(), X, V, T)


RING = RingDensity.of(1.0, 0.1)
FAR = KernelDensity.fit(np.random.default_rng(0).normal(size=(20, 3)), 0.1)


@pytest.mark.parametrize(
    ("density", "alpha", "fault"),
    [
        # 30 σ from the ring; the origin is not so far.
        (RING, 1.0, r"target: .* vanishes on it: log ρ.* is -45\d.* at x = \[4"),
        (lambda x: jnp.log(jnp.maximum(1 - x[0], 0.0)), 0.1, r"is -inf at x = \[4\. 0"),
        (lambda x: jnp.sqrt(2 - x[0]), 0.1, r"is nan at x = \[4\. 0\.\], the smallest"),
        (lambda x: -10 * jnp.sum(x**2), 0.5, r"alpha = 0\.5 single .* more than -156"),
        (FAR, 1.0, "target has dimension 2, the density .* has dimension 3"),
        (lambda x: -math.exp(x[0]), 1.0, "use jax.numpy in place of numpy"),
    ],
)
def test_a_density_that_vanishes_on_a_measure_is_named(density, alpha, fault):
    lagrangian = Riemannian(DensityMetric(density, alpha))
    with pytest.raises(ValueError, match=fault):
        check_density(lagrangian, "target", jnp.array([[0.0, 1.0], [4.0, 0.0]]))


@pytest.mark.parametrize(
    "lagrangian",
    [
        Newtonian(None),
        Riemannian(CircleMetric()),
        Riemannian(DensityMetric(RING, 1.0)),
        Riemannian(DensityMetric(lambda x: -1e6 * jnp.sum(x**2), 0.0)),
    ],
)
def test_other_lagrangians_and_densities_have_no_such_fault(lagrangian):
    check_density(lagrangian, "source", jnp.array([[0.0, 1.0], [0.8, -0.9]]))
