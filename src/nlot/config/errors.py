"""What is wrong with a configuration, in the words of the file that it stands in."""

import re
import reprlib
from collections.abc import Iterable, Iterator
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
    """That `name` is not a valid `what`, which are, and which may have been meant."""
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
            # Its parts were refused, and are named by themselves.
            continue
        keys = [str(part) for part in item["loc"]]
        if "[key]" in keys:
            # The name itself is at fault, and follows as the value found.
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
    """Errors with those of nested settings in their place, at their own places."""
    for item in items:
        at = (*place, *item["loc"])
        if item["type"] == NESTED:
            yield from _flat(item["ctx"]["errors"], at)
        else:
            yield {**item, "loc": at}
