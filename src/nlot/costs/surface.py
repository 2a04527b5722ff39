"""Motion along a surface that samples lie on, and measures on it."""

from functools import lru_cache
from typing import Annotated, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import scipy
from jaxtyping import Array, Float
from pydantic import Field, NonNegativeFloat, PositiveFloat

from nlot.config.kinds import Kind
from nlot.costs.images import Image
from nlot.costs.potentials import AbstractPotential
from nlot.measures.distributions import AbstractMeasure, MeasureConfig
from nlot.measures.files import SampleError, read_samples
from nlot.measures.layout import FileConfig

# Nodes whose planes are fitted at a time, and the most that a grid may have.
_AT_ONCE, _MOST = 50_000, 20_000_000
# Newton steps of a projection: after two, what is left is far below the spacing.
_STEPS = 4
# Least squared slope of the distance that a step of it counts with.
_SLOPE = 0.25
# Heights from which that of a point of the surface is searched.
_HEIGHTS = 64
# Points for mean and covariance of a projected measure.
_MOMENTS = 4096


class SurfaceConfig(FileConfig):
    """Samples of a surface in space, one coordinate of which is the height."""

    neighbours: Annotated[int, Field(ge=4)] = Field(
        20, description="nearest samples that a tangent plane is fitted to"
    )
    spacing: PositiveFloat = Field(
        description="of the grid between whose nodes the distance is interpolated"
    )
    margin: NonNegativeFloat = Field(
        1.0, description="by which the grid reaches beyond the samples"
    )

    def field(self) -> Image:
        """The signed distance from the surface.

        At a node it is n · (x - p): p is the mean of the samples nearest to x, and n,
        which points up along the last coordinate, the direction that they vary least
        in. Raises `nlot.measures.files.SampleError` for unusable samples, and for a
        grid that is too large.
        """
        samples, _ = read_samples(self)
        if len(samples) < self.neighbours:
            raise SampleError(
                f"{self.path}: found {len(samples)} samples, fewer than the "
                f"{self.neighbours} of `neighbours`"
            )
        try:
            grid = self.neighbours, self.spacing, self.margin
            return _field(samples.tobytes(), self.dimension, *grid)
        except ValueError as error:
            raise SampleError(f"{self.path}: {error}") from None


# The potential and both measures of a problem lie on one surface.
@lru_cache(maxsize=2)
def _field(
    data: bytes, dimension: int, neighbours: int, spacing: float, margin: float
) -> Image:
    samples = np.frombuffer(data).reshape(-1, dimension)
    low, high = samples.min(0) - margin, samples.max(0) + margin
    nodes = np.maximum(np.ceil((high - low) / spacing).astype(int) + 1, 4)
    if np.prod(nodes.astype(float)) > _MOST:
        raise ValueError(
            f"spacing {spacing:g} takes a grid of {' x '.join(map(str, nodes))} nodes, "
            f"more than {_MOST:,}; choose a larger one"
        )
    axes = (np.linspace(*ends) for ends in zip(low, high, nodes, strict=True))
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    flat, tree = grid.reshape(-1, dimension), scipy.spatial.KDTree(samples)
    found = [
        _distances(tree, flat[i : i + _AT_ONCE], neighbours)
        for i in range(0, len(flat), _AT_ONCE)
    ]
    return Image(np.concatenate(found).reshape(grid.shape[:-1]), low, high)


def _distances(
    tree: scipy.spatial.KDTree, x: Float[np.ndarray, "n d"], neighbours: int
) -> Float[np.ndarray, " n"]:
    _, index = tree.query(x, neighbours)
    near = tree.data[index]
    centre = near.mean(1)
    apart = near - centre[:, None]
    _, axes = np.linalg.eigh(np.einsum("nki,nkj->nij", apart, apart))
    normal = axes[:, :, 0] * np.where(axes[:, -1:, 0] < 0, -1.0, 1.0)
    return np.einsum("ni,ni->n", normal, x - centre)


class Surface(AbstractPotential):
    """U(x) = -M D(x)², D the distance from a surface that is known by samples."""

    class Config(SurfaceConfig):
        """U = -strength times the squared distance from the surface of samples."""

        kind: Literal["surface"]
        strength: PositiveFloat = Field(description="M")

        def build(self) -> "Surface":
            """Raises `nlot.measures.files.SampleError` as `field` does."""
            return Surface(self.field(), jnp.array(self.strength))

    field: Image
    strength: Float[Array, ""]

    def distance(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        """D at `x`, negative below the surface."""
        return self.field.height(x)

    def elevation(self, x: Float[Array, " others"]) -> Float[Array, ""]:
        """The last coordinate of the surface's point with the others `x`.

        By Newton's method from the nearest of some heights within the grid; of several
        such points, one.
        """
        low, high = self.field.low[-1], self.field.high[-1]

        def along(z: Float[Array, ""]) -> Float[Array, ""]:
            return self.distance(jnp.append(x, z))

        heights = jnp.linspace(low, high, _HEIGHTS)
        nearest = heights[jnp.argmin(jnp.abs(jax.vmap(along)(heights)))]

        def step(z: Float[Array, ""], _: None) -> tuple[Float[Array, ""], None]:
            value, slope = jax.value_and_grad(along)(z)
            return jnp.clip(z - value / jnp.maximum(slope, _SLOPE), low, high), None

        return jax.lax.scan(step, nearest, length=_STEPS)[0]

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        return -self.strength * self.distance(x) ** 2

    def anneal(self, ramp: Float[Array, ""]) -> "Surface":
        return eqx.tree_at(lambda u: u.strength, self, ramp * self.strength)


class OnSurface(AbstractMeasure):
    """A measure whose samples are projected on a surface."""

    class Config(SurfaceConfig, MeasureConfig):
        """Another measure, projected on the surface of samples."""

        kind: Literal["on_surface"]
        of: Annotated[
            MeasureConfig, Kind("measure", without=("on_surface", "samples", "turned"))
        ] = Field(description="the measure before it is projected")

        def build(self) -> "OnSurface":
            """Raises `nlot.measures.files.SampleError` as `field` does."""
            return OnSurface(self.of.build(), self.field())

    original: AbstractMeasure
    field: Image
    _mean: Float[Array, " d"]
    _covariance: Float[Array, "d d"]

    def __init__(self, original: AbstractMeasure, field: Image):
        self.original, self.field = original, field
        points = self.project(original.spread(jax.random.key(0), _MOMENTS))
        self._mean = points.mean(0)
        away = points - self._mean
        self._covariance = away.T @ away / len(points)

    def project(self, x: Float[Array, "n d"]) -> Float[Array, "n d"]:
        """Points of the surface along the gradients of the distance."""

        def step(x: Float[Array, " d"]) -> Float[Array, " d"]:
            distance, slope = jax.value_and_grad(self.field.height)(x)
            # Where planes of far samples meet, and outside the grid, it may vanish.
            return x - distance * slope / jnp.maximum(jnp.sum(slope**2), _SLOPE)

        for _ in range(_STEPS):
            x = jax.vmap(step)(x)
        return x

    @property
    def mean(self) -> Float[Array, " d"]:
        return self._mean

    @property
    def covariance(self) -> Float[Array, "d d"]:
        return self._covariance

    @property
    def uniforms(self) -> int:
        return self.original.uniforms

    def transform(self, u: Float[Array, "n uniforms"]) -> Float[Array, "n d"]:
        return self.project(self.original.transform(u))
