"""Runs of untrained networks."""

from typing import Any

import jax

from nlot.config import target
from nlot.methods.diagnosis import Diagnosis

# What the checks of a run that was not trained would say.
UNTRAINED = Diagnosis(None, None, None, None, None, ("not trained",))


def untrained(problem: Any, config: Any, name: str = "well", seed: int = 4) -> Any:
    """A run as it would be opened; its method is called like its kind."""
    method = target("method", config.kind)
    networks = method.build(problem, config, key=jax.random.key(0))
    provenance = {"seed": seed, "minutes": 1.5, "device": "cpu"}
    header = {
        "problem": name,
        "method": config.kind,
        "provenance": provenance,
        "diagnostics": UNTRAINED.plain(),
    }
    return method.open(problem, config, networks, header)
