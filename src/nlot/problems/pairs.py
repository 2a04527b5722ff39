"""Samples of two measures, of which some are known to be pairs."""

from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import equinox as eqx
import numpy as np
import pydantic
from jaxtyping import Float, Int
from pydantic import Field

from nlot.config.base import Part, dimension_of, files_of
from nlot.config.given import Given
from nlot.config.kinds import Kind
from nlot.config.sections import ProblemConfig
from nlot.costs.convex import AbstractConvex
from nlot.measures.empirical import Empirical
from nlot.measures.pairs import Paired, check_pairs
from nlot.measures.standardise import Standardise

_FINER = 4.0


class Outline(NamedTuple):
    """What a run needs to know about the problem, without its points."""

    counts: tuple[int, int]
    frame: Standardise

    @property
    def dimension(self) -> int:
        """Number of coordinates of a point."""
        return len(self.frame.centre)


class Pairs(eqx.Module):
    """Samples of two measures in double precision, and what is known of the map.

    `pairs`: row (i, j) says that the image of `source[i]` is `target[j]`.
    """

    source: Float[np.ndarray, "n d"]
    target: Float[np.ndarray, "m d"]
    pairs: Int[np.ndarray, "k 2"]

    class Config(ProblemConfig):
        """Samples of two measures, of which some are known to be pairs.

        A cost is sought under which the optimal map, of new points too, meets them.
        """

        kind: Literal["pairs"]
        data: Annotated[Any, Kind("paired")] = Field(
            description="where samples and pairs come from"
        )

        @property
        def dimension(self) -> int:
            return dimension_of(self.data) or 0

        @property
        def generated(self) -> bool:
            return not isinstance(self.data, Given)

        @property
        def files(self) -> tuple[str, ...]:
            return files_of(self)

        @property
        def cost(self) -> AbstractConvex | None:
            """The cost for which the true map is optimal; None if that is not known."""
            part: Part | None = getattr(self.data, "cost", None)
            return None if part is None else part.build()

        @pydantic.model_validator(mode="after")
        def _of_a_plane(self) -> "Pairs.Config":
            if self.dimension < 2:
                raise ValueError(
                    "data has dimension 1: there every cost h(x - y) has the same map"
                )
            return self

        def paired(self, path: str | Path | None) -> Paired:
            """Samples and all pairs, those that are held out too."""
            if path is None:
                raise ValueError("data are drawn: name the file of the seed")
            return Paired.read(path)

        def load(self, path: str | Path | None = None) -> "Pairs":
            if isinstance(self.data, Given):
                return self.data.build()
            found = self.paired(path)
            return Pairs.of(found.source, found.target, found.given)

        def reopen(self, outline: dict[str, Any]) -> Outline:
            frame = Standardise(**outline["frame"])
            return Outline(tuple(outline["counts"]), frame)

    @classmethod
    def of(
        cls,
        source: Float[np.ndarray, "n d"],
        target: Float[np.ndarray, "m d"],
        pairs: Int[np.ndarray, "k 2"],
    ) -> "Pairs":
        """The problem of these samples.

        Raises `ValueError` for pairs of samples that do not exist, and for a sample in
        several pairs.
        """
        check_pairs(pairs, len(source), len(target))
        return cls(source, target, pairs)

    @property
    def counts(self) -> tuple[int, int]:
        """The numbers of samples of both measures."""
        return len(self.source), len(self.target)

    @property
    def dimension(self) -> int:
        """Number of coordinates of a point."""
        return self.source.shape[1]

    @property
    def frame(self) -> Standardise:
        """The standard coordinates of both measures.

        Their unit is a fraction of that of maps and potentials: displacements are
        several units long, so that networks see more of h than its curvature at 0.
        """
        fitted = Standardise.fit(Empirical(self.source), Empirical(self.target))
        return Standardise(fitted.centre, fitted.scale / _FINER)

    @property
    def standard(self) -> "Pairs":
        """The problem in standard coordinates."""
        frame = self.frame
        x, y = (
            (z - np.array(frame.centre)) / frame.scale
            for z in (self.source, self.target)
        )
        return Pairs(x, y, self.pairs)

    @property
    def outline(self) -> dict[str, Any]:
        """The fields of `Outline`, as plain data."""
        frame = self.frame
        about = {"centre": list(frame.centre), "scale": frame.scale}
        return {"counts": self.counts, "frame": about}
