"""In which settings a preset's task is another one than that of published results."""

from collections.abc import Iterator, Mapping
from typing import Any

from nlot.config import Config, SequenceConfig, TaskConfig

Published = Mapping[str, TaskConfig | SequenceConfig]


def departures(config: Config, name: str, printed: str, published: Published) -> str:
    """The settings of `config`'s task or sequence `name` that differ, in words.

    They are compared with those of `printed`, one of `published` (see
    `nlot.reporting.published.published_tasks`); "" where all agree, and where `config`
    has no such task, of which there is nothing to compare. Samples that the authors
    released, `name` being "<printed>_released", are those that the numbers were printed
    for, and are not compared with the settings that generate the like.

    Raises `KeyError` where `published` lacks `printed`.
    """
    theirs = published[printed]
    ours = config.tasks.get(name) or config.sequences.get(name)
    if ours is None:
        return ""
    if type(ours) is not type(theirs):
        return "a task" if isinstance(ours, TaskConfig) else "a sequence"
    given = isinstance(ours, SequenceConfig) and ours.data.kind == "samples"
    unlike = {"data"} if given and name != printed else set[str]()
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
        yield f"{key} is {_shown(ours)}, not {_shown(theirs)}"


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return str(value["kind"])
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_shown, value))}]"
    if isinstance(value, float):
        return f"{value:g}"
    return "none" if value is None else str(value)
