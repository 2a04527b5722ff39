import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.config import settings_class
from nlot.config.base import dimension_of
from nlot.costs.obstacles import Boxes, Discs, Quadrics
from nlot.costs.potentials import Hill, Well

M, HOT, COLD = 2.5, 0.4, 0.02


def boxes(temperature=COLD):
    """A unit box, and beside it a wall without a lower end."""
    return Boxes(
        low=jnp.array([[-1.0, -1.0], [3.0, -jnp.inf]]),
        high=jnp.array([[1.0, 1.0], [4.0, 0.5]]),
        strength=jnp.array(M),
        temperature=jnp.array(temperature),
        temperature_start=jnp.array(HOT),
    )


def discs(temperature=COLD, edge="logistic"):
    return Discs(
        centres=jnp.array([[2.0, 0.0], [-2.0, 1.0]]),
        radius=jnp.array(1.5),
        strength=jnp.array(M),
        temperature=jnp.array(temperature),
        temperature_start=jnp.array(HOT),
        edge=edge,
    )


def quadrics(centres, coefficients, level, temperature, edge):
    return Quadrics(
        centres=jnp.array(centres),
        coefficients=jnp.array(coefficients),
        level=jnp.array(level),
        strength=jnp.array(M),
        temperature=jnp.array(temperature),
        temperature_start=jnp.array(HOT),
        edge=edge,
    )


def ellipses(temperature=COLD, edge="logistic"):
    """Two, half as wide as high."""
    centres = [[2.0, 1.0], [-2.0, -1.0]]
    return quadrics(centres, [4.0, 1.0], 4.0, temperature, edge)


def neck(temperature=COLD, edge="logistic"):
    """Above and below a neck of height 2 at the origin."""
    return quadrics([[0.0, 0.0]], [1.0, -1.0], -1.0, temperature, edge)


def deep_discs(temperature=COLD):
    return discs(temperature, "softplus")


def deep_ellipses(temperature=COLD):
    return ellipses(temperature, "softplus")


def deep_neck(temperature=COLD):
    return neck(temperature, "softplus")


def hill():
    return Hill(jnp.array(M))


def well():
    return Well(jnp.array(M))


SHARP, DEEP = [boxes, discs, ellipses, neck], [deep_discs, deep_ellipses, deep_neck]
every = pytest.mark.parametrize("make", [*SHARP, *DEEP, hill, well])
INSIDE = {
    boxes: [[0.0, 0.0], [0.8, -0.8], [3.5, 0.0], [3.5, -50.0]],
    discs: [[2.0, 0.0], [2.0, 1.2], [-2.9, 1.9]],
    ellipses: [[2.0, 2.5], [1.2, 1.0], [-2.7, -0.5]],
    neck: [[0.0, 1.5], [1.0, -2.0], [-4.0, 5.0]],
}
OUTSIDE = {
    boxes: [[1.5, 0.0], [0.0, -1.5], [3.5, 0.9], [2.5, 0.0], [-3.5, 0.0]],
    discs: [[0.0, 0.0], [2.0, 1.8], [-2.0, 3.0]],
    ellipses: [[0.0, 0.0], [2.9, 2.0], [-2.0, 1.5]],
    neck: [[0.0, 0.7], [1.0, -0.9], [-4.0, 3.0]],
}
sharp = pytest.mark.parametrize("make", SHARP)


@every
def test_never_positive(make):
    points = 3 * jax.random.normal(jax.random.key(0), (200, 2))
    values = jax.vmap(make())(points)
    assert jnp.all(values <= 0)
    assert jnp.any(values < -0.1)


@sharp
def test_depth_inside_and_outside(make):
    """-M inside, 0 outside: up to e^-9, ten temperatures from the edge."""
    inside = jax.vmap(make())(jnp.array(INSIDE[make]))
    outside = jax.vmap(make())(jnp.array(OUTSIDE[make]))
    np.testing.assert_allclose(inside, -M, rtol=1e-3)
    np.testing.assert_allclose(outside, 0, atol=1e-3)


@sharp
def test_contains_is_the_sharp_outline(make):
    contains = jax.vmap(make().contains)
    assert jnp.all(contains(jnp.array(INSIDE[make])))
    assert not jnp.any(contains(jnp.array(OUTSIDE[make])))


@sharp
def test_sharp_limit(make):
    """As the temperature falls, U becomes -M on the obstacle and 0 off it."""
    points = 3 * jax.random.normal(jax.random.key(1), (500, 2))
    limit = -M * jax.vmap(make().contains)(points)

    def error(temperature):
        return float(jnp.mean(jnp.abs(jax.vmap(make(temperature))(points) - limit)))

    assert error(0.2) > error(0.02) > error(0.002)
    assert error(1e-5) < 1e-3 * M


@pytest.mark.parametrize("make", DEEP)
def test_softplus_grows_with_depth(make):
    """U tends to -M times the depth as the temperature falls, within M τ log 2."""
    points = 3 * jax.random.normal(jax.random.key(1), (500, 2))

    def error(temperature):
        u = make(temperature)
        depths = jax.vmap(u.depths)(points)
        limit = -M * jnp.maximum(depths, 0).sum(axis=1)
        assert jnp.all(jax.vmap(u.contains)(points) == jnp.any(depths > 0, axis=1))
        return float(jnp.max(jnp.abs(jax.vmap(u)(points) - limit)))

    # Rounding of depths of up to 100 adds 1e-4.
    assert error(0.2) <= 2 * M * 0.2 * np.log(2)
    assert error(1e-3) <= 2 * M * 1e-3 * np.log(2) + 1e-4


def test_edges_are_half_as_deep():
    assert boxes()(jnp.array([1.0, 0.0])) == pytest.approx(-M / 2, rel=1e-5)
    assert discs()(jnp.array([3.5, 0.0])) == pytest.approx(-M / 2, rel=1e-5)
    assert ellipses()(jnp.array([3.0, 1.0])) == pytest.approx(-M / 2, rel=1e-5)
    assert neck()(jnp.array([0.0, 1.0])) == pytest.approx(-M / 2, rel=1e-5)


def test_hill_and_well_are_not_swapped():
    """As in the experiments; the paper prints each formula under the other's name."""
    x = jnp.array([0.6, -1.1])
    r2 = 0.6**2 + 1.1**2
    assert hill()(x) == pytest.approx(-M * np.exp(-r2), rel=1e-5)
    assert well()(x) == pytest.approx(-M * r2, rel=1e-5)


@pytest.mark.parametrize("make", [hill, well])
def test_smooth_potentials_have_no_inside(make):
    assert not make().contains(jnp.zeros(2))


@every
@pytest.mark.usefixtures("x64")
def test_gradient_agrees_with_finite_differences(make):
    potential = make() if make in (hill, well) else make(0.3)
    u, step = jax.jit(jax.vmap(potential)), 1e-5
    points = jax.random.normal(jax.random.key(2), (20, 2))
    gradients = jax.jit(jax.vmap(jax.grad(potential)))(points)
    for k, axis in enumerate(step * np.eye(2)):
        slopes = (u(points + axis) - u(points - axis)) / (2 * step)
        np.testing.assert_allclose(gradients[:, k], slopes, atol=1e-8)


@every
def test_gradient_is_finite_at_centres_and_far_away(make):
    points = jnp.array([[0.0, 0.0], [2.0, 0.0], [300.0, -300.0]])
    gradients = jax.jit(jax.vmap(jax.grad(make())))(points)
    assert jnp.all(jnp.isfinite(gradients))


@every
def test_annealing_starts_at_nothing_and_ends_at_the_potential(make):
    potential = make()
    start, end = potential.anneal(jnp.array(0.0)), potential.anneal(jnp.array(1.0))
    assert start(jnp.array([0.5, 0.2])) == 0
    assert eqx.tree_equal(end, potential, rtol=1e-6, atol=0)


@sharp
def test_annealing_moves_the_temperature(make):
    half = make().anneal(jnp.array(0.5))
    assert half.strength == pytest.approx(M / 2)
    assert half.temperature == pytest.approx((HOT + COLD) / 2)
    assert make().anneal(jnp.array(0.0)).temperature == pytest.approx(HOT)


REGION = {"strength": M, "temperature": COLD}


@pytest.mark.parametrize("d", [1, 3, 5])
def test_any_dimension(d):
    """A box and a ball round a centre, and the smooth ones, on the line and beyond."""
    centre = np.arange(1.0, d + 1)
    low, high, edge = centre - 1, centre + 1, centre + 1.5 * np.eye(d)[0]
    made = [
        Boxes.Config(kind="boxes", low=[tuple(low)], high=[tuple(high)], **REGION),
        Discs.Config(kind="discs", centres=[tuple(centre)], radius=1.0, **REGION),
    ]
    for config in made:
        region = config.build()
        assert dimension_of(config) == d
        assert region(jnp.array(centre)) == pytest.approx(-M, rel=1e-3)
        assert region(jnp.array(edge)) == pytest.approx(0, abs=1e-3)
        assert region.contains(jnp.array(centre))
        assert not region.contains(jnp.array(edge))
    x = jnp.array(0.1 * centre)
    r2 = 0.01 * np.sum(centre**2)
    assert hill()(x) == pytest.approx(-M * np.exp(-r2), rel=1e-5)
    assert well()(x) == pytest.approx(-M * r2, rel=1e-5)


@pytest.mark.parametrize("kind, make", [("hill", hill), ("well", well)])
def test_settings_of_smooth_potentials_build_them_in_any_dimension(kind, make):
    config = settings_class("potential", kind).model_validate(
        {"kind": kind, "strength": M}
    )
    assert eqx.tree_equal(config.build(), make())
    assert dimension_of(config) is None


def test_settings_of_regions_build_them():
    """Corners may be infinite."""
    config = settings_class("potential", "boxes").model_validate(
        {
            "kind": "boxes",
            "low": [[-1.0, -1.0], [3.0, -np.inf]],
            "high": [[1.0, 1.0], [4.0, 0.5]],
            **REGION,
            "temperature_start": HOT,
        }
    )
    assert eqx.tree_equal(config.build(), boxes())
    config = settings_class("potential", "discs").model_validate(
        {
            "kind": "discs",
            "centres": [[2.0, 0.0], [-2.0, 1.0]],
            "radius": 1.5,
            **REGION,
            "temperature_start": HOT,
        }
    )
    assert eqx.tree_equal(config.build(), discs())
    config = settings_class("potential", "quadrics").model_validate(
        {
            "kind": "quadrics",
            "centres": [[0.0, 0.0]],
            "coefficients": [1.0, -1.0],
            "level": -1.0,
            **REGION,
            "temperature_start": HOT,
            "edge": "softplus",
        }
    )
    assert eqx.tree_equal(config.build(), deep_neck())
    assert dimension_of(config) == 2


def test_without_a_start_the_temperature_stays():
    region = Discs.Config(kind="discs", centres=[(0.0, 0.0)], radius=1.0, **REGION)
    assert region.build().anneal(jnp.array(0.0)).temperature == pytest.approx(COLD)


@pytest.mark.parametrize(
    "low, high, fault",
    [
        ([[0.0, 0.0]], [[1.0, 0.0]], "must lie below high"),
        ([[0.0, 0.0]], [[1.0, 1.0], [2.0, 2.0]], "as many corners of equal length"),
        ([[0.0, 0.0], [1.0]], [[1.0, 1.0], [2.0]], "as many corners of equal length"),
    ],
)
def test_corners_that_make_no_boxes_are_refused(low, high, fault):
    with pytest.raises(ValueError, match=fault):
        Boxes.Config.model_validate(
            {"kind": "boxes", "low": low, "high": high} | REGION
        )


def test_centres_of_several_dimensions_are_refused():
    centres = [(0.0, 0.0), (0.0, 0.0, 0.0)]
    with pytest.raises(ValueError, match="all centres must have the same length"):
        Discs.Config(kind="discs", centres=centres, radius=1.0, **REGION)


def test_centres_of_another_dimension_than_coefficients_are_refused():
    given = {"centres": [(0.0, 0.0, 0.0)], "coefficients": (1.0, 1.0), "level": 1.0}
    with pytest.raises(ValueError, match="centres have 3 coordinates, coefficients"):
        Quadrics.Config(kind="quadrics", **given, **REGION)
