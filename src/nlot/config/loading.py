"""Reading presets from YAML files.

A preset states only what differs from the one that it `extends`, as Snakemake merges
configuration files.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pydantic
import yaml

from nlot.config.base import ConfigError, describe, merge
from nlot.config.whole import Config


def load_config(path: str | Path) -> Config:
    """Read and validate the preset at `path`.

    Raises `ConfigError` naming the file, key, value found and valid choices.
    """
    return parse_config(_read(Path(path)), source=str(path))


def parse_config(data: Mapping[str, Any], source: str = "configuration") -> Config:
    """Validate a merged mapping; `source` names it in the `ConfigError`."""
    data = {key: value for key, value in data.items() if key != "extends"}
    try:
        return Config.model_validate(data)
    except pydantic.ValidationError as error:
        raise ConfigError(f"{source}: {describe(error)}") from None


def _read(path: Path, above: tuple[Path, ...] = ()) -> dict[str, Any]:
    if path.resolve() in above:
        raise ConfigError(f"{path}: extends itself")
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such configuration file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not readable: {error}") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not valid YAML: {error}") from None
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: expected a mapping of keys, found {data!r}")
    base = data.get("extends")
    if base is None:
        return data
    if not isinstance(base, str):
        raise ConfigError(f"{path}: extends: expected a file name, found {base!r}")
    return merge(_read(path.parent / base, (*above, path.resolve())), data)
