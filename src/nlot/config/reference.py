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

from nlot.config.base import Section
from nlot.config.experiment import Experiment
from nlot.config.kinds import KINDS, Kind, settings_class

_HEAD = """# Configuration

<!-- Made by `python -m nlot.config.reference markdown`; edit the models instead. -->

A preset is a YAML file. With only `problems:` it makes a table of all measures, and
figures; all other keys have defaults. Every preset starts from
`src/nlot/config/defaults.yaml`, which has a method of each kind. A preset may name
another in `extends`, and then states only what differs: mappings are merged level by
level, lists and mappings of another `kind` are replaced, and a null entry of
`problems`, `methods`, `overrides`, `tables` or `figures` removes that entry.

`snakemake --cores all` reads `config.yaml`, `--configfile config/smoke.yaml` another
preset, `--configfile a.yaml b.yaml` merges the second over the first, and `--config
'seeds=[7]'` changes single keys. Lengths are in the units of the problem's coordinates,
times in those of its `horizon`, actions in length² per time.

Unknown keys, names and values are errors, reported before any job starts.
"""


def schema() -> str:
    """The JSON Schema of a configuration."""
    return json.dumps(Experiment.model_json_schema(), indent=2) + "\n"


def markdown() -> str:
    """All sections and keys: meaning, type and default."""
    parts = [_HEAD]
    for section in _sections(Experiment, []):
        doc = " ".join((section.__doc__ or "").split())
        name = "Top level" if section is Experiment else _title(section)
        parts.append(f"\n## {name}\n\n{doc}\n\n| key | meaning | type | default |")
        parts.append("|---|---|---|---|")
        for key, field in section.model_fields.items():
            kind = _name(_hints(section)[key])
            meaning = field.description or f"see {kind}"
            default = _default(field.default, field.is_required())
            parts.append(f"| `{key}` | {meaning} | {kind} | {default} |")
    return "\n".join(parts) + "\n"


def _sections(section: type[Section], seen: list[type]) -> Iterator[type[Section]]:
    """`section` and those that its fields refer to, each once, parents first."""
    if section in seen:
        return
    seen.append(section)
    yield section
    for key in section.model_fields:
        for inner in _models(_hints(section)[key]):
            yield from _sections(inner, seen)


def _hints(section: type[Section]) -> dict[str, Any]:
    return typing.get_type_hints(section, include_extras=True)


def _kind(annotation: Any) -> Kind | None:
    parts = getattr(annotation, "__metadata__", ())
    return next((part for part in parts if isinstance(part, Kind)), None)


def _title(section: type[Section]) -> str:
    """The kind whose settings a section holds, or the name of its class."""
    for what, kinds in KINDS.items():
        for name in kinds:
            if settings_class(what, name) is section:
                return f"{what} `{name}`"
    return section.__name__.removesuffix("Config")


def _models(annotation: Any) -> Iterator[type[Section]]:
    kind = _kind(annotation)
    if kind is not None:
        for name in KINDS[kind.what]:
            yield settings_class(kind.what, name)
        return
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _models(argument)


def _name(annotation: Any) -> str:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    kind = _kind(annotation)
    if kind is not None:
        return " or ".join(f"`{name}`" for name in KINDS[kind.what])
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
