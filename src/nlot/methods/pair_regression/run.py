"""Maps that were fitted to known pairs."""

from typing import Any

import equinox as eqx
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.methods.pair_regression.config import Config
from nlot.methods.pair_regression.training import Ensemble
from nlot.methods.pairs_run import PairsRun


class RegressionRun(PairsRun):
    """A map that was fitted to known pairs."""

    config: Config
    networks: Ensemble

    def transport(
        self, x: Float[Any, "*n d"], key: PRNGKeyArray | None = None
    ) -> Float[Array, "n d"]:
        """Images of points of the source."""
        images = eqx.filter_jit(self.networks)(self._inward(x))
        return self.problem.frame.outward(images)


open = RegressionRun
