r"""`metric_nlot_plus`: Algorithm 2 with exact couplings in place of potentials.

Our own method, not the paper's. Several rounds of steps 1 and 2, then steps 3 and 4:

1. *Couplings.* All neighbouring measures are coupled exactly, at first along straight
   Euclidean lines, later for the action along the previous round's metric. Numbers of
   points may differ: edges are drawn in proportion to their mass.
2. *Directions.* Along a displacement v the action is $(m |v|^2 + h\, z(x) · w)/2$, with
   w the vector of length |v|² at twice the angle of v, and z, m, h the unit vector and
   constants of `nlot.networks.rotation`. It is smallest where z is opposite to w;
   without the constraint $|z| = 1$, least squares of z on $-w/|v|^2$ has the same
   minimiser and is convex. Several networks are fitted at noisy positions and their
   vectors averaged, which smooths over distances at which couplings of few points mean
   nothing. Pairs count equally, however fast they move and long they take. Other
   dimensions also use least squares, on the vectors that make motion along v cheap
   (`RotationMetric.direction_targets`).
3. *Paths.* The spline network learns paths of least action along the metric.
4. *Maps.* One network per pair of measures, fitted in turn to couplings of what the
   maps before it deliver (`nlot.methods.metric_nlot_plus.chain`).
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.costs.lagrangians import Riemannian
from nlot.discrete.sequence_couplings import (
    PairCouplings,
    couple_neighbours,
    thinned,
)
from nlot.methods.losses import Path, spline_loss
from nlot.methods.metric_nlot_plus.chain import fit_chain, random_edges
from nlot.methods.metric_nlot_plus.config import Config
from nlot.networks.pairwise import Frame, PairNetworks, build_pair_networks
from nlot.networks.rotation import RotationMetric
from nlot.paths.quadrature import Quadrature
from nlot.paths.splines import CubicSpline
from nlot.problems.sequence import Outline, Sequence
from nlot.training.loop import Log, Trainee, fit
from nlot.training.progress import Reporter


def build(
    problem: Sequence | Outline, config: Config, *, key: PRNGKeyArray
) -> PairNetworks:
    """Untrained networks for a sequence, with frames still to be set."""
    return build_pair_networks(
        problem, config, config.metric, momentum=config.maps.momentum > 0, key=key
    )


def train(
    problem: Sequence, config: Config, key: PRNGKeyArray, report: Reporter
) -> tuple[PairNetworks, list[dict[str, Any]]]:
    """Run all stages; arguments, results and errors are those in `nlot.methods`."""
    keys = jax.random.split(key, 4)
    networks = build(problem, config, key=keys[0])
    frames = Frame.of(
        problem, config.metric.eigenvalues[1], momentum=networks.frames.momentum
    )
    fitting = config.rounds * config.direction.steps
    chain = problem.pairs * config.maps.steps
    report.start(fitting + config.paths.steps + chain, config.report_every)
    width = jnp.asarray(config.smoothing * problem.half_width)
    # Not one of `keys`, which are as many as there are stages.
    few = jax.random.fold_in(key, len(keys))
    counts = [len(points) for points in problem.measures]
    if max(counts) > config.coupling_points:
        report.say(
            f"couples {config.coupling_points} random points of measures of up to "
            f"{max(counts)} (coupling_points)"
        )
    metric = Trainee.start(networks.metric, config.direction.optimiser, fitting)
    for number in range(config.rounds):
        previous = metric.model if number else None
        part = thinned(problem, config.coupling_points, jax.random.fold_in(few, number))
        nodes = config.coupling_nodes
        coupling = couple_neighbours(part, previous, nodes, report.say)
        metric = fit(
            metric_loss,
            metric,
            config.direction,
            (coupling, _edge_weights(coupling), width, config),
            keys[1],
            phase="metric",
            report=report,
        )
    spline = fit(
        path_loss,
        networks.spline,
        config.paths,
        (problem, coupling, metric.model, config),
        keys[2],
        phase="paths",
        report=report,
    )
    networks = PairNetworks(
        metric=metric.model,
        potentials=None,
        maps=networks.maps,
        spline=spline.model,
        frames=frames,
    )
    maps = fit_chain(problem, networks, config, keys[3], report)
    return eqx.tree_at(lambda n: n.maps, networks, maps), report.history


def _edge_weights(coupling: PairCouplings) -> Float[Array, "pairs m"]:
    """1 / E|v|² of an edge's pair: fast and slow pairs count equally."""
    squared = jnp.sum((coupling.y - coupling.x) ** 2, -1)
    mean = jnp.sum(coupling.mass * squared, -1, keepdims=True)
    return jnp.broadcast_to(1 / mean, squared.shape)


def metric_loss(
    metric: RotationMetric,
    fixed: tuple[PairCouplings, Array, Array, Config],
    key: PRNGKeyArray,
) -> tuple[Array, Log]:
    """Stage 2: `direction_loss` at random points of random edges, with some noise.

    `fixed`: couplings, weights of their edges, standard deviation of noise, settings.
    """
    coupling, weight, width, config = fixed
    n, d = config.direction.batch, coupling.x.shape[-1]
    edges, times, noise = jax.random.split(key, 3)
    pick = random_edges(edges, coupling.mass.ravel(), n)
    x, y = (part.reshape(-1, d)[pick] for part in (coupling.x, coupling.y))
    s = jax.random.uniform(times, (n, 1))
    position = x + s * (y - x) + width * jax.random.normal(noise, x.shape)
    loss = direction_loss(metric, position, y - x, weight.ravel()[pick])
    return loss, {"direction": loss}


def direction_loss(
    metric: RotationMetric,
    x: Float[Array, "n d"],
    v: Float[Array, "n d"],
    weight: Float[Array, " n"],
) -> Float[Array, ""]:
    """Least squares of each member's vector at `x` on the direction of `v`.

    **Arguments:** positions, displacements, and weights, which multiply the |v|² of the
    action.
    """
    squared = jnp.sum(v**2, -1)
    # |v|² |z - t/|v|²|² without the division, up to a term without gradient.
    target = metric.direction_targets(v)
    z = jax.vmap(metric.vectors)(x)
    fit = squared[:, None] * jnp.sum(z**2, -1) - 2 * jnp.sum(z * target[:, None], -1)
    return jnp.mean(weight[:, None] * fit)


def path_loss(
    spline: Path,
    fixed: tuple[Sequence, PairCouplings, RotationMetric, Config],
    key: PRNGKeyArray,
) -> tuple[Array, Log]:
    """Stage 3: mean action of paths between pairs, half coupled, half independent."""
    sequence, coupling, metric, config = fixed
    edges, pairs, first, second = jax.random.split(key, 4)
    n, d = config.paths.batch // 2, coupling.x.shape[-1]
    pick = random_edges(edges, coupling.mass.ravel(), n)
    pair = jax.random.randint(pairs, (n,), 0, sequence.pairs)
    rows = jnp.arange(n) % sequence.points.shape[1]
    a = sequence.draw(first, 0)[pair, rows]
    b = sequence.draw(second, 0)[pair + 1, rows]
    x = jnp.concatenate([coupling.x.reshape(-1, d)[pick], a])
    y = jnp.concatenate([coupling.y.reshape(-1, d)[pick], b])
    quadrature = Quadrature(CubicSpline(config.knots), config.nodes)
    loss = spline_loss(spline, quadrature, Riemannian(metric), x, y)
    return loss, {"spline": loss}
