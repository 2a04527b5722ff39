"""Trained runs of Algorithm 1."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.methods.alternation import build_quadrature
from nlot.methods.amortised_run import AmortisedRun
from nlot.methods.nlot.config import Config
from nlot.methods.nlot.training import refine
from nlot.networks.amortised import Networks
from nlot.problems.transport import Transport
from nlot.training.microbatch import batches


class NLOTRun(AmortisedRun):
    """The map of Algorithm 1: the c-transform of the learned potential.

    Its variant `network_map` is the map network, where the c-transform starts.
    """

    def transport(
        self, x: Float[Any, "n d"], key: PRNGKeyArray | None = None
    ) -> Float[Array, "n d"]:
        """Images of `x`: by the c-transform of eq. 6, or by the map network."""
        if self.variant == "network_map":
            return self.network_map(x)
        x = self.points(x)
        parts = [x[:0]]
        for picked, lanes in batches(np.arange(len(x))):
            y = _transport(self.networks, self.problem, self.config, x[lanes])
            parts.append(y[: len(picked)])
        return jnp.concatenate(parts)


@eqx.filter_jit
def _transport(
    networks: Networks, problem: Transport, config: Config, x: Array
) -> Array:
    rule = build_quadrature(config, problem.horizon)
    given = networks, rule, problem, problem.lagrangian
    return jax.vmap(lambda a: refine(*given, config.transport, a).y)(x)


open = NLOTRun
