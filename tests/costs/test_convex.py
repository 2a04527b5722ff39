"""Convex costs of displacements."""

import jax
import jax.numpy as jnp
import numpy as np
import pydantic
import pytest

from nlot.config import settings_class
from nlot.config.base import dimension_of
from nlot.config.errors import describe
from nlot.costs.convex import (
    Displacing,
    Elastic,
    Huber,
    Mahalanobis,
    NormPower,
    as_convex,
)
from nlot.paths.quadrature import Quadrature
from nlot.paths.splines import CubicSpline
from nlot.problems.geodesics import Geodesics
from nlot.runs.parts import as_part
from nlot.runs.solving import problem_of, train_given

MATRIX = jnp.array([[2.0, 0.5, 0.0], [0.5, 1.0, 0.2], [0.0, 0.2, 0.7]])
COSTS = [
    NormPower(1.0, 4.0, jnp.array([1.0, 2.0, 0.5])),
    NormPower(2.0, 1.5),
    NormPower(3.0, 3.0),
    Elastic(0.3),
    Mahalanobis(MATRIX),
    Huber(0.5),
    as_convex(lambda z: jnp.sum(z**4)),
]
KINDS = ["p_norm", "p_norm", "p_norm", "elastic", "mahalanobis", "huber", "python"]


def segments(d=3, n=200):
    return jax.random.normal(jax.random.key(0), (2, n, d))


@pytest.mark.parametrize("h", COSTS, ids=KINDS)
def test_is_convex_along_segments_and_least_at_zero(h):
    """With slack for rounding in single precision."""
    a, b = segments()
    value = jax.vmap(h)
    for share in (0.1, 0.5, 0.8):
        between = value((1 - share) * a + share * b)
        chord = (1 - share) * value(a) + share * value(b)
        assert jnp.all(between <= chord * (1 + 1e-5) + 1e-6)
    assert h(jnp.zeros(3)) == 0
    assert jnp.all(value(a) > 0)
    np.testing.assert_array_equal(jax.grad(h)(jnp.zeros(3)), 0)


@pytest.mark.parametrize("h", COSTS, ids=KINDS)
def test_its_gradient_is_that_of_differences(h):
    z = jax.random.normal(jax.random.key(1), (3,))
    with jax.enable_x64(True):
        h, z = jax.tree.map(lambda a: jnp.asarray(a, jnp.float64), (h, z))
        step = 1e-5 * jnp.eye(3)
        found = [(h(z + e) - h(z - e)) / 2e-5 for e in step]
        np.testing.assert_allclose(jax.grad(h)(z), found, rtol=1e-6, atol=1e-8)


def test_known_values():
    z = jnp.array([3.0, -4.0])
    assert NormPower(2.0, 2.0)(z) == pytest.approx(12.5)
    assert NormPower(1.0, 2.0)(z) == pytest.approx(24.5)
    assert NormPower(1.0, 2.0, jnp.array([3.0, 4.0]))(z) == pytest.approx(2.0)
    assert Elastic(2.0)(z) == pytest.approx(12.5 + 14.0)
    assert Mahalanobis(jnp.diag(jnp.array([2.0, 1.0])))(z) == pytest.approx(17.0)
    assert Huber(1e4)(z) == pytest.approx(12.5)
    assert Huber(1e-4)(z) == pytest.approx(5e-4, rel=1e-3)


def test_the_action_of_a_straight_path_is_the_cost():
    """T h((x - y)/T), for which the sign matters where h is not symmetric."""
    h = as_convex(lambda z: jnp.sum(jnp.exp(z) - z))
    x, y = segments(n=1)[:, 0]
    rule = Quadrature(CubicSpline(5), 16, horizon=2.0)
    still = jnp.zeros((rule.position.shape[-1], 3))
    found = rule(Displacing(h), x, y, still)
    np.testing.assert_allclose(found, 2 * h((x - y) / 2), rtol=1e-5)
    assert Displacing(h).straight


def parse(cost):
    config = settings_class("lagrangian", "convex")
    try:
        return config.model_validate({"kind": "convex", "cost": cost})
    except pydantic.ValidationError as error:
        raise ValueError(describe(error)) from None


def sheared(x):
    """A diffeomorphism of the plane that keeps areas."""
    return jnp.stack([x[0], x[1] + jnp.sin(x[0])])


def test_paths_are_straight_in_the_coordinates_of_a_diffeomorphism():
    """Newton's method finds them, and their actions are h(Φ(x) - Φ(y))."""
    h = Mahalanobis(jnp.array([[2.0, 0.5], [0.5, 1.0]]))
    lagrangian = Displacing(h, sheared)
    assert not lagrangian.straight
    starts = np.array([[0.0, 0.0], [-1.0, 1.0]])
    ends = np.array([[2.0, 1.0], [1.5, -0.5]])
    given = problem_of(
        Geodesics.Config,
        kind="geodesics",
        starts=starts.tolist(),
        ends=ends.tolist(),
        lagrangian=as_part("lagrangian", lagrangian),
    )
    run = train_given(given, "newton", None, 0, None)
    apart = jax.vmap(sheared)(starts) - jax.vmap(sheared)(ends)
    np.testing.assert_allclose(run.actions, jax.vmap(h)(apart), rtol=1e-3)
    s = np.linspace(0, 1, 5)
    on = jax.vmap(jax.vmap(sheared))(jnp.asarray(run.positions(s)))
    straight = on[:, :1] + s[:, None] * (on[:, -1:] - on[:, :1])
    np.testing.assert_allclose(on, straight, atol=1e-2)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"kind": "p_norm", "norm": 0.5}, "cost.norm"),
        ({"kind": "p_norm", "power": 1.0}, "cost.power"),
        ({"kind": "p_norm", "scales": [1.0, 0.0]}, "cost.scales"),
        ({"kind": "elastic", "weight": -1.0}, "cost.weight"),
        ({"kind": "huber", "width": 0.0}, "cost.width"),
        ({"kind": "mahalanobis", "matrix": [[1.0, 0.0]]}, "must be square"),
        ({"kind": "mahalanobis", "matrix": [[1.0, 1.0], [0.0, 1.0]]}, "symmetric"),
        (
            {"kind": "mahalanobis", "matrix": [[1.0, 2.0], [2.0, 1.0]]},
            "found an eigenvalue -1",
        ),
    ],
)
def test_bad_settings_are_named(wrong, named):
    with pytest.raises(ValueError, match=named):
        parse(wrong)


def test_settings_build_the_cost_and_tell_its_dimension():
    made = parse({"kind": "p_norm", "norm": 1, "power": 4, "scales": [1, 2]})
    assert dimension_of(made) == made.build().dimension == 2
    assert made.straight and made.build().straight
    assert parse({"kind": "huber", "width": 1.0}).build().dimension is None
