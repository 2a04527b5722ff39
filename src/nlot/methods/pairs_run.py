"""Trained runs of maps between samples of which some are pairs."""

from typing import Any

import numpy as np
from jaxtyping import Array, Float

from nlot.methods.run import AbstractRun
from nlot.problems.pairs import Outline, Pairs


class PairsRun(AbstractRun):
    """A map between samples in the user's units.

    Points have shape (n, d), or (d,) for one; methods raise `ValueError` for others.
    """

    problem: Pairs | Outline
    stochastic = False

    def _inward(self, x: Float[Any, "*n d"]) -> Float[Array, "n d"]:
        """`x` in standard coordinates."""
        self.points(x)
        return self.problem.frame.inward(np.atleast_2d(np.asarray(x, np.float64)))


class LearnedCostRun(PairsRun):
    """A map that is optimal, or nearly, under a learned cost."""

    @property
    def failures(self) -> float:
        """The share of inner problems that did not converge in training.

        These are entropic transport and (∇h)⁻¹ at each step; nan without its history.
        """
        shares = [
            record[name]
            for record in self.history
            for name in ("dual", "inverted")
            if name in record
        ]
        return 1 - float(np.mean(shares)) if shares else float("nan")
