"""Measures in time, assumed to move along a metric."""

import itertools
from collections.abc import Mapping
from collections.abc import Sequence as Many
from pathlib import Path
from types import MappingProxyType
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
from nlot.config.given import Given
from nlot.config.kinds import Kind
from nlot.config.names import check_once
from nlot.config.sections import ProblemConfig
from nlot.measures.particles import read_held_out
from nlot.measures.sequences import (
    GivenSamples,
    Samples,
    Times,
    check_motion,
    read_sequence,
)

# Up to this many binary digits of an index, the others of 32 are enough to shuffle by.
_FEW = 12


class Outline(NamedTuple):
    """What a trained run needs to know about a sequence, without samples."""

    times: Times
    centre: tuple[float, ...]
    half_width: float
    bounds: float

    @property
    def dimension(self) -> int:
        """Number of coordinates of a point."""
        return len(self.centre)

    @property
    def pairs(self) -> int:
        """Number of pairs of neighbouring measures."""
        return len(self.times) - 1


class Sequence(eqx.Module):
    """K empirical measures in time, which may have different numbers of points.

    `points` is padded to the largest number; `counts` says how many are real. `times`
    increase, and are in the unit of the data.
    """

    points: Float[Array, "K n d"]
    counts: Int[Array, " K"]
    # Plain numbers, as single precision would merge times far from 0.
    times: Times = eqx.field(static=True)

    @classmethod
    def of(
        cls, samples: Many[Float[np.ndarray, "_ d"]], times: Times | None = None
    ) -> "Sequence":
        """The measures with the given points; `times` are 0, 1, 2, ... if not given."""
        times = tuple(map(float, range(len(samples)))) if times is None else times
        counts = [len(part) for part in samples]
        largest = max(counts)
        points = [
            np.concatenate([p, np.repeat(p[:1], largest - len(p), axis=0)])
            for p in samples
        ]
        stacked = jnp.asarray(np.stack(points), jnp.float32)
        return cls(stacked, jnp.array(counts), times)

    def without(self, times: Many[float]) -> "Sequence":
        """The sequence without the measures at `times`.

        Raises `ValueError` for a time that is none of its own, or the first or last,
        and if nothing moves between two of those that are left.
        """
        check_held_out(times, self.times)
        kept = [k for k, time in enumerate(self.times) if time not in times]
        rest = tuple(self.times[k] for k in kept)
        measures = [self.measures[k] for k in kept]
        check_motion(rest, measures)
        return Sequence.of(measures, rest)

    @property
    def intervals(self) -> Float[np.ndarray, " pairs"]:
        """The durations between neighbouring measures."""
        return np.diff(self.times)

    @property
    def dimension(self) -> int:
        """Number of coordinates of a point."""
        return self.points.shape[2]

    @property
    def outline(self) -> dict[str, Any]:
        """The fields of `Outline`, as plain data."""
        return Outline(self.times, self.centre, self.half_width, self.bounds)._asdict()

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
            order = _shuffled(key, count, size)
            return points[order[jnp.arange(n) % count]]

        keys = jax.random.split(key, len(self.points))
        return jax.vmap(one)(keys, self.points, self.counts)


def _shuffled(
    key: PRNGKeyArray, count: Int[Array, ""], size: int
) -> Int[Array, " size"]:
    """The numbers below `count` in random order, then the others below `size`."""
    number, bits = jnp.arange(size, dtype=jnp.uint32), (size - 1).bit_length()
    rank = jax.random.bits(key, (size,), jnp.uint32) >> 1
    rank = jnp.where(number < count, rank, jnp.uint32(1 << 31))
    if bits > _FEW:
        return jnp.argsort(rank)
    # A sort of numbers takes a sixth of the time of one of pairs.
    mask = jnp.uint32((1 << bits) - 1)
    return (jnp.sort(rank & ~mask | number) & mask).astype(jnp.int32)


def check_held_out(held_out: Many[float], times: Many[float]) -> None:
    """Raise `ValueError` for a held-out time that is not between others of `times`."""
    inner = times[1:-1]
    for time in held_out:
        if time in inner:
            continue
        valid = ", ".join(f"{t:.12g}" for t in inner) or "none, as there are only two"
        what = (
            "is the first or last time" if time in times else "is no time of the data"
        )
        raise ValueError(f"held_out_times: {time:.12g} {what}; valid: {valid}")


class Particles(NamedTuple):
    """A sequence, and what is known of it but not trained on.

    The trajectories of held-out particles at the times of the sequence, if any are
    known, the samples of measures that are held out, by their times, and velocities of
    the samples of the sequence, if any are known.
    """

    sequence: Sequence
    held_out: Float[np.ndarray, "K n d"] | None
    unseen: Mapping[float, Float[np.ndarray, "_ d"]] = MappingProxyType({})
    velocities: Samples | None = None

    @property
    def dimension(self) -> int:
        """Number of coordinates of a point."""
        return self.sequence.dimension


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
        held_out_times: Times = Field(
            (),
            description="times, not the first or last, whose samples are not trained "
            "on; predictions are compared with them",
        )
        start: Literal["before", "first"] = Field(
            "before",
            description="samples from which predictions for held-out times start: "
            "those of the time before, or those of the first, carried through all "
            "times between",
        )

        @property
        def dimension(self) -> int:
            return dimension_of(self.data) or 0

        @property
        def files(self) -> tuple[str, ...]:
            return () if self.generated else self.data.files

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

        @pydantic.model_validator(mode="after")
        def _times_of_the_data(self) -> "MeasuresInTime.Config":
            check_once("held_out_times", self.held_out_times)
            known = getattr(self.data, "times", None)
            if known is not None:
                check_held_out(self.held_out_times, known)
            return self

        def load(self, path: str | Path | None = None) -> Sequence:
            whole, _ = self._all(path)
            return self._trained(whole)

        def _trained(self, whole: Sequence) -> Sequence:
            """The measures at all times but the held-out ones."""
            try:
                return whole.without(self.held_out_times)
            except ValueError as error:
                raise ValueError(": ".join([*self.files, str(error)])) from None

        def _all(self, path: str | Path | None) -> tuple[Sequence, Samples | None]:
            """The measures at all times, and given velocities of their samples."""
            if isinstance(self.data, Given):
                return self.data.build(), None
            file = self.data
            if self.generated:
                if path is None:
                    raise ValueError("data are generated: name the file of the seed")
                d = self.dimension
                file = GivenSamples.Config(kind="samples", path=str(path), dimension=d)
            times, samples, velocities = read_sequence(file)
            return Sequence.of(samples, times), velocities

        def load_particles(self, path: str | Path | None = None) -> Particles:
            """As `load`, with held-out particles of generated data, held-out times."""
            whole, velocities = self._all(path)
            sequence = self._trained(whole)
            samples = dict(zip(whole.times, whole.measures, strict=True))
            particles = read_held_out(path) if self.generated and path else None
            if particles is not None:
                particles = particles[np.isin(whole.times, sequence.times)]
            unseen = {time: samples[time] for time in self.held_out_times}
            if velocities is not None:
                kept = [time in sequence.times for time in whole.times]
                velocities = list(itertools.compress(velocities, kept))
            return Particles(sequence, particles, unseen, velocities)

        def reopen(self, outline: dict[str, Any]) -> Outline:
            lists = {key: tuple(outline[key]) for key in ("times", "centre")}
            return Outline(**{**outline, **lists})
