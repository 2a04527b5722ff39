"""Pairs of points of files, and samples of measures without pairs."""

from typing import Annotated, Literal

import jax
import numpy as np
import pydantic
from jaxtyping import Float, PRNGKeyArray
from pydantic import Field

from nlot.config.base import dimension_of
from nlot.config.kinds import Kind
from nlot.measures.distributions import MeasureConfig
from nlot.measures.files import SampleError, read_samples
from nlot.measures.layout import FileConfig
from nlot.measures.pairs import DrawnPairs, Paired


class _Rows(FileConfig):
    """Points in a file, one a row."""

    kind: Literal["samples"] = "samples"


class PairFiles:
    """Pairs of points in files, of which each seed draws some."""

    class Config(DrawnPairs):
        """Pairs of points in files, of which each seed draws some.

        Row k of `source` is paired with row k of `target`. Held-out pairs are all of
        `new_source` and `new_target`, or `held_out` further rows.
        """

        kind: Literal["pair_files"]
        source: _Rows = Field(description="starts of the pairs")
        target: _Rows = Field(description="their ends, in the same order")
        new_source: _Rows | None = Field(None, description="starts of held-out pairs")
        new_target: _Rows | None = Field(None, description="their ends")

        @property
        def dimension(self) -> int:
            return self.source.dimension

        @property
        def files(self) -> tuple[str, ...]:
            given = self.source, self.target, self.new_source, self.new_target
            return tuple(part.path for part in given if part is not None)

        @pydantic.model_validator(mode="after")
        def _alike(self) -> "PairFiles.Config":
            if (self.new_source is None) != (self.new_target is None):
                raise ValueError("new_source and new_target: name both or none")
            for name in ("target", "new_source", "new_target"):
                part = getattr(self, name)
                if part is not None and part.dimension != self.dimension:
                    raise ValueError(
                        f"{name} has dimension {part.dimension}, source has "
                        f"{self.dimension}"
                    )
            return self

        def draw(self, key: PRNGKeyArray) -> Paired:
            found = super().draw(key)
            if self.new_source is None or self.new_target is None:
                return found
            new = _rows(self.new_source, self.new_target)
            return found._replace(new_source=new[0], new_target=new[1])

        def couples(
            self, key: PRNGKeyArray, n: int
        ) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "n d"]]:
            x, y = _rows(self.source, self.target)
            if len(x) < n:
                raise SampleError(
                    f"{self.source.path}: has {len(x)} rows; {n} are needed for "
                    "source_points, target_points and held_out"
                )
            chosen = np.asarray(jax.random.permutation(key, len(x))[:n])
            return x[chosen], y[chosen]


class Unpaired:
    """Samples of two measures, without any pairs."""

    class Config(DrawnPairs):
        """Samples of two measures, without any pairs.

        Held-out points are further samples of both.
        """

        kind: Literal["unpaired"]
        pairs: Literal[0] = Field(0, description="there are none")
        source: Annotated[MeasureConfig, Kind("measure")] = Field(
            description="of the source's samples"
        )
        target: Annotated[MeasureConfig, Kind("measure")] = Field(
            description="of the target's samples"
        )

        @property
        def dimension(self) -> int:
            return dimension_of(self.source) or 0

        @property
        def files(self) -> tuple[str, ...]:
            return (*self.source.files, *self.target.files)

        @pydantic.model_validator(mode="after")
        def _alike(self) -> "Unpaired.Config":
            other = dimension_of(self.target)
            if other != self.dimension:
                raise ValueError(
                    f"target has dimension {other}, source has {self.dimension}"
                )
            return self

        def couples(
            self, key: PRNGKeyArray, n: int
        ) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "n d"]]:
            keys = jax.random.split(key)
            sides = zip(keys, (self.source, self.target), strict=True)
            x, y = (np.asarray(m.build().sample(k, n), np.float64) for k, m in sides)
            return x, y


def _rows(
    source: _Rows, target: _Rows
) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "n d"]]:
    x, y = read_samples(source)[0], read_samples(target)[0]
    if len(x) != len(y):
        raise SampleError(
            f"{target.path}: has {len(y)} rows, {source.path} has {len(x)}; they are "
            "pairs"
        )
    return x, y
