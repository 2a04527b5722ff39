"""Schrödinger bridges between samples."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.costs.closed_forms import bridge_clock, harmonic_path
from nlot.methods.entropic.config import Config
from nlot.methods.entropic.training import Plan, harmonic, pair_costs
from nlot.methods.transport_run import Outside, TransportRun
from nlot.problems.transport import Times
from nlot.training.streams import stream

# What a key draws: ends of paths, and the noise on the way.
_ENDS, _NOISE = 0, 1


class EntropicRun(TransportRun):
    """The bridge on arrays of shape (n, d), in the user's units.

    Images are samples of the target, drawn as the plan couples them; the same key, by
    default one from the run's seed, draws the same. Every method raises `ValueError`
    for points of another shape.
    """

    config: Config
    networks: Plan
    stochastic = True

    def _images(
        self, z: Float[Array, "n d"], key: PRNGKeyArray | None
    ) -> Float[Array, "n d"]:
        x = self.problem.frame.outward(z)
        ends = np.asarray(self.networks.y, np.float64)
        shares = self._log_shares(pair_costs(self.problem, x, ends), self.networks.g)
        below = np.cumsum(scipy.special.softmax(shares, axis=1), axis=1)
        drawn = self._rng(_ENDS, key).random((len(x), 1)) * below[:, -1:]
        return self.problem.frame.inward(ends[(below < drawn).sum(1)])

    def path(
        self,
        x: Float[Any, "*n d"],
        times: Times,
        key: PRNGKeyArray | None = None,
        *,
        outside: Outside = "warn",
    ) -> Float[Array, "n times d"]:
        """Draws of the bridge from `x` at `times` in [0, T], jointly.

        Raises `ValueError` for times outside.
        """
        problem, horizon = self.problem, self.problem.horizon
        omega = harmonic(problem)
        at = horizon * np.asarray(problem.fractions(times), np.float64)
        a = np.asarray(self.points(x), np.float64)
        b = problem.frame.outward(self._images(self.standard(x), key))
        instants, back = np.unique(at, return_inverse=True)
        size, clock = bridge_clock(instants, omega, horizon)
        normal = self._rng(_NOISE, key).standard_normal(
            (len(a), len(clock), a.shape[1])
        )
        walk = np.cumsum(np.sqrt(np.diff(clock, prepend=0.0))[:, None] * normal, axis=1)
        noise = np.sqrt(float(self.networks.epsilon)) * size[:, None] * walk
        mean = _means(a, np.asarray(b, np.float64), instants, omega, horizon)
        found = (mean + noise)[:, back]
        return self._answer(self.points(x), jnp.asarray(found, jnp.float32), outside)

    def potential(self, y: Float[Any, "*n d"]) -> Float[Array, " n"]:
        r"""The dual variable g, extended to any points by those of the source.

        $g(y) = -ε \log \frac1n \sum_i e^{(f_i - c(x_i, y))/ε}$
        """
        return self._extended(self.points(y), self.networks.x, self.networks.f)

    def dual(self, x: Float[Any, "*n d"]) -> Float[Array, " n"]:
        """The dual variable f, extended in the same way: a soft c-transform of g."""
        return self._extended(self.points(x), self.networks.y, self.networks.g)

    @property
    def failures(self) -> float:
        """1 if the search for the plan did not converge, else 0."""
        return 1.0 - float(self.networks.converged)

    def _extended(
        self, z: Float[Array, "n d"], others: Array, duals: Array
    ) -> Float[Array, " n"]:
        shares = self._log_shares(pair_costs(self.problem, z, others), duals)
        total = scipy.special.logsumexp(shares, axis=1) - np.log(len(others))
        return jnp.asarray(-float(self.networks.epsilon) * total, jnp.float32)

    def _log_shares(
        self, costs: Float[np.ndarray, "n m"], duals: Array
    ) -> Float[np.ndarray, "n m"]:
        return (np.asarray(duals, np.float64) - costs) / float(self.networks.epsilon)

    def _rng(self, part: int, key: PRNGKeyArray | None) -> np.random.Generator:
        key = stream(self.seed, "bridge") if key is None else key
        data = jax.random.key_data(jax.random.fold_in(key, part))
        return np.random.default_rng(np.asarray(data))


def _means(
    x: Float[np.ndarray, "n d"],
    y: Float[np.ndarray, "n d"],
    times: Float[np.ndarray, " times"],
    omega: float,
    horizon: float,
) -> Float[np.ndarray, "n times d"]:
    """The paths of least action between the ends."""

    def one(a: Array, b: Array) -> Array:
        at = partial(harmonic_path, a, b, omega=omega, horizon=horizon)
        return jax.vmap(lambda t: at(time=t))(jnp.asarray(times))

    with jax.enable_x64(True):
        return np.asarray(jax.vmap(one)(jnp.asarray(x), jnp.asarray(y)))


open = EntropicRun
