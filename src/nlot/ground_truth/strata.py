"""Cells of equal mass: a measure cut in half repeatedly."""

from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float, Int, PRNGKeyArray

from nlot.measures.distributions import AbstractMeasure

# Points in each cell that represent the measure.
_MEMBERS = 32


class Cells(NamedTuple):
    """Cells of a measure, each with equally many points and one that represents them.

    Sibling cells are adjacent: the first of every 2, 4, 8, ... consecutive cells is
    near all of them.
    """

    members: Float[np.ndarray, "cells members d"]
    centres: Float[np.ndarray, "cells d"]

    @property
    def points(self) -> Float[np.ndarray, "n d"]:
        """All members."""
        return self.members.reshape(-1, self.members.shape[2])

    def draw(self, key: PRNGKeyArray) -> Float[np.ndarray, "cells d"]:
        """One member of each cell at random: together a stratified sample."""
        cells, members, _ = self.members.shape
        pick = np.asarray(jax.random.randint(key, (cells,), 0, members))
        return self.members[np.arange(cells), pick]


def cut(measure: AbstractMeasure, number: int, *, key: PRNGKeyArray) -> Cells:
    """Cut `measure` into `number` cells of equal mass, a power of two.

    The measure is represented by 32 evenly spread points per cell. Each cut halves a
    cell's points across its longest side; a cell's centre is the member nearest to its
    mean.
    """
    points = np.asarray(measure.spread(key, number * _MEMBERS), np.float64)
    cells: Int[np.ndarray, "cells members"] = np.arange(len(points))[None]
    while len(cells) < number:
        inside = points[cells]
        longest = np.ptp(inside, axis=1).argmax(axis=1)
        along = np.take_along_axis(inside, longest[:, None, None], axis=2)[..., 0]
        order = np.argsort(along, axis=1, kind="stable")
        cells = np.take_along_axis(cells, order, axis=1)
        cells = cells.reshape(2 * len(cells), -1)
    members = points[cells]
    mean = members.mean(axis=1, keepdims=True)
    nearest = ((members - mean) ** 2).sum(axis=2).argmin(axis=1)
    return Cells(members, members[np.arange(number), nearest])
