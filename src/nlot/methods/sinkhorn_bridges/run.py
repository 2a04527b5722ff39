"""Runs of `sinkhorn_bridges`: random paths of points, and populations in between."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy
from jaxtyping import Array, Float

from nlot.discrete.couplings import squared_distances
from nlot.methods.sequence_run import SequenceRun
from nlot.methods.sinkhorn_bridges.config import Config
from nlot.methods.sinkhorn_bridges.training import Bridges
from nlot.training.streams import stream


class BridgesRun(SequenceRun):
    """Random paths through all measures; every call with the same points repeats them.

    Images are samples of the next measure, drawn as the plan couples them; mass that
    grows counts in `population` alone. Every method raises `ValueError` for points of
    another shape.
    """

    config: Config
    networks: Bridges
    momentum = False

    def population(self, time: float) -> Float[np.ndarray, "n d"]:
        """Points of the population at a time of the data or between two.

        Raises `ValueError` for a time outside.
        """
        first, last = self.times[0], self.times[-1]
        if not first <= time <= last:
            raise ValueError(f"time must be within [{first:g}, {last:g}], found {time}")
        leg = min(int(np.searchsorted(self.times, time, "right")) - 1, self.pairs - 1)
        start, end = self.times[leg : leg + 2]
        s = (time - start) / (end - start)
        rng, noise = self._rng(f"population/{leg}"), float(self.networks.noise)
        return self.networks.bridge(leg).population(s, self.config.draws, noise, rng)

    @property
    def failures(self) -> float:
        """The share of plans for which Sinkhorn's iteration did not converge."""
        return 1.0 - float(self.networks.converged.mean())

    def leg(
        self, x: Float[Any, "*n d"], pair: int, before: Float[Any, "*n d"] | None = None
    ) -> Float[Array, "n d"]:
        self._check_pair(pair)
        bridge, rng = self.networks.bridge(pair), self._rng(f"images/{pair}")
        points = np.asarray(self.points(x), np.float64)
        costs = squared_distances(points, bridge.y)
        which = rng.integers(len(bridge.plans), size=len(points))
        duals = np.stack([plan.g for plan in bridge.plans])[which]
        shares = scipy.special.softmax((duals - costs) / bridge.epsilon, axis=1)
        ends = np.cumsum(shares, axis=1)
        below = rng.random((len(points), 1)) * ends[:, -1:]
        return jnp.asarray(bridge.y[(ends < below).sum(1)], jnp.float32)

    def _passed(
        self,
        x: Float[Array, "n d"],
        y: Float[Array, "n d"],
        pair: int,
        fractions: Float[np.ndarray, " times"],
    ) -> Float[Array, "n times d"]:
        rng = self._rng(f"paths/{pair}")
        times, back = np.unique(np.append(fractions, 1.0), return_inverse=True)
        steps = np.sqrt(np.diff(times, prepend=0.0))[:, None, None]
        walk = np.cumsum(steps * rng.standard_normal((len(times), *x.shape)), axis=0)
        # A Brownian motion that is tied to zero at the end.
        s = times[:, None, None]
        variance = float(self.networks.noise * self.networks.epsilon) / 2
        tied = np.sqrt(variance) * (walk - s * walk[-1])
        a, b = np.asarray(x), np.asarray(y)
        path = (1 - s) * a + s * b + tied
        return jnp.asarray(np.swapaxes(path[back[:-1]], 0, 1), jnp.float32)

    def _rng(self, what: str) -> np.random.Generator:
        key = stream(self.seed, f"bridges/{what}")
        return np.random.default_rng(np.asarray(jax.random.key_data(key)))


open = BridgesRun
