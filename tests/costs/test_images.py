"""Potentials from grids: the values given, smooth between them, the right way up."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image as picture

from nlot.config import settings_class
from nlot.costs.images import Image

LOW, HIGH = (-1.0, 0.0), (3.0, 2.0)
VALUES = np.random.default_rng(0).uniform(size=(9, 5))


def build(path, **changes):
    data = {"path": str(path), "low": LOW, "high": HIGH, "strength": 2.0, **changes}
    settings = settings_class("potential", "image")
    return settings.model_validate({"kind": "image", **data}).build()


@pytest.mark.usefixtures("x64")
def test_it_has_the_given_values_on_the_grid():
    axes = [np.linspace(a, b, n) for a, b, n in zip(LOW, HIGH, (9, 5), strict=True)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 2)
    found = jax.vmap(Image(VALUES, LOW, HIGH, 2.0))(jnp.array(grid))
    np.testing.assert_allclose(found, -2 * VALUES.ravel(), atol=1e-6)


@pytest.mark.usefixtures("x64")
def test_its_second_derivative_is_continuous():
    """Across the line of a pixel, and constant beyond the border."""
    image = Image(VALUES, LOW, HIGH)
    hessian = jax.hessian(image)
    for x in ([0.5, 0.7], [1.1, 1.0]):
        left, right = (hessian(jnp.array(x) + e * jnp.ones(2)) for e in (-1e-7, 1e-7))
        np.testing.assert_allclose(left, right, atol=1e-4)
    assert image(jnp.array([-9.0, 1.0])) == image(jnp.array([-1.0, 1.0]))
    slope = jax.grad(image)(jnp.array([-9.0, 0.7]))
    np.testing.assert_allclose(slope[0], 0.0)


def test_a_quadratic_is_reproduced_away_from_the_border():
    """Splines mirror the grid at its border, which bends them there."""
    x = np.linspace(0, 1, 41)
    values = x[:, None] ** 2 + x * x[:, None]
    image = Image(values, (0.0, 0.0), (1.0, 1.0))
    at = jnp.array([0.4837, 0.5171])
    np.testing.assert_allclose(image(at), -(at[0] ** 2 + at[0] * at[1]), rtol=1e-5)


def test_a_picture_is_the_right_way_up(tmp_path):
    """Its first row is at the top, and black is an obstacle."""
    pixels = np.full((20, 40), 255, np.uint8)
    pixels[:8, :10] = 0  # top left
    picture.fromarray(pixels).save(tmp_path / "map.png")
    image = build(tmp_path / "map.png", blur=0.5)
    inside, outside = jnp.array([-0.5, 1.7]), jnp.array([-0.5, 0.3])
    assert image.contains(inside) and not image.contains(outside)
    np.testing.assert_allclose([image(inside), image(outside)], [-2.0, 0.0], atol=1e-3)


def test_what_is_transparent_is_free(tmp_path):
    """Whatever colour hides there."""
    pixels = np.zeros((20, 40, 4), np.uint8)
    pixels[:8, :10, 3] = 255
    picture.fromarray(pixels).save(tmp_path / "map.png")
    image = build(tmp_path / "map.png", blur=0.5)
    inside, outside = jnp.array([-0.5, 1.7]), jnp.array([-0.5, 0.3])
    assert image.contains(inside) and not image.contains(outside)


def test_pictures_of_more_than_8_bits_are_refused(tmp_path):
    """PIL would clip them."""
    picture.fromarray(np.zeros((20, 40), np.uint16)).save(tmp_path / "map.png")
    with pytest.raises(ValueError, match="its mode is I;16; expected 8 bits"):
        build(tmp_path / "map.png")


@pytest.mark.parametrize(
    "values, changes, fault",
    [
        (np.ones((5, 5, 5)), {}, r"map\.npy: has 3 axes; low and high have 2"),
        (np.ones((2, 9)), {}, "expected 4 or more values along each axis"),
        (np.full((5, 5), np.nan), {}, "expected finite numbers"),
        (np.ones((5, 5), complex), {}, "expected finite numbers, found complex"),
    ],
)
def test_unusable_arrays_are_named(tmp_path, values, changes, fault):
    np.save(tmp_path / "map.npy", values)
    with pytest.raises(ValueError, match=fault):
        build(tmp_path / "map.npy", **changes)


@pytest.mark.parametrize(
    "name, fault",
    [
        ("map.txt", "unknown format '.txt'; valid: '.npy'"),
        ("map.png", "cannot identify"),
    ],
)
def test_a_file_that_is_no_picture_is_named(tmp_path, name, fault):
    (tmp_path / name).write_text("none", encoding="utf-8")
    with pytest.raises(ValueError, match=fault):
        build(tmp_path / name)
