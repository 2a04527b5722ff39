"""Reads tables of numbers from text and `.parquet` files."""

import csv
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from nlot.config.errors import unknown
from nlot.measures.layout import Column, FileConfig, Separator

if TYPE_CHECKING:
    import pandas as pd

# In the order in which they are tried; None splits at any blanks.
_SIGNS: dict[Separator, str | None] = {
    "tab": "\t",
    "semicolon": ";",
    "comma": ",",
    "blank": None,
}


def chosen(
    file: FileConfig,
    labels: Sequence[Column],
    names: Sequence[str] | None,
    width: int,
) -> list[int]:
    """The numbers of the columns to read, those of `labels` last.

    **Arguments:** settings; the columns of weights or times; the names of all columns
    if they have any, and their number.

    Raises `ValueError` for a column that is not there, or is chosen twice.
    """
    own = [_place(label, names, width) for label in labels]
    coordinates = [i for i in range(width) if i not in own]
    if file.columns is not None:
        coordinates = [_place(column, names, width) for column in file.columns]
    places = coordinates + own
    twice = [place for place in places if places.count(place) > 1]
    if twice:
        what = f"column {names[twice[0]] if names else twice[0]!r}"
        raise ValueError(
            f"{what} is chosen twice, by `columns` or as `weights` or `time`"
        )
    return places


def _place(column: Column, names: Sequence[str] | None, width: int) -> int:
    if isinstance(column, int):
        if column >= width:
            raise ValueError(f"no column {column}: {width} are there, from 0")
        if names and str(column) in names and names[column] != str(column):
            raise ValueError(
                f"column {column} is the number of one and the name of another; quote "
                f"the name, or give its number, {list(names).index(str(column))}"
            )
        return column
    if names is None:
        raise ValueError(f"no column {column!r}: the file names none; use numbers")
    if column not in names:
        raise ValueError(unknown("column", column, names))
    if list(names).count(column) > 1:
        raise ValueError(f"several columns have the name {column!r}; use numbers")
    return list(names).index(column)


def read_text(file: FileConfig, labels: Sequence[Column]) -> Float[np.ndarray, "n k"]:
    """The `chosen` columns of a text file; lines that begin with # are comments.

    Raises `ValueError` for anything but numbers in them, and where it is unclear
    whether the first line names the columns or which sign is the decimal one.
    """
    # Spreadsheets write a byte order mark.
    with open(file.path, encoding="utf-8-sig") as text:
        lines = [line for line in text if line.strip() and not line.startswith("#")]
    if not lines:
        raise ValueError("no lines of numbers")
    separator = file.separator or _separator(lines[-1], file.decimal == "comma")
    first, header = _cells(lines[0], separator), file.header
    if header is None:
        header = not any(map(_is_number, first))
        _check_counted(first)
    names = [cell.strip().strip('"') for cell in first] if header else None
    if header:
        lines = lines[1:]
    if not lines:
        raise ValueError("no lines of numbers")
    width = len(_cells(lines[0], separator))
    if width != len(first):
        raise ValueError(
            f"the first line names {len(first)} columns, the next has {width} numbers; "
            "name all columns, also that of the names of rows"
        )
    places = chosen(file, labels, names, width)
    found = separator == "semicolon" and any("," in line for line in lines)
    comma = found if file.decimal is None else file.decimal == "comma"
    try:
        return np.loadtxt(
            lines,
            delimiter=_SIGNS[separator],
            quotechar='"',
            converters=_from_comma if comma else None,
            # All columns: lines of unequal lengths are an error only then.
            usecols=None if places == list(range(width)) else places,
            ndmin=2,
        )
    except ValueError as error:
        raise ValueError(f"{error}{_advice(str(error), header, comma)}") from error


def read_parquet(
    file: FileConfig, labels: Sequence[Column]
) -> Float[np.ndarray, "n k"]:
    """The `chosen` columns of a `.parquet` file.

    Raises `ValueError` for anything but numbers in them, or if no package that reads
    the format is installed.
    """
    # Takes half a second.
    import pandas as pd

    try:
        frame = pd.read_parquet(file.path)
    except ImportError:
        raise ValueError("pyarrow reads it: pip install nlot[parquet]") from None
    names = list(map(str, frame.columns))
    frame = frame.iloc[:, chosen(file, labels, names, len(names))]
    return real_numbers(frame, "with `columns`")


def real_numbers(frame: "pd.DataFrame", choose: str) -> Float[np.ndarray, "n k"]:
    """The values of a data frame.

    Raises `ValueError` for a column of other things; `choose` says how to take others.
    """
    for name, kind in frame.dtypes.items():
        if getattr(kind, "kind", "O") not in "iuf":
            raise ValueError(
                f"column {name!r} holds {kind}, not real numbers; choose others "
                f"{choose}"
            )
    return frame.to_numpy(np.float64, na_value=np.nan)


def _separator(line: str, comma: bool) -> Separator:
    """What separates the numbers of a line; `comma`: they have decimal commas."""
    there = [
        name
        for name in _SIGNS
        if len(_cells(line, name)) > 1 and (name != "comma" or not comma or '"' in line)
    ]
    for decimal in (True,) if comma else (False, True):
        for name in there:
            between = name == "comma" and '"' not in line
            if not (decimal and between) and all(
                _is_number(cell, decimal) for cell in _cells(line, name)
            ):
                return name
    return there[0] if there else "tab"


def _cells(line: str, separator: Separator) -> list[str]:
    sign = _SIGNS[separator]
    line = line.rstrip("\r\n")
    return line.split() if sign is None else next(csv.reader([line], delimiter=sign))


def _is_number(cell: str, comma: bool = True) -> bool:
    try:
        float(cell.replace(",", ".") if comma else cell)
    except ValueError:
        return False
    return True


def _check_counted(cells: list[str]) -> None:
    """Raise `ValueError` for the names that a data frame without names writes."""
    counted = [str(i) for i in range(len(cells))]
    if cells in (counted, ["", *counted[:-1]]):
        raise ValueError(
            f"the first line is {','.join(cells)}, which may be names, as of a data "
            "frame without names, or numbers; say `header: true` or `header: false`"
        )


def _from_comma(cell: str) -> float:
    if "." in cell:
        raise ValueError("a point")
    return float(cell.replace(",", "."))


def _advice(fault: str, header: bool, comma: bool) -> str:
    """What to do about a cell that is no number."""
    if comma:
        return "; numbers are expected to have decimal commas"
    if re.search(r"'\s*[-+]?\d*,\d+([eE][-+]?\d+)?\s*'", fault):
        return "; for decimal commas say `decimal: comma`"
    if header:
        return "; choose columns of numbers with `columns`"
    return "; if the first line names the columns, say `header: true`"
