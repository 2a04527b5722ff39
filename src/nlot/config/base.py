"""What all sections of a configuration share."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any

import pydantic
from pydantic import Field

from nlot.config.errors import unknown

NonNegative = Annotated[int, Field(ge=0)]
Point = tuple[float, ...]
# A corner of a region may be at infinity; no other number may.
Corner = tuple[Annotated[float, Field(allow_inf_nan=True)], ...]
# Names become names of folders: they stay inside the results, are short enough for any
# file system, and never differ only in case.
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]
_BITS = 63


class ConfigError(ValueError):
    """A configuration that cannot be used; the message names key, value and choices."""


class Section(pydantic.BaseModel):
    """Base of all sections: immutable, and every key must be known."""

    # "constants": infinite corners do not become null in the JSON of a run's header.
    model_config = pydantic.ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        ser_json_inf_nan="constants",
    )

    # Numbers may be given as text: YAML reads 1e-3 as text.
    @pydantic.model_validator(mode="before")
    @classmethod
    def _known_keys_and_numbers(cls, data: Any) -> Any:
        for key, value in data.items() if isinstance(data, Mapping) else ():
            if key not in cls.model_fields:
                raise ValueError(unknown("key", key, cls.model_fields))
            if cls.model_fields[key].annotation in (bool, bool | None):
                continue
            for leaf in _leaves(value):
                if isinstance(leaf, bool):
                    raise ValueError(f"{key}: expected no boolean, found {leaf}")
                if isinstance(leaf, int) and leaf.bit_length() > _BITS:
                    raise ValueError(f"{key}: found a number of over {_BITS} bits")
        return data


class Part(Section):
    """Base of settings that build the kind of object named by `kind`."""

    kind: str

    def build(self) -> Any:
        """Build what the settings describe."""
        raise NotImplementedError


def dimension_of(part: Section) -> int | None:
    """The dimension of a part's space; None if it fits any dimension."""
    return getattr(part, "dimension", None)


def files_of(settings: pydantic.BaseModel) -> tuple[str, ...]:
    """The files that any parts of settings name, each once."""
    return tuple(dict.fromkeys(_files(settings)))


def _files(settings: pydantic.BaseModel) -> Iterator[str]:
    for part in dict(settings).values():
        if isinstance(part, pydantic.BaseModel):
            yield from getattr(part, "files", ())
            yield from _files(part)


def lie_below(low: Sequence[float], high: Sequence[float]) -> None:
    """Raise `ValueError` unless `low` is below `high` in each coordinate."""
    if len(low) != len(high) or not low:
        raise ValueError(f"low {low} and high {high} differ in length")
    if any(a >= b for a, b in zip(low, high, strict=True)):
        raise ValueError(f"low {low} must lie below high {high}")


def same_length(key: str, points: Iterable[Sequence[float]]) -> None:
    """Raise `ValueError` unless all `points` have equally many coordinates."""
    if len({len(point) for point in points}) != 1:
        raise ValueError(f"all {key} must have the same length")


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        for part in value:
            yield from _leaves(part)
    else:
        yield value


def merge(base: Mapping[str, Any], override: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with the entries of `override`, mappings merged level by level.

    A mapping of another `kind` replaces the one in `base`: their keys differ.
    """
    merged = dict(base)
    for key, value in override.items():
        given = merged.get(key)
        if isinstance(value, Mapping) and isinstance(given, Mapping):
            alike = value.get("kind", given.get("kind")) == given.get("kind")
            value = merge(given, value) if alike else dict(value)
        merged[key] = value
    return merged
