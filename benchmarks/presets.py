"""Settings of the algorithms in a preset, with some of them changed."""

from collections.abc import Mapping
from typing import Any

from nlot.config import (
    Config,
    MetricNLOTConfig,
    NLOTConfig,
    load_config,
    merge,
)


def preset(name: str) -> Config:
    """The configuration in config/<name>.yaml."""
    return load_config(f"config/{name}.yaml")


def algorithm_1(config: Config, task: str, changes: Mapping[str, Any]) -> NLOTConfig:
    """Settings of `nlot` on a task."""
    settings = config.method("nlot", task).model_dump()
    return NLOTConfig.model_validate(merge(settings, changes))


def algorithm_2(
    config: Config, sequence: str, changes: Mapping[str, Any]
) -> MetricNLOTConfig:
    """Settings of the learner `nlot` on a sequence."""
    settings = config.learner("nlot", sequence).model_dump()
    return MetricNLOTConfig.model_validate(merge(settings, changes))
