"""Sequences of samples: reading, checking, and the arrays that training draws from."""

import itertools
from collections.abc import Sequence as Many
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from nlot.config import GeneratedConfig, SequenceFileConfig
from nlot.measures.files import SampleError, read_array

Samples = list[Float[np.ndarray, "_ d"]]
_MIN_MEASURES, _MIN_SAMPLES = 2, 8


class Sequence(eqx.Module):
    """K empirical measures in time, which may have different numbers of points.

    `points` is filled up to the largest number; `counts` says how many are real.
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
        """Half-width of a cube round the origin that holds all points with room."""
        return 1.5 * float(np.abs(np.concatenate(self.measures)).max())

    def draw(self, key: PRNGKeyArray, n: int) -> Float[Array, "K n d"]:
        """`n` points of each measure without order: all of them where `n` is 0.

        Every measure is gone through in a random order, again and again where it has
        fewer than `n` points.
        """
        size = self.points.shape[1]
        n = n or size

        def one(key: PRNGKeyArray, points: Array, count: Array) -> Array:
            noise = jax.random.uniform(key, (size,))
            # Points that only fill up go last, and are never reached.
            order = jnp.argsort(jnp.where(jnp.arange(size) < count, noise, 2.0))
            return points[order[jnp.arange(n) % count]]

        keys = jax.random.split(key, len(self.points))
        return jax.vmap(one)(keys, self.points, self.counts)


def read_sequence(path: str | Path, array: str, dimension: int) -> Samples:
    """The samples of each time, in order of time.

    From an `.npz` array of shape (times, n, d), or a `.csv` table of columns time and
    coordinates. Raises `SampleError` for a missing or unreadable file, another shape,
    values that are not finite, fewer than 2 times, fewer than 8 samples at one, or the
    same samples at two neighbouring ones.
    """
    path = Path(path)
    table = read_array(path, array)
    if path.suffix == ".csv":
        if table.shape[1] != 1 + dimension:
            raise SampleError(
                f"{path}: found {table.shape[1]} columns; expected the time and "
                f"{dimension} coordinates"
            )
        samples = [table[table[:, 0] == t, 1:] for t in np.unique(table[:, 0])]
    else:
        if table.ndim != 3 or table.shape[2] != dimension:
            raise SampleError(
                f"{path}: found an array of shape {table.shape}; expected (times, n, "
                f"{dimension})"
            )
        samples = list(table)
    if not np.isfinite(table).all():
        first = tuple(map(int, np.argwhere(~np.isfinite(table))[0]))
        raise SampleError(f"{path}: a value is not finite, the first at index {first}")
    if len(samples) < _MIN_MEASURES:
        raise SampleError(
            f"{path}: found {len(samples)} measures; at least 2 are needed"
        )
    for i, part in enumerate(samples):
        if len(part) < _MIN_SAMPLES:
            raise SampleError(
                f"{path}: found {len(part)} samples at time {i}; at least "
                f"{_MIN_SAMPLES} are needed"
            )
    for i, (a, b) in enumerate(itertools.pairwise(samples)):
        if sorted(map(tuple, a)) == sorted(map(tuple, b)):
            raise SampleError(
                f"{path}: the samples of times {i} and {i + 1} are the same; nothing "
                "moves between them"
            )
    return samples


def load_sequence(
    config: GeneratedConfig | SequenceFileConfig, path: str | Path
) -> Sequence:
    """The measures in the file of a generated or given sequence.

    Errors are those of `read_sequence`.
    """
    array = "samples" if isinstance(config, GeneratedConfig) else config.array
    return Sequence.of(read_sequence(path, array, config.dimension))
