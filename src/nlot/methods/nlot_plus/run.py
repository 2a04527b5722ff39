"""Trained runs of `nlot_plus`, opened."""

from typing import Any

from jaxtyping import Array, Float, PRNGKeyArray

from nlot.methods.amortised_run import AbstractAmortisedRun


class NLOTPlusRun(AbstractAmortisedRun):
    """The map of `nlot_plus`: its map network."""

    def transport(
        self, x: Float[Any, "n d"], key: PRNGKeyArray | None = None
    ) -> Float[Array, "n d"]:
        """Where `x` is sent, by the map network."""
        return self.network_map(x)


open = NLOTPlusRun
