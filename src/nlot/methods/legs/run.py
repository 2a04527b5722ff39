"""Trained legs: maps and paths from each measure to the next."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Array, Float

from nlot.config.kinds import target
from nlot.methods.legs.config import Config
from nlot.methods.legs.training import Legs
from nlot.methods.run import check_paired
from nlot.methods.sequence_run import SequenceRun


class LegsRun(SequenceRun):
    """A run of two measures for each pair of neighbours.

    Every method raises `ValueError` for points of another shape.
    """

    config: Config
    networks: Legs
    momentum = False

    @cached_property
    def legs(self) -> tuple[Any, ...]:
        """The runs of all pairs, with the capabilities of their method."""
        method = target("method", self.config.method.kind)
        settings = self.config.method
        parts = zip(
            self.networks.places,
            self.networks.networks,
            np.diff(self.times).tolist(),
            strict=True,
        )
        return tuple(
            method.open(
                place.problem(self.networks.lagrangian, duration),
                settings,
                networks,
                self.header,
            )
            for place, networks, duration in parts
        )

    def leg(
        self, x: Float[Any, "*n d"], pair: int, before: Float[Any, "*n d"] | None = None
    ) -> Float[Array, "n d"]:
        self._check_pair(pair)
        if before is not None:
            check_paired(self.points(x), self.points(before))
        with _anywhere():
            return self.legs[pair].transport(x)

    def _passed(
        self,
        x: Float[Array, "n d"],
        y: Float[Array, "n d"],
        pair: int,
        fractions: Float[np.ndarray, " times"],
    ) -> Float[Array, "n times d"]:
        run = self.legs[pair]
        with _anywhere():
            return run.path(x, run.problem.horizon * fractions)


@contextmanager
def _anywhere() -> Iterator[None]:
    """Points that earlier legs carried may lie outside of a measure's samples."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "[0-9]+ of [0-9]+ points lie outside")
        yield


open = LegsRun
