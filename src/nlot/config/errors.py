"""Describes the faults of a configuration in the terms of its YAML file."""

import re
import reprlib
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any

import pydantic

# Pydantic uses the names of Python types; presets are YAML.
_WORDS = {
    r"valid dictionary( or instance of \w+)?": "mapping of keys",
    r"valid tuple": "valid list",
    r"^Tuple ": "List ",
    r"^Dictionary ": "Mapping ",
    # The two patterns in use: of a table's published numbers, and of names.
    r"^String should match pattern .*/.*": (
        "expected a paper and its table, as in nlot2024/1"
    ),
    r"^String should match pattern .*": (
        "a name is made of lower-case letters, digits and underscores, and starts with "
        "a letter"
    ),
}

# Type of the error that wraps the errors of nested settings.
NESTED = "nested_settings"


def unknown(what: str, name: Any, valid: Iterable[str]) -> str:
    """Says that `name` is not a valid `what`; lists valid ones and suggests one."""
    names = [str(name) for name in valid]
    near = get_close_matches(str(name), names, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    one, all_of_them = (f" {what}", f" {what}s") if what else ("", "")
    return f"unknown{one} {name!r}{hint}; valid{all_of_them}: {', '.join(names)}"


def describe(error: pydantic.ValidationError, prefix: str = "") -> str:
    """One line for all faults: key, what is wrong, and the value found."""
    lines = []
    items = list(_flat(error.errors(), ()))
    places = [item["loc"] for item in items]
    for item in items:
        inside = (place[: len(item["loc"])] == item["loc"] for place in places)
        if item["type"] == "too_short" and sum(inside) > 1:
            # Its items are at fault, and are named separately.
            continue
        keys = [str(part) for part in item["loc"]]
        if "[key]" in keys:
            # The name itself is at fault, and is shown as the value found.
            keys = keys[: keys.index("[key]") - 1]
        key = ".".join(filter(None, [prefix, *keys]))
        message = item["msg"].removeprefix("Value error, ")
        for pattern, words in _WORDS.items():
            message = re.sub(pattern, words, message)
        if item["type"] not in {"value_error", "missing"}:
            message += f" (found {reprlib.repr(item['input'])})"
        lines.append(f"{key}: {message}" if key else message)
    return "; ".join(lines)


def _flat(items: Iterable[Any], place: tuple[int | str, ...]) -> Iterator[Any]:
    """Errors, with wrapped ones replaced by those of the nested settings."""
    for item in items:
        at = (*place, *item["loc"])
        if item["type"] == NESTED:
            yield from _flat(item["ctx"]["errors"], at)
        else:
            yield {**item, "loc": at}
