"""What is wrong with a configuration, in the words of the file that it stands in."""

import re
import reprlib
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

import pydantic

# Pydantic speaks of Python's types, presets are YAML.
_WORDS = {
    r"valid dictionary( or instance of \w+)?": "mapping of keys",
    r"valid tuple": "valid list",
    r"^Tuple ": "List ",
    r"^Dictionary ": "Mapping ",
    # The two patterns that there are: of what stands beside a table, and of names.
    r"^String should match pattern .*/.*": (
        "expected a paper and its table, as in nlot2024/1"
    ),
    r"^String should match pattern .*": (
        "a name is made of lower-case letters, digits and underscores, the first of "
        "them a letter"
    ),
}

# Type of the error that stands for those of settings inside of others.
NESTED = "nested_settings"


def unknown(what: str, name: Any, valid: Iterable[str]) -> str:
    """That `name` is not one of `valid`, and which of them may have been meant."""
    names = list(valid)
    near = get_close_matches(str(name), names, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"unknown {what}{name!r}{hint}"


def describe(error: pydantic.ValidationError, data: Any, prefix: str = "") -> str:
    """One line for all faults of `data`: key, what is wrong, and the value found."""
    lines = []
    items = list(_flat(error.errors(), ()))
    places = [item["loc"] for item in items]
    for item in items:
        inside = (place[: len(item["loc"])] == item["loc"] for place in places)
        if item["type"] == "too_short" and sum(inside) > 1:
            # Its parts were refused, and are named by themselves.
            continue
        key = ".".join(filter(None, [prefix, *_keys(item["loc"], data)]))
        message = item["msg"].removeprefix("Value error, ")
        for pattern, words in _WORDS.items():
            message = re.sub(pattern, words, message)
        found = "" if item["type"] in {"value_error", "missing"} else _found(item)
        lines.append(f"{key}: {message}{found}" if key else message)
    return "; ".join(lines)


def _flat(items: Iterable[Any], place: tuple[int | str, ...]) -> Iterator[Any]:
    """Errors with those of nested settings in their place, at their own places."""
    for item in items:
        at = (*place, *item["loc"])
        if item["type"] == NESTED:
            yield from _flat(item["ctx"]["errors"], at)
        else:
            yield {**item, "loc": at}


def _keys(location: Iterable[int | str], data: Any) -> list[str]:
    """The location without what pydantic adds to the keys of the file."""
    keys: list[str] = []
    for part in location:
        if part == "[key]":
            # The name itself is at fault, and follows as the value found.
            return keys[:-1]
        if isinstance(data, Mapping):
            if part not in data and part == data.get("kind"):
                continue
            data = data.get(part)
        elif isinstance(data, list | tuple) and isinstance(part, int):
            data = data[part] if part < len(data) else None
        keys.append(str(part))
    return keys


def _found(item: Any) -> str:
    return f" (found {reprlib.repr(item['input'])})"
