"""Runs as they are before training, which draw as well as trained ones."""

from typing import Any

import jax

from nlot.config import merge, settings_class, target

from ..conftest import METHODS


def untrained(
    problem: Any, names: tuple[str, str], kind: str = "nlot", seed: int = 0, **changes
) -> Any:
    """The run of a kind of method on a problem, under the `names` of both."""
    module, given = target("method", kind), merge(METHODS[kind], changes)
    config = settings_class("method", kind).model_validate(given)
    networks = module.build(problem, config, key=jax.random.key(seed))
    header = dict(zip(("problem", "method"), names, strict=True))
    made = {"seed": seed, "minutes": 0.5, "device": "cpu"}
    return module.open(problem, config, networks, {**header, "provenance": made})
