"""Trained runs of `metric_nlot_plus`, opened."""

import equinox as eqx
import jax
from jaxtyping import Array, Float

from nlot.methods.metric_nlot_plus.config import Config
from nlot.methods.metric_run import AbstractMetricRun
from nlot.networks.pairwise import PairNetworks


class MetricNLOTPlusRun(AbstractMetricRun):
    """Its maps are the map networks."""

    config: Config

    def _leg(self, pair: Array, x: Float[Array, "n d"]) -> Float[Array, "n d"]:
        return _transport(self.networks, pair, x)


@eqx.filter_jit
def _transport(networks: PairNetworks, pair: Array, x: Array) -> Array:
    frame, _, network = networks.pair(pair)
    return jax.vmap(frame.map(network))(x)


open = MetricNLOTPlusRun
