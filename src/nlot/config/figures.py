"""Kinds of figures: what they show, and what their runs must be capable of.

Stated here and not where they are drawn: checking a preset needs no plotting.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class FigureKind:
    """What figures of a kind show.

    **Attributes:** `problems`, the kind of their problems; `needs`, a key of
    `nlot.methods.capabilities.CAPABILITIES`; `truth`, whether they are drawn against
    ground truth - problems get those without it by default -; `controls`, the
    capability of controls that they show below methods, if they show any, and
    `held_out`, whether they show held-out times.
    """

    problems: str
    needs: str
    truth: bool = False
    controls: str | None = None
    held_out: bool = False


FIGURE_KINDS = {
    "paths": FigureKind("transport", "paths"),
    "losses": FigureKind("transport", "map", truth=True),
    "matching": FigureKind("transport", "match", truth=True, controls="match"),
    "directions": FigureKind("sequence", "metric"),
    "journeys": FigureKind("sequence", "carry"),
    "predictions": FigureKind("sequence", "at", controls="population", held_out=True),
    "dendrogram": FigureKind("collection", "dissimilarity", controls="dissimilarity"),
    "geodesics": FigureKind("geodesics", "least_paths"),
    "pairs": FigureKind("pairs", "map", controls="map"),
}


def check_shown(
    key: str,
    kind: str,
    problems: Mapping[str, Any],
    methods: Mapping[str, Any],
    owners: Iterable[tuple[str, str]],
) -> None:
    """Check that figures of a kind can show problems and methods.

    **Arguments:** the figure's key; the settings of its problems, and those of all
    methods, by name; its rows, each with the method that it belongs to.

    Raises `ValueError`, naming the key, what was found and what is valid.
    """
    shown = FIGURE_KINDS[kind]
    for name, given in problems.items():
        if given.kind != shown.problems:
            raise ValueError(
                f"{key}.problems: {name!r} is of kind {given.kind!r}; {kind} are drawn "
                f"of problems of kind {shown.problems}"
            )
        if shown.held_out and not given.held_out_times:
            raise ValueError(
                f"{key}.problems: {name!r} has no held-out times, which {kind} are "
                "drawn of"
            )
        if shown.truth and not given.has_ground_truth:
            raise ValueError(
                f"{key}.problems: {name!r} has no ground truth, which {kind} are drawn "
                f"against; problems.{name}.ground_truth: true finds it"
            )
    able = [m for m, c in methods.items() if shown.needs in c.capabilities]
    for row, owner in owners:
        if owner not in able:
            raise ValueError(
                f"{key}.methods: {row!r} has no {shown.needs}, which {kind} are drawn "
                f"of; valid: {', '.join(able)}"
            )
