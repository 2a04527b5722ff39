"""Samples of two measures, some of which are known to be pairs."""

from pathlib import Path
from typing import Annotated, NamedTuple

import jax
import numpy as np
import pydantic
from jaxtyping import Float, Int, PRNGKeyArray
from pydantic import Field

from nlot.config.base import NonNegative, Part
from nlot.measures.files import MIN_SAMPLES

_Number = Annotated[int, Field(ge=MIN_SAMPLES)]


class Paired(NamedTuple):
    """Samples, the pairs among them, and pairs of further points.

    In each row (i, j) of `pairs`, `target[j]` is the image of `source[i]`. The first
    `known` are given to methods; the others, and the pairs of `new_source[k]` with
    `new_target[k]`, are held out.
    """

    source: Float[np.ndarray, "n d"]
    target: Float[np.ndarray, "m d"]
    pairs: Int[np.ndarray, "k 2"]
    known: int
    new_source: Float[np.ndarray, "q d"]
    new_target: Float[np.ndarray, "q d"]

    @classmethod
    def read(cls, path: str | Path) -> "Paired":
        """The data of a seed, from the file that `nlot.runs.data` wrote."""
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in cls._fields}
        return cls(**{**arrays, "known": int(arrays["known"])})

    @property
    def given(self) -> Int[np.ndarray, "known 2"]:
        """The pairs that are given to methods."""
        return self.pairs[: self.known]


class DrawnPairs(Part):
    """Base of the settings of points with images that are drawn for each seed anew."""

    source_points: _Number = Field(128, description="samples of the source")
    target_points: _Number = Field(128, description="samples of the target")
    pairs: NonNegative = Field(
        128,
        description="samples of the target that are images of samples of the source; "
        "the others are drawn by themselves",
    )
    known: NonNegative | None = Field(
        None, description="pairs that are given to methods; none: all of them"
    )
    held_out: NonNegative = Field(
        32, description="pairs of further points, on which maps are measured"
    )

    @property
    def files(self) -> tuple[str, ...]:
        """The files that pairs are drawn from."""
        return ()

    @pydantic.model_validator(mode="after")
    def _enough(self) -> "DrawnPairs":
        n, m, known = self.source_points, self.target_points, self.known
        if self.pairs > min(n, m):
            raise ValueError(f"pairs: found {self.pairs} for {n} and {m} samples")
        if known is not None and known > self.pairs:
            raise ValueError(f"known: found {known} of {self.pairs} pairs")
        return self

    def couples(
        self, key: PRNGKeyArray, n: int
    ) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "n d"]]:
        """Independent points of the source, and their images."""
        raise NotImplementedError

    def draw(self, key: PRNGKeyArray) -> Paired:
        """The samples and pairs of a seed."""
        n, k = self.source_points, self.pairs
        single = n + self.target_points - k
        points, order = jax.random.split(key)
        x, y = self.couples(points, single + self.held_out)
        images = np.concatenate([y[:k], y[n:single]])
        # Their order tells nothing about the pairs.
        places = np.asarray(jax.random.permutation(order, self.target_points))
        target = np.empty_like(images)
        target[places] = images
        return Paired(
            x[:n],
            target,
            np.stack([np.arange(k), places[:k]], axis=1),
            k if self.known is None else self.known,
            x[single:],
            y[single:],
        )


def check_pairs(pairs: Int[np.ndarray, "k 2"], n: int, m: int) -> None:
    """Raise `ValueError` for rows that are not pairs of n and m samples.

    Indices are in range, and a sample of each measure is in one pair at most.
    """
    sides = zip(("source", "target"), pairs.T, (n, m), strict=True)
    for side, column, number in sides:
        bad = np.flatnonzero((column < 0) | (column >= number))
        if bad.size:
            raise ValueError(
                f"pairs: row {bad[0]} has index {column[bad[0]]} of the {side}, which "
                f"has {number} samples, 0 to {number - 1}"
            )
        different, count = np.unique(column, return_counts=True)
        if (count > 1).any():
            raise ValueError(
                f"pairs: sample {different[count > 1][0]} of the {side} is in "
                f"{count[count > 1][0]} pairs; it can be in one"
            )
