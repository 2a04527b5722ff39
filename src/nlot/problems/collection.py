"""Many measures, compared in pairs by the least actions between their points."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pydantic
from jaxtyping import Float
from pydantic import Field, PositiveFloat

from nlot.config.base import Part, dimension_of, files_of
from nlot.config.given import Given
from nlot.config.kinds import Kind
from nlot.config.names import check_once
from nlot.config.sections import ProblemConfig
from nlot.costs.checks import check_density, check_reversible
from nlot.costs.lagrangians import AbstractLagrangian
from nlot.measures.clouds import Clouds
from nlot.measures.empirical import Empirical
from nlot.measures.labels import check_labels, read_labels
from nlot.measures.standardise import Standardise

Linkage = Literal["average", "single", "complete", "weighted"]


class Outline(NamedTuple):
    """What a run needs to know about a collection, without its points."""

    names: tuple[str, ...]
    counts: tuple[int, ...]
    dimension: int


class Collection(eqx.Module):
    """k clouds of points, the Lagrangian and the horizon of paths between them.

    `labels`, one per cloud, are known or None.
    """

    clouds: tuple[Float[np.ndarray, "_ d"], ...]
    lagrangian: AbstractLagrangian
    horizon: float = eqx.field(static=True)
    names: tuple[str, ...] = eqx.field(static=True)
    labels: tuple[str, ...] | None = eqx.field(static=True)

    class Config(ProblemConfig):
        """Many measures, compared in pairs by the least actions between their points.

        The dissimilarity of two measures is the optimal transport cost. The Lagrangian
        must not distinguish a path from its reverse, nor charge for rest.
        """

        kind: Literal["collection"]
        data: Annotated[Any, Kind("clouds")] = Field(
            description="where the points come from"
        )
        lagrangian: Annotated[Part, Kind("lagrangian")] = Field(description="L(x, v)")
        horizon: PositiveFloat = Field(1.0, description="T, duration of a path")
        labels: tuple[str | int, ...] | str | None = Field(
            None,
            description="of the clouds in order, or a `.csv` file with the columns "
            "`cloud` and `label`; clusters are scored against them",
        )
        linkages: tuple[Linkage, ...] = Field(
            ("average", "single", "complete"),
            min_length=1,
            description="rules of hierarchical clustering that are scored; the first "
            "is drawn",
        )

        @property
        def dimension(self) -> int:
            return dimension_of(self.data) or 0

        @property
        def generated(self) -> bool:
            return self.data.kind == "drawn"

        @property
        def files(self) -> tuple[str, ...]:
            labels = (self.labels,) if isinstance(self.labels, str) else ()
            return (*files_of(self), *labels)

        @pydantic.model_validator(mode="after")
        def _consistent(self) -> "Collection.Config":
            check_once("linkages", self.linkages)
            other = dimension_of(self.lagrangian)
            if other not in (None, self.dimension):
                raise ValueError(
                    f"data has dimension {self.dimension}, lagrangian has dimension "
                    f"{other}"
                )
            if isinstance(self.labels, tuple):
                known = getattr(self.data, "called", None)
                check_labels(self.labels, known and len(known))
            elif self.labels is not None and self.labels in self.data.files:
                raise ValueError(
                    f"labels: {self.labels!r} lies among the clouds; keep it elsewhere"
                )
            return self

        def load(self, path: str | Path | None = None) -> "Collection":
            given = isinstance(self.data, Given)
            clouds = self.data.build() if given else self.data.read(path)
            return Collection.of(
                clouds, self.lagrangian.build(), self.horizon, self._labels(clouds)
            )

        def _labels(self, clouds: Clouds) -> tuple[str, ...] | None:
            if self.labels is None:
                return None
            if isinstance(self.labels, str):
                return read_labels(self.labels, clouds.names)
            check_labels(self.labels, len(clouds.names))
            return tuple(map(str, self.labels))

        def reopen(self, outline: dict[str, Any]) -> Outline:
            names, counts = tuple(outline["names"]), tuple(outline["counts"])
            return Outline(names, counts, outline["dimension"])

    @classmethod
    def of(
        cls,
        clouds: Clouds,
        lagrangian: AbstractLagrangian,
        horizon: float = 1.0,
        labels: Iterable[str] | None = None,
    ) -> "Collection":
        """The collection of some clouds.

        Raises `ValueError` for fewer than two clouds, clouds of different dimension, a
        background density that vanishes on one, and a Lagrangian that is not convex in
        v, distinguishes a path from its reverse, or is not zero at rest.
        """
        names, points = clouds
        if len(points) < 2:
            raise ValueError(f"found {len(points)} clouds; at least 2 are needed")
        for name, cloud in zip(names, points, strict=True):
            if cloud.shape[1] != points[0].shape[1]:
                raise ValueError(
                    f"{name} has dimension {cloud.shape[1]}, {names[0]} has "
                    f"{points[0].shape[1]}"
                )
        exact = tuple(np.asarray(cloud, np.float64) for cloud in points)
        for name, cloud in zip(names, exact, strict=True):
            check_density(lagrangian, name, jnp.asarray(cloud, jnp.float32))
        check_reversible(lagrangian, horizon, np.concatenate(exact))
        known = None if labels is None else tuple(labels)
        return cls(exact, lagrangian, horizon, names, known)

    @property
    def dimension(self) -> int:
        """Number of coordinates of a point."""
        return self.clouds[0].shape[1]

    @property
    def frame(self) -> Standardise:
        """The standard coordinates of all clouds."""
        return Standardise.fit(*map(Empirical, self.clouds))

    @property
    def outline(self) -> dict[str, Any]:
        """The fields of `Outline`, as plain data."""
        counts = tuple(map(len, self.clouds))
        return Outline(self.names, counts, self.dimension)._asdict()
