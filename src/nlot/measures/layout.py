"""Settings of samples in a file: where they are, and how the file is laid out."""

from pathlib import Path
from typing import Annotated, Literal

import pydantic
from pydantic import Field, PositiveInt

from nlot.config.base import NonNegative, Part
from nlot.config.names import check_once

# Tables of text, and all tables: one row a sample.
TEXT = (".csv", ".tsv")
TABLES = (*TEXT, ".parquet")
# Arrays of any shape.
ARRAYS = (".npz", ".npy")
# Arrays of cells, and columns of numbers that describe these.
CELLS = ".h5ad"
FORMATS = (*ARRAYS, *TABLES, CELLS)

Column = NonNegative | Annotated[str, Field(min_length=1)]
Separator = Literal["tab", "semicolon", "comma", "blank"]


class LayoutConfig(Part):
    """Base of the settings of files of samples: how they are laid out."""

    path: str
    array: str = Field(
        "samples",
        description="name of the array in an `.npz` file, or its place in an `.h5ad` "
        "file: `X`, or as `obsm/X_pca` or `layers/counts`",
    )
    dimension: PositiveInt = Field(2, description="number of coordinates of a sample")
    columns: tuple[Column, ...] | None = Field(
        None,
        min_length=1,
        description="columns to read, in this order, by name or by number from 0; "
        "none: all but that of the weights",
    )
    separator: Separator | None = Field(
        None, description="what separates columns of text; none: found"
    )
    decimal: Literal["point", "comma"] | None = Field(
        None,
        description="decimal sign of text; none: a point, or a comma between "
        "semicolons",
    )
    header: bool | None = Field(
        None, description="whether the first line of text names columns; none: found"
    )


class FileConfig(LayoutConfig):
    """Base of the settings of samples read from a file."""

    path: str = Field(
        min_length=1, description="the file, relative to the working directory"
    )
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = Field(
        None, description="the file's SHA-256; none: any file will do"
    )

    @property
    def files(self) -> tuple[str, ...]:
        """The file."""
        return (self.path,)

    @property
    def suffix(self) -> str:
        """The format of the file, as `.csv`."""
        return Path(self.path).suffix.lower()

    @pydantic.model_validator(mode="after")
    def _of_its_format(self) -> "FileConfig":
        check_once("columns", self.columns or ())
        for key in ("separator", "decimal", "header"):
            if getattr(self, key) is not None and self.suffix not in TEXT:
                valid = " and ".join(TEXT)
                raise ValueError(f"{key}: is for {valid} files, found {self.path!r}")
        return self
