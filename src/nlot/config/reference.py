"""The table of every configuration key, and its JSON Schema, made from the models.

`python -m nlot.config.reference schema` prints `workflow/schemas/config.schema.json`,
`python -m nlot.config.reference markdown` prints `config/README.md`.
"""

import json
import sys
import types
import typing
from collections.abc import Iterator
from typing import Any

from pydantic_core import PydanticUndefined

from nlot.config import Config, Section

_HEAD = """# Configuration

<!-- Made by `python -m nlot.config.reference markdown`; edit the models instead. -->

A preset is a YAML file. It may name another in `extends`, and then states only what
differs: mappings are merged level by level, lists are replaced. `snakemake --cores all`
reads `config.yaml`, `--configfile config/smoke.yaml` merges another one over it, and
`--config 'seeds=[7]'` changes single keys. Lengths are in the units of the task's
coordinates, times in those of its `horizon`, actions in length² per time.

Unknown keys, names and values are errors, reported before any job starts.
Snakemake merges the files that it is given, and not what they extend: a preset that
extends another than `config.yaml` is named after it, as in `--configfile
config/paper.yaml config/mine.yaml`. Where it says no more than that a file is not
valid, `python -c "import nlot; nlot.load_config('config/mine.yaml')"` names the line.
"""


def schema() -> str:
    """The JSON Schema of a configuration."""
    return json.dumps(Config.model_json_schema(), indent=2) + "\n"


def markdown() -> str:
    """All sections and keys: meaning, type and default."""
    parts = [_HEAD]
    for section in _sections(Config, []):
        doc = " ".join((section.__doc__ or "").split())
        name = section.__name__.removesuffix("Config") or "Top level"
        parts.append(f"\n## {name}\n\n{doc}\n\n| key | meaning | type | default |")
        parts.append("|---|---|---|---|")
        for key, field in section.model_fields.items():
            meaning = field.description or f"see {_name(field.annotation)}"
            default = _default(field.default, field.is_required())
            parts.append(
                f"| `{key}` | {meaning} | {_name(field.annotation)} | {default} |"
            )
    return "\n".join(parts) + "\n"


def _sections(section: type[Section], seen: list[type]) -> Iterator[type[Section]]:
    """`section` and those that its fields refer to, each once, parents first."""
    if section in seen:
        return
    seen.append(section)
    yield section
    for field in section.model_fields.values():
        for inner in _models(field.annotation):
            yield from _sections(inner, seen)


def _models(annotation: Any) -> Iterator[type[Section]]:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _models(argument)


def _name(annotation: Any) -> str:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _name(arguments[0])
    if origin is typing.Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_name(argument) for argument in arguments)
    if origin is tuple:
        return f"list of {_name(arguments[0])}"
    if origin is dict:
        return f"mapping to {_name(arguments[1])}"
    if annotation is type(None):
        return "none"
    if annotation is Any:
        return "any"
    return str(annotation.__name__).removesuffix("Config")


def _default(value: Any, required: bool) -> str:
    if required or value is PydanticUndefined:
        return "required" if required else "empty"
    if isinstance(value, Section):
        return "see its keys"
    return f"`{value}`" if value is not None else "none"


if __name__ == "__main__":
    sys.stdout.write({"schema": schema, "markdown": markdown}[sys.argv[1]]())
