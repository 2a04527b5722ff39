"""Potentials given by their values on a grid: pictures, height maps, arrays."""

from pathlib import Path
from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import PIL.Image
import pydantic
from jaxtyping import Array, Bool, Float
from pydantic import Field, NonNegativeFloat, PositiveFloat
from scipy import ndimage

from nlot.config.base import Part, Point, lie_below
from nlot.costs.potentials import AbstractPotential

_PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff"}
# What the pixels of a picture may be; others have more than 8 bits.
_MODES = ("1", "L", "LA", "P", "RGB", "RGBA")
# Pixels of the border that cubic splines reach over.
_BORDER = 2
# Darkness from which a point counts as inside an obstacle.
_INSIDE = 0.5


class Image(AbstractPotential):
    """U(x) = -M h(x), h a cubic spline through values on a grid.

    **Arguments:** values of shape (n_1, ..., n_d), axis k along coordinate k; the
    corners `low` and `high` of the grid, of shape (d,), beyond which h continues with
    its value at the nearest point of the grid; M; and the standard deviation, in
    pixels, of a Gaussian that smooths the values.

    Raises `ValueError` for values that are not finite, fewer than four of them along an
    axis, and corners that do not suit them or each other.
    """

    class Config(Part):
        """U = -strength times the darkness of a picture, or the values of an array."""

        kind: Literal["image"]
        path: str = Field(
            min_length=1,
            description="a picture, whose black is 1, white and transparent 0, or an "
            "`.npy` file with one axis per coordinate; relative to the working "
            "directory",
        )
        low: Point = Field(description="lower corner of the picture")
        high: Point = Field(description="upper corner, above `low` in each coordinate")
        strength: PositiveFloat = Field(description="M")
        blur: NonNegativeFloat = Field(
            1.0,
            description="standard deviation, in pixels, of a Gaussian that smooths it",
        )

        @property
        def dimension(self) -> int:
            return len(self.low)

        @property
        def files(self) -> tuple[str, ...]:
            """The file."""
            return (self.path,)

        @pydantic.model_validator(mode="after")
        def _ordered(self) -> "Image.Config":
            lie_below(self.low, self.high)
            return self

        def build(self) -> "Image":
            """Raises `ValueError` for a file that is no picture or array of numbers."""
            values = read_image(self.path)
            try:
                return Image(values, self.low, self.high, self.strength, self.blur)
            except ValueError as error:
                raise ValueError(f"{self.path}: {error}") from None

    coefficients: Float[Array, "..."]
    low: Float[Array, " d"]
    high: Float[Array, " d"]
    strength: Float[Array, ""]

    def __init__(
        self,
        values: Float[Any, "..."],
        low: Any,
        high: Any,
        strength: float = 1.0,
        blur: float = 0.0,
    ):
        low, high = (tuple(map(float, corner)) for corner in (low, high))
        lie_below(low, high)
        values = _checked(np.asarray(values))
        if values.ndim != len(low):
            raise ValueError(
                f"has {values.ndim} axes; low and high have {len(low)} coordinates"
            )
        smooth = ndimage.gaussian_filter(
            values.astype(np.float64), blur, mode="nearest"
        )
        spline = ndimage.spline_filter(smooth, order=3, mode="mirror")
        self.coefficients = jnp.asarray(np.pad(spline, _BORDER, mode="reflect"))
        self.low, self.high = (jnp.asarray(c, jnp.float32) for c in (low, high))
        self.strength = jnp.asarray(strength, jnp.float32)

    def height(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        """H at `x`."""
        pixels = np.array(self.coefficients.shape) - 2 * _BORDER
        at = jnp.clip((x - self.low) / (self.high - self.low), 0, 1) * (pixels - 1)
        cell = jnp.clip(jnp.floor(at).astype(int), 0, pixels - 2)
        first = jax.lax.stop_gradient(cell) + _BORDER - 1
        near = jax.lax.dynamic_slice(self.coefficients, first, [4] * len(pixels))
        for weights in _cubic(at - cell):
            near = jnp.tensordot(weights, near, axes=1)
        return near

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        return (-self.strength * self.height(x)).astype(x.dtype)

    def contains(self, x: Float[Array, " d"]) -> Bool[Array, ""]:
        return self.height(x) > _INSIDE

    def anneal(self, ramp: Float[Array, ""]) -> "Image":
        return eqx.tree_at(lambda u: u.strength, self, ramp * self.strength)


def _cubic(t: Float[Array, " d"]) -> Float[Array, "d 4"]:
    """Values at t in [0, 1] of the four cubic B-splines that overlap there."""
    return (
        jnp.stack(
            [
                (1 - t) ** 3,
                3 * t**3 - 6 * t**2 + 4,
                -3 * t**3 + 3 * t**2 + 3 * t + 1,
                t**3,
            ],
            axis=-1,
        )
        / 6
    )


def read_image(path: str | Path) -> Float[np.ndarray, "..."]:
    """The darkness of a picture, from 0 to 1, or the numbers of an `.npy` file.

    Axis k of the result belongs to coordinate k; a picture's rows go down. Raises
    `ValueError` for a file that cannot be read.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    try:
        if suffix == ".npy":
            with path.open("rb") as file:
                values = np.lib.format.read_array(file, allow_pickle=False)
        elif suffix in _PICTURES:
            values = 1 - _grey(path).T[:, ::-1]
        else:
            valid = ", ".join(["'.npy'", *map(repr, sorted(_PICTURES))])
            raise ValueError(f"unknown format {path.suffix!r}; valid: {valid}")
        return _checked(values).astype(np.float64)
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error


def _checked(values: np.ndarray) -> np.ndarray:
    if values.dtype.kind not in "iuf" or not np.isfinite(values).all():
        raise ValueError(f"expected finite numbers, found {values.dtype}")
    if min(values.shape, default=0) < 4:
        raise ValueError(
            f"expected 4 or more values along each axis, found {values.shape}"
        )
    return values


def _grey(path: Path) -> Float[np.ndarray, "rows columns"]:
    with PIL.Image.open(path) as opened:
        if opened.mode not in _MODES:
            raise ValueError(
                f"its mode is {opened.mode}; expected 8 bits in grey or colour: "
                f"{', '.join(_MODES)}; save other values as an '.npy' file"
            )
        white = PIL.Image.new("RGBA", opened.size, "white")
        white.alpha_composite(opened.convert("RGBA"))
        return np.asarray(white.convert("L"), np.float64) / 255
