"""Reads YAML files of presets without silently dropping anything."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from nlot.config.base import ConfigError, merge

DEFAULTS = Path(__file__).with_name("defaults.yaml")


class _Loader(yaml.SafeLoader):
    """Rejects duplicate keys, of which YAML readers keep only the last."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        seen = set()
        for key, _ in node.value:
            name = (key.tag, key.value) if isinstance(key, yaml.ScalarNode) else key
            if name in seen:
                line = key.start_mark.line + 1
                raise yaml.YAMLError(f"the key {key.value!r} stands twice, line {line}")
            seen.add(name)
        return node


def read_presets(paths: Iterable[str | Path]) -> dict[str, Any]:
    """The mappings in the files, each merged over those before it.

    A file follows the one that it extends, and each file is read once. All follow the
    package's `defaults.yaml`, which has a method of each kind. A file that sets `seeds`
    does so for all tables and figures of the files before it, as in `changed`. If the
    last of `paths` does not name its preset, the preset has the file's name.

    Raises `ConfigError`, naming the file, for one that is missing, unreadable, not a
    mapping, or that extends itself.
    """
    named = [Path(path) for path in paths]
    merged = yaml.safe_load(DEFAULTS.read_text(encoding="utf-8"))
    files: dict[Path, dict[str, Any]] = {}
    for path in named:
        for file, data in _chain(path, ()):
            files.setdefault(file.resolve(), data)
    for data in files.values():
        merged = changed(merged, data)
    last = named[-1]
    own = files[last.resolve()].get("preset", last.stem)
    return {**merged, "preset": own, "extends": None}


def changed(preset: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """A preset with keys changed, by a later file or on the command line.

    Changed `seeds` are those of all its tables and figures, too, except for entries to
    which `changes` themselves give others.
    """
    if "seeds" in changes:
        for key, own in (("tables", "seeds"), ("figures", "seed")):
            entries = preset.get(key)
            if isinstance(entries, dict):
                fewer = {name: _without(own, entry) for name, entry in entries.items()}
                preset = {**preset, key: fewer}
    return merge(preset, changes)


def _without(key: str, entry: Any) -> Any:
    if not isinstance(entry, dict):
        return entry
    return {name: value for name, value in entry.items() if name != key}


def _chain(path: Path, above: tuple[Path, ...]) -> list[tuple[Path, dict[str, Any]]]:
    """The file, after those that it extends."""
    if path.resolve() in above:
        raise ConfigError(f"{path}: extends itself")
    data = _read(path)
    base = data.get("extends")
    before = []
    if base is not None:
        before = _chain(path.parent / base, (*above, path.resolve()))
    return [*before, (path, data)]


def _read(path: Path) -> dict[str, Any]:
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such configuration file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not readable: {error}") from None
    # ValueError: impossible dates, endless numbers; RecursionError: endless nesting.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not valid YAML: {error}") from None
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: expected a mapping of keys, found {data!r}")
    base = data.get("extends")
    if base is not None and not isinstance(base, str):
        raise ConfigError(f"{path}: extends: expected a file name, found {base!r}")
    return data
