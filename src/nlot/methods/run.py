"""What all trained runs have in common."""

import copy
from collections.abc import Callable, Mapping
from typing import Any

import equinox as eqx
import jax
from jaxtyping import Array

from nlot.config.sections import MethodConfig


class AbstractRun:
    """A method trained on a problem with a seed: base of all runs.

    What a run can do are methods of its own class: see `nlot.methods.capabilities`.

    **Arguments and attributes:** `problem`, or what is needed of it; `config`, the
    method's settings; `networks`, trained; `header`, names, settings and provenance as
    stored. `variant` is one of `config.variants`, "" for the run as it was opened.
    """

    problem: Any
    config: Any
    networks: Any
    header: dict[str, Any]
    variant: str = ""

    def __init__(
        self,
        problem: Any,
        config: MethodConfig,
        networks: Any,
        header: Mapping[str, Any],
    ):
        self.problem, self.config, self.networks = problem, config, networks
        self.header = dict(header)

    @property
    def seed(self) -> int:
        """The seed that the run was trained with."""
        return self.header["provenance"]["seed"]

    @property
    def variants(self) -> tuple["AbstractRun", ...]:
        """The rows that this run has in tables, each with a method name of its own.

        In the order of `config.variants`; a variant has none beside itself.
        """
        if self.variant:
            return (self,)
        return tuple(self._as(variant) for variant in self.config.variants)

    def _as(self, variant: str) -> "AbstractRun":
        if not variant:
            return self
        run = copy.copy(self)
        run.variant = variant
        run.header = {**self.header, "method": f"{self.header['method']}_{variant}"}
        return run


@eqx.filter_jit
def over_points(function: Callable[..., Array], *points: Array) -> Array:
    """A function of single points at all points of arrays of shape (n, d)."""
    return jax.vmap(function)(*points)
