r"""Last stage of `metric_nlot_plus`: maps of a sequence, fitted as a chain.

What a map sends on is what the maps before it deliver, not a fresh sample: points that
land between two branches, or ahead of the rest, are sent on by a map that has seen no
such points, and their number grows from measure to measure. So the maps are fitted one
after another, each to an exact coupling of what arrives with the next measure, which
brings strays back. The measure's own samples, coupled apart, are the other half.

With momentum, $m |v - v'|^2 / 2$ is added to the cost of a displacement v, where v' is
the displacement in the same time at the velocity before, and the maps see v', too.
Where streams cross, a metric cannot tell which way is on: points of both have the same
position.
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from nlot.discrete.couplings import squared_distances
from nlot.discrete.sequence_couplings import (
    MANY,
    PairCouplings,
    couple,
    straight_costs,
    thinned,
)
from nlot.methods.metric_nlot_plus.config import Config, MapsConfig
from nlot.networks.mlp import MLP
from nlot.networks.pairwise import Frame, PairNetworks, move, squared_w2
from nlot.problems.sequence import Sequence
from nlot.training.loop import Log, fit
from nlot.training.progress import Reporter

# By this factor a map may miss its target before it is said.
_TOO_FAR = 2.0


class Travellers(NamedTuple):
    """Points at the time of a measure, and their last displacements."""

    x: Float[np.ndarray, "n d"]
    v: Float[np.ndarray, "n d"]

    def next(self, y: Float[np.ndarray, "n d"]) -> "Travellers":
        """The same points after their move to `y`."""
        return Travellers(y, y - self.x)


def fit_chain(
    problem: Sequence,
    networks: PairNetworks,
    config: Config,
    key: PRNGKeyArray,
    report: Reporter,
) -> MLP:
    """Fit the map of each pair in turn; returns all maps, stacked.

    **Arguments:** `networks` with a trained metric, frames, and maps to start from;
    `key` of the noise and of all draws.
    """
    noise, draws = jax.random.split(key)
    # What is sent on aims at other points than the samples, if not all fit in.
    keys = jax.random.split(jax.random.fold_in(key, 2))
    ours, others = (thinned(problem, config.coupling_points, k) for k in keys)
    first = ours.measures[0]
    samples = Travellers(first, np.zeros_like(first))
    copies = _copies(first, config.maps, noise)
    arrived, fitted = Travellers(copies, np.zeros_like(copies)), []
    for pair in range(problem.pairs):
        frame, _, network = networks.pair(jnp.array(pair))
        own, theirs = (
            _coupling(sequence, pair, points, networks, config, report)
            for sequence, points in ((ours, samples), (others, arrived))
        )
        coupling = jax.tree.map(lambda *leaves: jnp.concatenate(leaves), own, theirs)
        network = fit(
            map_loss,
            network,
            config.maps,
            (coupling, frame, config),
            jax.random.fold_in(draws, pair),
            phase="maps",
            report=report,
        ).model
        fitted.append(network)
        goal = ours.measures[pair + 1]
        _check_fit(np.asarray(move(frame, network, *samples)), goal, pair, report)
        arrived = arrived.next(np.asarray(move(frame, network, *arrived)))
        samples = _successors(own, goal)
    return jax.tree.map(
        lambda *leaves: jnp.stack(leaves) if eqx.is_array(leaves[0]) else leaves[0],
        *fitted,
    )


def map_loss(
    network: MLP, fixed: tuple[PairCouplings, Frame, Config], key: PRNGKeyArray
) -> tuple[Array, Log]:
    """Least squares of a pair's map on its couplings, in units of the pair's step.

    The couplings have points and their last displacements, side by side, as `x`.
    """
    coupling, frame, config = fixed
    pick = random_edges(key, coupling.mass, config.maps.batch)
    x, v = jnp.split(coupling.x[pick], 2, axis=-1)
    gap = jax.vmap(frame.map(network))(x, v) - coupling.y[pick]
    loss = jnp.mean(jnp.sum(gap**2, -1)) / frame.step**2
    return loss, {"map": loss}


def random_edges(
    key: PRNGKeyArray, mass: Float[Array, " m"], n: int
) -> Int[Array, " n"]:
    """Indices drawn in proportion to `mass`."""
    return jax.random.choice(key, len(mass), (n,), p=mass / jnp.sum(mass))


def _copies(
    first: Float[np.ndarray, "n d"], settings: MapsConfig, key: PRNGKeyArray
) -> Float[np.ndarray, "m d"]:
    """Copies of the samples of the first measure, with noise."""
    copies = np.tile(first, (settings.copies, 1))
    width = settings.noise * np.sqrt(first.var(axis=0).mean())
    return copies + width * np.asarray(jax.random.normal(key, copies.shape))


def _coupling(
    problem: Sequence,
    pair: int,
    points: Travellers,
    networks: PairNetworks,
    config: Config,
    report: Reporter,
) -> PairCouplings:
    """Optimal transport to the next measure, padded to the same number for all pairs.

    Its `x` are points and their last displacements, side by side.
    """
    goal, most = problem.measures[pair + 1], problem.points.shape[1]
    if len(points.x) * len(goal) > MANY:
        report.say(
            f"couples {len(points.x)} and {len(goal)} points for map {pair + 1} of "
            f"{problem.pairs}"
        )
    cost = straight_costs(networks.metric, points.x, goal, config.coupling_nodes, most)
    # The first displacement has none before it.
    if pair and config.maps.momentum:
        pace = float(networks.frames.pace[pair])
        on = squared_distances(points.x + pace * points.v, goal)
        cost = cost + config.maps.momentum * on / 2
    size = max(len(points.x), most) + most - 1
    return couple(np.concatenate(points, axis=1), goal, cost, size)


def _check_fit(
    y: Float[np.ndarray, "n d"],
    goal: Float[np.ndarray, "m d"],
    pair: int,
    report: Reporter,
) -> None:
    """Say so if the images of a pair's samples are far from those they were fitted to.

    Twice as far as the halves of the latter are from each other: the network is too
    small to follow the coupling, or was trained too little.
    """
    far, near = (np.sqrt(squared_w2(*z)) for z in ((y, goal), (goal[::2], goal[1::2])))
    if far > _TOO_FAR * near:
        report.say(
            f"map {pair + 1} misses the samples that it was fitted to: W2 {far:.3g}, "
            f"that of their halves is {near:.3g}; try a wider `map`, more `maps.steps`"
        )


def _successors(coupling: PairCouplings, goal: Float[np.ndarray, "m d"]) -> Travellers:
    """The samples of the next measure, each from where most of its mass came."""
    starts, ends, mass = (
        np.asarray(leaf) for leaf in (coupling.x, coupling.y, coupling.mass)
    )
    came = np.where((ends[None] == goal[:, None]).all(-1), mass, -1).argmax(axis=1)
    x = starts[came, : goal.shape[1]]
    return Travellers(goal, goal - x)
