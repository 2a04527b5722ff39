"""Trained runs of Algorithm 1."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.methods.alternation import build_quadrature
from nlot.methods.amortised_run import AmortisedRun
from nlot.methods.ctransform import refine
from nlot.methods.nlot.config import Config
from nlot.networks.amortised import Networks
from nlot.problems.transport import Transport
from nlot.training.microbatch import batches


class NLOTRun(AmortisedRun):
    """The map of Algorithm 1: the c-transform of the learned potential (eq. 6).

    Its variant `network_map` is the map network, where the c-transform starts.
    """

    action_loss = "training", "spline", 0.01

    def _images(
        self, z: Float[Array, "n d"], key: PRNGKeyArray | None
    ) -> Float[Array, "n d"]:
        if self.variant == "network_map":
            return super()._images(z, key)
        problem, parts = self.problem.standard, [z[:0]]
        for picked, lanes in batches(np.arange(len(z))):
            y = _refined(self.networks, problem, self.config, z[lanes])
            parts.append(y[: len(picked)])
        return jnp.concatenate(parts)


@eqx.filter_jit
def _refined(networks: Networks, problem: Transport, config: Config, z: Array) -> Array:
    given = networks, build_quadrature(config), problem, problem.lagrangian
    return refine(*given, config.transport, z).y


open = NLOTRun
