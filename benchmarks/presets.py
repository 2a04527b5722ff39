"""Settings of the algorithms in a preset, with some of them changed."""

from collections.abc import Mapping
from typing import Any

from nlot.config import Experiment, load_config, merge, settings_class


def preset(name: str) -> Experiment:
    """The experiment in config/<name>.yaml."""
    return load_config(f"config/{name}.yaml")


def settings(
    experiment: Experiment, method: str, problem: str, changes: Mapping[str, Any]
) -> Any:
    """Settings of a method on a problem, with `changes` merged in."""
    found = experiment.method(method, problem)
    changed = merge(found.model_dump(), changes)
    return settings_class("method", found.kind).model_validate(changed)
