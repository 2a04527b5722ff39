"""Trained runs of Algorithm 2."""

import equinox as eqx
import jax
from jaxtyping import Array, Float

from nlot.costs.lagrangians import Riemannian
from nlot.methods.alternation import build_quadrature
from nlot.methods.metric_nlot.config import Config
from nlot.methods.metric_nlot.training import refine
from nlot.methods.metric_run import MetricRun
from nlot.networks.pairwise import PairNetworks


class MetricNLOTRun(MetricRun):
    """A run whose maps are the c-transforms of the learned potentials."""

    def _leg(self, pair: Array, x: Float[Array, "n d"]) -> Float[Array, "n d"]:
        return _transport(self.networks, self.config, self.problem.bounds, pair, x)


@eqx.filter_jit
def _transport(
    networks: PairNetworks, config: Config, bounds: float, pair: Array, x: Array
) -> Array:
    rule, lagrangian = build_quadrature(config), Riemannian(networks.metric)
    given = *networks.pair(pair), networks.spline, rule, lagrangian, bounds
    return jax.vmap(lambda a: refine(*given, config.transport, a).y)(x)


open = MetricNLOTRun
