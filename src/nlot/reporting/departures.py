"""How a preset's problem differs from the one behind printed results."""

from collections.abc import Iterator, Mapping
from typing import Any

from nlot.config import Experiment, ProblemConfig

# What is known about a problem, and the coordinates of networks, are not part of it.
_KNOWN = {"ground_truth", "standardise"}


def departures(
    experiment: Experiment,
    name: str,
    printed: str,
    published: Mapping[str, ProblemConfig],
) -> str:
    """The settings of `experiment.problems[name]` that differ, in words.

    **Arguments:** `printed` names the problem in `published` that they are compared
    with (`nlot.papers.problems`). Given samples under another name, as in
    "<printed>_released", are the ones behind the printed numbers: they are not compared
    with settings that generate similar ones.

    **Returns:** "" if all agree, or if `experiment` has no such problem.

    Raises `KeyError` if `published` lacks `printed`.
    """
    theirs = published[printed]
    ours = experiment.problems.get(name)
    if ours is None:
        return ""
    given = theirs.generated and not ours.generated and name != printed
    unlike = _KNOWN | {"data"} if given else _KNOWN
    mine, other = (part.model_dump(exclude=unlike) for part in (ours, theirs))
    return "; ".join(_differences(mine, other, ""))


def _differences(ours: Any, theirs: Any, key: str) -> Iterator[str]:
    both = isinstance(ours, Mapping) and isinstance(theirs, Mapping)
    # Other kinds have other settings.
    if both and ours.get("kind") == theirs.get("kind"):
        for name in ours:
            inner = f"{key}.{name}" if key else name
            yield from _differences(ours[name], theirs[name], inner)
    elif ours != theirs:
        yield f"{key or 'kind'} is {_shown(ours)}, not {_shown(theirs)}"


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return str(value["kind"])
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_shown, value))}]"
    if isinstance(value, float):
        return f"{value:g}"
    return "none" if value is None else str(value)
