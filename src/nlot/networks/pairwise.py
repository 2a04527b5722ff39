"""The networks of a sequence: a metric, a spline, and a potential and map per pair."""

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.config.sections import NetworkConfig, PathConfig, RotationConfig
from nlot.networks.mlp import MLP
from nlot.networks.rotation import RotationMetric
from nlot.paths.splines import CubicSpline
from nlot.problems.sequence import Outline, Sequence
from nlot.training.loop import Constant

# Untrained paths are nearly straight.
_STRAIGHT = 0.1
# Points of a measure that its distance from the next is taken of.
_ENOUGH = 2048
PointMap = Callable[..., Array]


class Frame(eqx.Module):
    """Units for a pair of measures: networks see (x - centre) / scale.

    Neighbouring measures are close compared with the extent of the sequence. `step`,
    their Euclidean W2, is the unit of the map network's displacements; in units of
    `cost`, the potential network's slope is of order one. In units of the whole
    sequence, the noise of a learning rate would exceed the signal.

    With `momentum` map networks also see the displacement before, times `pace`, the
    duration of the pair's interval in those of the one before (1 for the first pair):
    the displacement at the same velocity.
    """

    centre: Float[Array, "*pairs d"]
    scale: Float[Array, "*pairs"]
    step: Float[Array, "*pairs"]
    cost: Float[Array, "*pairs"]
    pace: Float[Array, "*pairs"]
    momentum: bool = eqx.field(static=True, default=False)

    @classmethod
    def of(
        cls, sequence: Sequence, cheapest: float, *, momentum: bool = False
    ) -> "Frame":
        """The frames of all pairs, stacked.

        **Arguments:** `cheapest` is the smallest eigenvalue of the metric: motion by
        `step` in the cheap direction costs it times step²/2.
        """
        pairs = list(itertools.pairwise(sequence.measures))
        joined = [np.concatenate(pair) for pair in pairs]
        centre = np.stack([points.mean(0) for points in joined])
        far = [np.abs(z - c).max() for z, c in zip(joined, centre, strict=True)]
        # A unit needs no more than a part of large measures, evenly over the file.
        some = [[z[:: -(-len(z) // _ENOUGH)] for z in pair] for pair in pairs]
        scale, step = np.array(far), np.sqrt([squared_w2(*pair) for pair in some])
        single = partial(jnp.asarray, dtype=jnp.float32)
        cost = single(cheapest * step * scale)
        intervals = sequence.intervals
        pace = single(np.append(1.0, intervals[1:] / intervals[:-1]))
        return cls(single(centre), single(scale), single(step), cost, pace, momentum)

    def potential(self, network: MLP) -> PointMap:
        """The potential g of a pair."""
        return lambda y: self.cost * network((y - self.centre) / self.scale)[0]

    def map(self, network: MLP) -> PointMap:
        """The map y of a pair: a displacement added to x."""

        def y(x: Array, before: Array | None = None) -> Array:
            seen = (x - self.centre) / self.scale
            if self.momentum:
                assert before is not None
                seen = jnp.concatenate([seen, before * self.pace / self.step])
            return x + self.step * network(seen)

        return y


def squared_w2(a: Float[np.ndarray, "n d"], b: Float[np.ndarray, "m d"]) -> float:
    """Squared 2-Wasserstein distance between two samples, by network simplex."""
    # Takes half a second, which jobs without training are spared.
    import ot

    cost = ot.dist(a.astype(np.float64), b.astype(np.float64))
    return float(ot.emd2([], [], cost, numItermax=10_000_000))


class ChordSpline(eqx.Module):
    """The amortised path φ of a sequence: two ends of shape (d,) to coefficients.

    Coefficients scale with the chord: paths between close points stay nearly straight,
    however far those between distant points bend. Otherwise a metric learned along
    paths would adapt to their errors.
    """

    mlp: MLP
    centre: Constant
    scale: Constant

    def __call__(
        self, x: Float[Array, " d"], y: Float[Array, " d"]
    ) -> Float[Array, "size d"]:
        middle = (x + y) / 2 - self.centre.value.astype(x.dtype)
        flat = self.mlp(jnp.concatenate([middle, y - x]) / self.scale.value)
        # The small constant keeps the gradient finite where the ends meet.
        chord = jnp.sqrt(jnp.sum((y - x) ** 2) + 1e-12)
        return _STRAIGHT * chord * flat.reshape(-1, x.shape[0])


class PairNetworks(eqx.Module):
    """The networks of a sequence; `potentials` and `maps` are stacked, one per pair.

    `potentials` is None if maps are learned without them.
    """

    metric: RotationMetric
    potentials: MLP | None
    maps: MLP
    spline: ChordSpline
    frames: Frame

    def pair(self, index: Array) -> tuple[Frame, Any, MLP]:
        """Frame, potential (or None) and map of one pair of measures."""
        stacked = (self.frames, self.potentials, self.maps)
        return jax.tree.map(
            lambda leaf: leaf[index] if eqx.is_array(leaf) else leaf, stacked
        )


@eqx.filter_jit
def move(
    frame: Frame, network: MLP, x: Float[Any, "n d"], before: Float[Any, "n d"]
) -> Float[Array, "n d"]:
    """Images of points under the map of one pair of measures.

    **Arguments:** `before` are the displacements by which `x` came from the measure
    before, zero at the first; only networks with momentum see them.
    """
    return jax.vmap(frame.map(network))(x, before)


@eqx.filter_jit
def carry(frames: Frame, maps: MLP, x: Float[Array, "n d"]) -> Float[Array, "K n d"]:
    """Points of the first measure at the times of all measures, by all maps in turn."""
    arrays, static = eqx.partition((frames, maps), eqx.is_array)

    def leg(state: tuple[Array, Array], pair: Any) -> tuple[tuple[Array, Array], Array]:
        x, before = state
        frame, network = eqx.combine(pair, static)
        y = move(frame, network, x, before)
        return (y, y - x), y

    _, stops = jax.lax.scan(leg, (x, jnp.zeros_like(x)), arrays)
    return jnp.concatenate([x[None], stops])


def build_pair_networks(
    sequence: Sequence | Outline,
    config: PathConfig,
    metric: RotationConfig,
    potential: NetworkConfig | None = None,
    *,
    momentum: bool = False,
    key: PRNGKeyArray,
) -> PairNetworks:
    """Untrained networks, with frames still to be set.

    **Arguments:** `sequence` gives the number of pairs and their extent; the others are
    settings of the networks, with `potential` None for networks without potentials;
    with `momentum` maps see a point's displacement before, too.
    """
    keys = jax.random.split(key, 4)
    pairs, centre, half_width = sequence.pairs, sequence.centre, sequence.half_width
    d = len(centre)

    def stacked(
        network: NetworkConfig, sizes: tuple[int, int], key: PRNGKeyArray
    ) -> MLP:
        return eqx.filter_vmap(
            lambda k: MLP(*sizes, network.hidden, network.activation, key=k)
        )(jax.random.split(key, pairs))

    rotation = RotationMetric(metric, tuple(centre), half_width, key=keys[0])
    s, size = config.spline, CubicSpline(config.knots).size
    path = MLP(2 * d, size * d, s.hidden, s.activation, key=keys[3])
    return PairNetworks(
        metric=rotation,
        potentials=None if potential is None else stacked(potential, (d, 1), keys[1]),
        maps=stacked(config.map, (2 * d if momentum else d, d), keys[2]),
        spline=ChordSpline(path, rotation.centre, rotation.scale),
        frames=Frame(
            centre=jnp.zeros((pairs, d)),
            scale=jnp.ones(pairs),
            step=jnp.ones(pairs),
            cost=jnp.ones(pairs),
            pace=jnp.ones(pairs),
            momentum=momentum,
        ),
    )
