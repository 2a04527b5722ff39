"""Trained runs of Algorithm 2, opened."""

import equinox as eqx
import jax
from jaxtyping import Array, Float

from nlot.methods.metric_nlot.config import Config
from nlot.methods.metric_nlot.training import transport
from nlot.methods.metric_run import AbstractMetricRun
from nlot.networks.pairwise import PairNetworks


class MetricNLOTRun(AbstractMetricRun):
    """Its maps are the c-transforms of the learned potentials."""

    config: Config

    def _leg(self, pair: Array, x: Float[Array, "n d"]) -> Float[Array, "n d"]:
        return _transport(self.networks, self.config, self.problem.bounds, pair, x)


@eqx.filter_jit
def _transport(
    networks: PairNetworks, config: Config, bounds: float, pair: Array, x: Array
) -> Array:
    return jax.vmap(lambda a: transport(networks, config, bounds, pair, a))(x)


open = MetricNLOTRun
