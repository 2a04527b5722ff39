"""Measures in time, assumed to move along a metric."""

from collections.abc import Sequence as Many
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pydantic
from jaxtyping import Array, Float, Int, PRNGKeyArray
from pydantic import Field

from nlot.config.base import Part, dimension_of
from nlot.config.evaluation import GridConfig
from nlot.config.kinds import Kind
from nlot.config.sections import ProblemConfig
from nlot.measures.particles import read_held_out
from nlot.measures.sequences import Samples, read_sequence


class Outline(NamedTuple):
    """What a trained run needs to know about a sequence, without samples."""

    pairs: int
    centre: tuple[float, ...]
    half_width: float
    bounds: float

    @property
    def dimension(self) -> int:
        """Number of coordinates of a point."""
        return len(self.centre)


class Sequence(eqx.Module):
    """K empirical measures in time, which may have different numbers of points.

    `points` is padded to the largest number; `counts` says how many are real.
    """

    points: Float[Array, "K n d"]
    counts: Int[Array, " K"]

    @classmethod
    def of(cls, samples: Many[Float[np.ndarray, "_ d"]]) -> "Sequence":
        """The measures with the given points."""
        counts = [len(part) for part in samples]
        largest = max(counts)
        points = [
            np.concatenate([p, np.repeat(p[:1], largest - len(p), axis=0)])
            for p in samples
        ]
        return cls(jnp.asarray(np.stack(points), jnp.float32), jnp.array(counts))

    @property
    def dimension(self) -> int:
        """Number of coordinates of a point."""
        return self.points.shape[2]

    @property
    def outline(self) -> dict[str, Any]:
        """The fields of `Outline`, as plain data."""
        return Outline(self.pairs, self.centre, self.half_width, self.bounds)._asdict()

    @property
    def pairs(self) -> int:
        """Number of pairs of neighbouring measures, K - 1."""
        return self.points.shape[0] - 1

    @property
    def measures(self) -> Samples:
        """The points of each measure."""
        points, counts = np.asarray(self.points), np.asarray(self.counts)
        return [p[:n] for p, n in zip(points, counts, strict=True)]

    @property
    def centre(self) -> tuple[float, ...]:
        """Mean of all points."""
        return tuple(float(c) for c in np.concatenate(self.measures).mean(0))

    @property
    def half_width(self) -> float:
        """Largest distance of a coordinate from that of the centre."""
        return float(np.abs(np.concatenate(self.measures) - self.centre).max())

    @property
    def bounds(self) -> float:
        """Half-width of a cube round the origin that holds all points with a margin."""
        return 1.5 * float(np.abs(np.concatenate(self.measures)).max())

    def draw(self, key: PRNGKeyArray, n: int) -> Float[Array, "K n d"]:
        """`n` points of each measure in random order; all of them if `n` is 0.

        A measure with fewer than `n` points is repeated in the same order.
        """
        size = self.points.shape[1]
        n = n or size

        def one(key: PRNGKeyArray, points: Array, count: Array) -> Array:
            noise = jax.random.uniform(key, (size,))
            # Padding comes last, and is never reached.
            order = jnp.argsort(jnp.where(jnp.arange(size) < count, noise, 2.0))
            return points[order[jnp.arange(n) % count]]

        keys = jax.random.split(key, len(self.points))
        return jax.vmap(one)(keys, self.points, self.counts)


class Particles(NamedTuple):
    """A sequence, and the trajectories of held-out particles if known."""

    sequence: Sequence
    held_out: Float[np.ndarray, "K n d"] | None


class MeasuresInTime:
    """The problem of finding the metric and the maps along which a sequence moves."""

    class Config(ProblemConfig):
        """Measures in time, assumed to move along an unknown metric."""

        kind: Literal["sequence"]
        data: Annotated[Any, Kind("data")] = Field(
            description="where the samples come from"
        )
        truth: Annotated[Part, Kind("metric")] | None = Field(
            None, description="the true metric, against which learned ones are scored"
        )
        grid: GridConfig | None = Field(
            None,
            description="where metrics are compared and drawn; none: only at the data",
        )

        @property
        def dimension(self) -> int:
            return dimension_of(self.data) or 0

        @property
        def files(self) -> tuple[str, ...]:
            return () if self.generated else (self.data.path,)

        @property
        def generated(self) -> bool:
            return self.data.kind == "generated"

        @pydantic.model_validator(mode="after")
        def _one_dimension(self) -> "MeasuresInTime.Config":
            d = self.dimension
            for name in ("truth", "grid"):
                part = getattr(self, name)
                other = None if part is None else dimension_of(part)
                if other not in (None, d):
                    raise ValueError(f"data has dimension {d}, {name} has {other}")
            return self

        def load(self, path: str | Path | None = None) -> Sequence:
            file = path if self.generated else self.data.path
            if file is None:
                raise ValueError("data are generated: name the file of the seed")
            array = "samples" if self.generated else self.data.array
            return Sequence.of(read_sequence(file, array, self.dimension))

        def load_particles(self, path: str | Path | None = None) -> Particles:
            """As `load`, with the held-out particles of generated data."""
            held_out = read_held_out(path) if self.generated and path else None
            return Particles(self.load(path), held_out)

        def reopen(self, outline: dict[str, Any]) -> Outline:
            return Outline(**{**outline, "centre": tuple(outline["centre"])})
