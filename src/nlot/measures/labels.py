"""Labels of clouds of points."""

import pandas as pd

from nlot.measures.files import SampleError

Labels = tuple[str | int, ...]
_COLUMNS = ["cloud", "label"]


def check_labels(labels: Labels, number: int | None) -> None:
    """Raise `ValueError` for another number of labels, and for fewer than two kinds."""
    if number is not None and len(labels) != number:
        raise ValueError(f"labels: found {len(labels)} for {number} clouds")
    if len(set(map(str, labels))) < 2:
        raise ValueError(
            f"labels: at least 2 different ones are needed, found {labels}"
        )


def read_labels(path: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """The labels of the named clouds, from a table with the columns cloud and label.

    Raises `SampleError` for an unreadable table, a cloud with none or several labels, a
    label of no cloud, and fewer than two different labels.
    """
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise SampleError(f"{path}: no readable table of labels: {error}") from error
    if not set(_COLUMNS) <= set(table.columns):
        raise SampleError(
            f"{path}: expected the columns {' and '.join(_COLUMNS)}, found "
            f"{', '.join(table.columns)}"
        )
    found = list(table["cloud"])
    for name in names:
        if found.count(name) != 1:
            raise SampleError(
                f"{path}: expected one label of cloud {name!r}, found "
                f"{found.count(name)}"
            )
    for name in found:
        if name not in names:
            raise SampleError(f"{path}: there is no cloud {name!r}")
    known = dict(zip(found, table["label"], strict=True))
    labels = tuple(known[name] for name in names)
    try:
        check_labels(labels, len(names))
    except ValueError as error:
        raise SampleError(f"{path}: {error}") from None
    return labels
