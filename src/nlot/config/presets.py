"""YAML files of presets, read so that nothing in them is lost without a word."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from nlot.config.base import ConfigError, merge


class _Loader(yaml.SafeLoader):
    """Refuses a key that stands twice, of which YAML's readers keep the last."""

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


def read_preset(path: Path) -> dict[str, Any]:
    """The mapping in the file, merged over that of the file it extends.

    Raises `ConfigError`, naming the file, for one that is missing, unreadable, no
    mapping, or that extends itself.
    """
    return _merged(path, ())


def check_presets(paths: Iterable[str | Path], default: str | Path) -> None:
    """Check files that are merged one over the other, the first over `default`.

    Raises `ConfigError` as `read_preset` does, and where a file extends another that
    does not come before it.
    """
    before = {Path(default).resolve()}
    _read(Path(default))
    for path in map(Path, paths):
        base = _read(path).get("extends")
        if base is not None and (path.parent / base).resolve() not in before:
            raise ConfigError(
                f"{path}: extends {base!r}, which is not merged by itself; name it "
                f"first: --configfile {path.parent / base} {path}"
            )
        before.add(path.resolve())


def _merged(path: Path, above: tuple[Path, ...]) -> dict[str, Any]:
    if path.resolve() in above:
        raise ConfigError(f"{path}: extends itself")
    data = _read(path)
    base = data.get("extends")
    if base is None:
        return data
    return merge(_merged(path.parent / base, (*above, path.resolve())), data)


def _read(path: Path) -> dict[str, Any]:
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such configuration file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not readable: {error}") from None
    # Impossible dates and endless numbers are ValueErrors, endless nesting is the last.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not valid YAML: {error}") from None
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: expected a mapping of keys, found {data!r}")
    base = data.get("extends")
    if base is not None and not isinstance(base, str):
        raise ConfigError(f"{path}: extends: expected a file name, found {base!r}")
    return data
