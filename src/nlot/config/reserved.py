"""Names that stand for something else already."""

from collections.abc import Iterable
from typing import get_args

from nlot.config.errors import unknown
from nlot.config.results import Control, MetricControl

# `results/reference/` holds rows that were kept, and is part of the repository.
_PRESETS = {"reference"}
# Rows of these names are not a method's: controls, what is optimal, folders of results.
_METHODS = {"controls", "reference", *get_args(Control)}
_LEARNERS = {"controls", *get_args(MetricControl)}


def check_reserved(
    preset: str, methods: Iterable[str], learners: Iterable[str]
) -> None:
    """Raise `ValueError` for a name that results of another kind have."""
    for key, names, reserved in (
        ("preset", [preset], _PRESETS),
        ("methods", methods, _METHODS),
        ("learners", learners, _LEARNERS),
    ):
        for name in names:
            if name in reserved:
                listed = ", ".join(sorted(reserved))
                raise ValueError(
                    f"{key}: {name!r} stands for something else, as do: {listed}"
                )


def check_known(key: str, names: Iterable[str], known: Iterable[str]) -> None:
    """Raise `ValueError` for a name that is not among the `known` ones."""
    valid = list(known)
    for name in names:
        if name not in valid:
            message = unknown("", name, valid)
            raise ValueError(f"{key}: {message}; valid: {', '.join(valid)}")


def check_once(key: str, names: Iterable[object]) -> None:
    """Raise `ValueError` for what is listed twice."""
    listed = list(names)
    for name in listed:
        if listed.count(name) > 1:
            raise ValueError(f"{key}: {name!r} is listed twice")
