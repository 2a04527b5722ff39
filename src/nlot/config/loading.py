"""From a preset's file, or a mapping, to a configuration that is checked.

A preset states only what differs from the one that it `extends`, as Snakemake merges
configuration files.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pydantic

from nlot.config.base import ConfigError
from nlot.config.errors import describe
from nlot.config.experiment import Config
from nlot.config.presets import read_preset


def load_config(path: str | Path) -> Config:
    """Read and validate the preset at `path`.

    Raises `ConfigError` naming the file, key, value found and valid choices.
    """
    return parse_config(read_preset(Path(path)), source=str(path))


def parse_config(data: Mapping[str, Any], source: str = "configuration") -> Config:
    """Validate a merged mapping; `source` names it in the `ConfigError`."""
    if not isinstance(data, Mapping):
        raise ConfigError(f"{source}: expected a mapping of keys, found {data!r}")
    data = {key: value for key, value in data.items() if key != "extends"}
    try:
        return Config.model_validate(data)
    except pydantic.ValidationError as error:
        raise ConfigError(f"{source}: {describe(error, data)}") from None
