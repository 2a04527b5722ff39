"""Clouds of points: drawn from measures for each seed, or a folder of sample files."""

from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import jax
import numpy as np
import pydantic
from jaxtyping import Float, PRNGKeyArray
from pydantic import Field

from nlot.config.base import Name, Part, dimension_of
from nlot.config.kinds import Kind
from nlot.config.names import check_once
from nlot.measures.distributions import MeasureConfig
from nlot.measures.files import MIN_SAMPLES, SampleError, read_samples
from nlot.measures.layout import FORMATS, FileConfig, LayoutConfig

_Number = Annotated[int, Field(ge=MIN_SAMPLES)]


class Clouds(NamedTuple):
    """Clouds of points in one space, and their names; they may differ in size."""

    names: tuple[str, ...]
    points: tuple[Float[np.ndarray, "_ d"], ...]


class Drawn:
    """Clouds drawn from measures, for each seed anew."""

    class Config(Part):
        """Clouds drawn from measures, for each seed anew."""

        kind: Literal["drawn"]
        measures: tuple[Annotated[MeasureConfig, Kind("measure")], ...] = Field(
            min_length=2, description="a measure for each cloud"
        )
        names: tuple[Name, ...] | None = Field(
            None, description="of the clouds; none: `cloud_1`, `cloud_2`, ..."
        )
        points: _Number = Field(128, description="points drawn for each cloud")

        @property
        def dimension(self) -> int:
            return dimension_of(self.measures[0]) or 0

        @property
        def files(self) -> tuple[str, ...]:
            """The files from which measures are read."""
            files = (file for measure in self.measures for file in measure.files)
            return tuple(dict.fromkeys(files))

        @property
        def called(self) -> tuple[str, ...]:
            """The names of the clouds."""
            if self.names is not None:
                return self.names
            return tuple(f"cloud_{k + 1}" for k in range(len(self.measures)))

        @pydantic.model_validator(mode="after")
        def _alike(self) -> "Drawn.Config":
            if self.names is not None:
                check_once("names", self.names)
                if len(self.names) != len(self.measures):
                    raise ValueError(
                        f"names: found {len(self.names)} for {len(self.measures)} "
                        "measures"
                    )
            for name, measure in zip(self.called, self.measures, strict=True):
                if dimension_of(measure) != self.dimension:
                    raise ValueError(
                        f"measures: {name} has dimension {dimension_of(measure)}, "
                        f"{self.called[0]} has {self.dimension}"
                    )
            return self

        def draw(self, key: PRNGKeyArray) -> Float[np.ndarray, "k n d"]:
            """Independent points of each measure."""
            keys = jax.random.split(key, len(self.measures))
            found = [
                np.asarray(measure.build().sample(k, self.points))
                for k, measure in zip(keys, self.measures, strict=True)
            ]
            return np.stack(found)

        def read(self, path: str | Path | None) -> Clouds:
            """The clouds of a seed, from the file of its generated data."""
            if path is None:
                raise ValueError("data are drawn: name the file of the seed")
            with np.load(path, allow_pickle=False) as file:
                points = np.asarray(file["samples"], np.float64)
            return Clouds(self.called, tuple(points))


class Folder:
    """Clouds from the sample files of a folder."""

    class Config(LayoutConfig):
        """Every sample file of a folder is a cloud, in the order of their names.

        Formats and layout are those of `measure` `samples`, the same for all files;
        files of other formats, as a `README.md`, are left alone.
        """

        kind: Literal["folder"]
        path: str = Field(
            min_length=1, description="the folder, relative to the working directory"
        )
        points: _Number | None = Field(
            None,
            description="samples of a cloud that are used, chosen at random from files "
            "with more; none: all",
        )

        @property
        def files(self) -> tuple[str, ...]:
            """The sample files; none if the folder cannot be read."""
            folder = Path(self.path)
            if not folder.is_dir():
                return ()
            found = (p for p in folder.iterdir() if not p.name.startswith("."))
            known = (p for p in found if p.suffix.lower() in FORMATS)
            return tuple(sorted(map(str, known)))

        @pydantic.model_validator(mode="after")
        def _of_its_format(self) -> "Folder.Config":
            check_once("columns", self.columns or ())
            return self

        def read(self, path: Any = None) -> Clouds:
            """All clouds, named like their files.

            Raises `SampleError` for a folder that is missing or has fewer than two
            sample files, two of one name, and for an unusable file.
            """
            files = self.files
            valid = ", ".join(FORMATS)
            if not Path(self.path).is_dir():
                raise SampleError(f"{self.path}: no such folder")
            if len(files) < 2:
                found = files[0] if files else "none"
                raise SampleError(
                    f"{self.path}: at least 2 sample files ({valid}) are needed, found "
                    f"{found}"
                )
            names = [Path(file).stem for file in files]
            try:
                check_once(f"{self.path}: cloud", names)
            except ValueError as error:
                raise SampleError(str(error)) from None
            return Clouds(tuple(names), tuple(map(self._cloud, files)))

        def _cloud(self, file: str) -> Float[np.ndarray, "n d"]:
            layout = {key: getattr(self, key) for key in LayoutConfig.model_fields}
            given = {**layout, "kind": "samples", "path": file}
            try:
                points, _ = read_samples(FileConfig.model_validate(given))
            except pydantic.ValidationError as error:
                raise SampleError(f"{file}: {error.errors()[0]['msg']}") from None
            if self.points is None or len(points) <= self.points:
                return points
            chosen = np.random.default_rng(0).permutation(len(points))[: self.points]
            return points[np.sort(chosen)]
