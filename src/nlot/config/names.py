"""Checks of names: known ones, those listed twice, those that stand for something."""

from collections.abc import Iterable, Mapping
from typing import Any

from nlot.config.errors import unknown

# Folders of results, and what has a name of its own there.
_RESERVED = {
    # `results/reference/` holds rows that were kept, and is part of the repository.
    "preset": {"reference"},
    "problems": {"controls"},
    "methods": {"controls", "reference"},
    "tables": {"refinement"},
}
_TO_TABLES, _TO_FIGURES = "an entry of `tables`", "an entry of `figures`"
# What presets of earlier versions say.
_MOVED = {
    "tasks": "`problems`, each with `kind: transport`",
    "sequences": "`problems`, each with `kind: sequence`",
    "learners": "`methods`, of kinds metric_nlot, metric_nlot_plus, scarvelis_solomon",
    "learner_overrides": "`overrides`",
    **dict.fromkeys(("table1", "table2"), _TO_TABLES),
    **dict.fromkeys(("figure1", "figure2", "figure3", "figure4"), _TO_FIGURES),
}


def check_moved(data: Mapping[str, Any]) -> None:
    """Raise `ValueError` for a key of earlier versions, with what it is called now."""
    for key in data:
        if key in _MOVED:
            raise ValueError(f"{key} is now {_MOVED[key]} (see config/README.md)")


def check_reserved(key: str, names: Iterable[str]) -> None:
    """Raise `ValueError` for a name that results of another kind have."""
    reserved = _RESERVED.get(key, set())
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
            raise ValueError(f"{key}: {unknown('', name, valid)}")


def check_once(key: str, names: Iterable[object]) -> None:
    """Raise `ValueError` for what is listed twice."""
    listed = list(names)
    for name in listed:
        if listed.count(name) > 1:
            raise ValueError(f"{key}: {name!r} is listed twice")
