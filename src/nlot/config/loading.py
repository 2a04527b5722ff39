"""Loads a checked experiment from presets or a mapping."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pydantic

from nlot.config.base import ConfigError
from nlot.config.errors import describe
from nlot.config.experiment import Experiment
from nlot.config.presets import read_presets


def load_config(*paths: str | Path) -> Experiment:
    """Read and validate a preset, or several, each merged over those before it.

    Raises `ConfigError` naming the file, key, value found and valid choices.
    """
    if not paths:
        raise ConfigError("name a configuration file")
    source = " ".join(map(str, paths))
    experiment = parse_config(read_presets(paths), source)
    try:
        return experiment.check()
    except ValueError as error:
        raise ConfigError(f"{source}: {error}") from None


def parse_config(data: Mapping[str, Any], source: str = "configuration") -> Experiment:
    """Validate a merged mapping; `source` names it in the `ConfigError`.

    Names of controls, measures and papers are left to `Experiment.check`.
    """
    if not isinstance(data, Mapping):
        raise ConfigError(f"{source}: expected a mapping of keys, found {data!r}")
    data = {key: value for key, value in data.items() if key != "extends"}
    try:
        return Experiment.model_validate(data)
    except pydantic.ValidationError as error:
        raise ConfigError(f"{source}: {describe(error)}") from None
    except RecursionError:
        raise ConfigError(f"{source}: a list contains itself") from None
