"""The networks of a sequence: one metric and spline, a potential and map each pair."""

import itertools
from collections.abc import Callable
from collections.abc import Sequence as Many

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.config import LearnerConfig, MetricNLOTConfig
from nlot.datasets.sequences import Sequence
from nlot.networks import MLP, SplineNetwork
from nlot.rotations import RotationMetric
from nlot.splines import CubicSpline

PointMap = Callable[[Float[Array, " d"]], Array]


class Frame(eqx.Module):
    """Where the points of a pair of measures are: networks see (x - centre) / scale.

    Neighbouring measures lie close together within the whole sequence; in its frame a
    pair's displacements and potentials are of order one.
    """

    centre: Float[Array, "*pairs d"]
    scale: Float[Array, "*pairs"]

    @classmethod
    def of(cls, sequence: Sequence) -> "Frame":
        """The frames of all pairs, stacked."""
        measures = sequence.measures
        both = [np.concatenate(pair) for pair in itertools.pairwise(measures)]
        centre = np.stack([part.mean(0) for part in both])
        scale = [np.abs(p - c).max() for p, c in zip(both, centre, strict=True)]
        return cls(jnp.asarray(centre), jnp.asarray(np.array(scale, np.float32)))

    def potential(self, network: MLP) -> PointMap:
        """g: a cost grows with the square of distance, and so does its potential."""
        return lambda y: self.scale**2 * network((y - self.centre) / self.scale)[0]

    def map(self, network: MLP) -> PointMap:
        """y: a displacement added to x."""
        return lambda x: x + self.scale * network((x - self.centre) / self.scale)


class PairNetworks(eqx.Module):
    """What a metric learner learns; `potentials` and `maps` are stacked, one a pair."""

    metric: RotationMetric
    potentials: MLP | None
    maps: MLP
    spline: SplineNetwork
    frames: Frame


def build_pair_networks(
    pairs: int,
    centre: Many[float],
    half_width: float,
    config: LearnerConfig,
    *,
    key: PRNGKeyArray,
) -> PairNetworks:
    """Untrained networks, in frames that are still to be set.

    `centre` and `half_width` say where the whole sequence is.
    """
    keys = jax.random.split(key, 4)
    d = len(centre)
    potentials = None
    if isinstance(config, MetricNLOTConfig):
        g = config.potential
        potentials = eqx.filter_vmap(
            lambda k: MLP(d, 1, g.hidden, g.activation, key=k)
        )(jax.random.split(keys[1], pairs))
    y, s = config.map, config.spline
    spline = SplineNetwork(
        d,
        CubicSpline(config.knots).size,
        s.hidden,
        s.activation,
        half_width,
        key=keys[3],
    )
    return PairNetworks(
        metric=RotationMetric(config.metric, tuple(centre), half_width, key=keys[0]),
        potentials=potentials,
        maps=eqx.filter_vmap(lambda k: MLP(d, d, y.hidden, y.activation, key=k))(
            jax.random.split(keys[2], pairs)
        ),
        spline=spline.nearly_straight(),
        frames=Frame(jnp.zeros((pairs, d)), jnp.ones(pairs)),
    )
