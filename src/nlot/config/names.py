"""Checks of names: unknown, listed twice, reserved, or from earlier versions."""

from collections.abc import Iterable, Mapping
from typing import Any

from nlot.config.errors import unknown

# Names that already have a meaning among the results.
_RESERVED = {
    # `results/reference/` holds committed rows.
    "preset": {"reference"},
    "problems": {"controls"},
    "methods": {"controls", "reference"},
    "tables": {"refinement"},
}
_TO_TABLES, _TO_FIGURES = "an entry of `tables`", "an entry of `figures`"
# Keys in presets of earlier versions.
_MOVED = {
    "tasks": "`problems`, each with `kind: transport`",
    "sequences": "`problems`, each with `kind: sequence`",
    "learners": "`methods`, of kinds metric_nlot, metric_nlot_plus, scarvelis_solomon",
    "learner_overrides": "`overrides`",
    **dict.fromkeys(("table1", "table2"), _TO_TABLES),
    **dict.fromkeys(("figure1", "figure2", "figure3", "figure4"), _TO_FIGURES),
}


def check_moved(data: Mapping[str, Any]) -> None:
    """Raise `ValueError` for a key of earlier versions, with its present name."""
    for key in data:
        if key in _MOVED:
            raise ValueError(f"{key} is now {_MOVED[key]} (see config/README.md)")


def check_reserved(key: str, names: Iterable[str]) -> None:
    """Raise `ValueError` for a name that other results use."""
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
    """Raise `ValueError` for an entry that is listed twice."""
    listed = list(names)
    for name in listed:
        if listed.count(name) > 1:
            raise ValueError(f"{key}: {name!r} is listed twice")
