r"""Optimal transport guided by keypoints (Gu et al., 2022), a control.

The known pairs are keypoints. Each point has a relation to those of its own measure,
$r(x)_u ∝ \exp\{-|x - x_u|^2/ρ\}$, ρ a tenth of the largest squared distance. The
cost is the mean of $|x - y|^2$, divided by its maximum, and of the divergence of Jensen
and Shannon between $r(x)$ and $r(y)$. The published method also forbids keypoints to
move elsewhere, which samples of unequal weights cannot obey.
"""

from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import rel_entr
from jaxtyping import Array, Float

from nlot.discrete.entropic import Duals, entropic_duals
from nlot.evaluation.controls import control
from nlot.evaluation.pairs_controls import EPSILON, PairsControl
from nlot.evaluation.registry import PAIRS

_WIDTH, _SHARE = 0.1, 0.5


@control(
    "keypoints",
    "Keypoint-guided transport",
    PAIRS,
    capabilities=["map", "plan"],
    needs=["known_pairs"],
    note="Keypoint-guided transport: images are the plan's means of targets; "
    "ε is 0.01 of the mean cost.",
)
class Keypoints(PairsControl):
    """Transport that keeps relations to the known pairs."""

    def transport(
        self, x: Float[Any, "n d"], key: Any = None
    ) -> Float[np.ndarray, "n d"]:
        """Means of targets, as the plan would have them for further samples."""
        with jax.enable_x64(True):
            costs, (duals, epsilon) = self._costs(x), self._solution
            shares = jax.nn.softmax((duals.g - costs) / epsilon, axis=1)
            return np.asarray(shares) @ self.problem.target

    @property
    def plan(self) -> Float[np.ndarray, "n m"]:
        """The entropic plan between the samples."""
        with jax.enable_x64(True):
            duals, epsilon = self._solution
            costs = self._costs(self.problem.source)
            return np.asarray(jnp.exp((duals.f[:, None] + duals.g - costs) / epsilon))

    @cached_property
    def _solution(self) -> tuple[Duals, Float[Array, ""]]:
        """Dual variables between the samples, and ε."""
        with jax.enable_x64(True):
            costs = self._costs(self.problem.source)
            epsilon = EPSILON * jnp.mean(costs)
            return jax.jit(entropic_duals)(costs, epsilon), epsilon

    def _costs(self, x: Float[Any, "n d"]) -> Float[Array, "n m"]:
        """From points of the source to the samples of the target."""
        source, y = (jnp.asarray(z) for z in (self.problem.source, self.problem.target))
        x, (rows, columns) = jnp.asarray(x, source.dtype), self.problem.pairs.T
        there = _relation(x, source[rows], source)
        here = _relation(y, y[columns], y)
        far = jnp.max(_squares(source, y))
        return _SHARE * _squares(x, y) / far + (1 - _SHARE) * _divergence(there, here)


def _squares(x: Array, y: Array) -> Float[Array, "n m"]:
    return jnp.sum((x[:, None] - y) ** 2, axis=-1)


def _relation(x: Array, keypoints: Array, samples: Array) -> Float[Array, "n k"]:
    width = _WIDTH * jnp.max(_squares(samples, keypoints))
    return jax.nn.softmax(-_squares(x, keypoints) / width, axis=1)


def _divergence(p: Array, q: Array) -> Float[Array, "n m"]:
    """The divergence of Jensen and Shannon of p[i] and q[j] at [i, j]."""
    p, q = p[:, None], q[None]
    terms = rel_entr(p, (p + q) / 2) + rel_entr(q, (p + q) / 2)
    return jnp.sum(terms, axis=-1) / 2
