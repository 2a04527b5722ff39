r"""`nlot_plus` for metrics: Algorithm 2 with exact couplings in place of potentials.

Our own method, not the paper's. Some rounds of two steps, then two more:

1. *Couplings.* All neighbouring measures are coupled exactly, at first along straight
   Euclidean lines, later for the action along the metric of the round before.
2. *Directions.* Along a displacement v the action is $(m |v|^2 + h\, z(x) · w)/2$, with
   w the vector of length |v|² at twice the angle of v, and z, m, h the unit vector and
   constants of `nlot.networks.rotation`. It is smallest where z points against w;
   without the constraint $|z| = 1$, least squares of z on $-w/|v|^2$ has the same minimiser and is
   convex. Several networks are fitted and their vectors averaged, at positions with
   some noise: smoothing over the distance below which couplings of few points mean
   nothing.
3. *Paths.* The spline network learns paths of least action along the metric.
4. *Maps.* One network a pair of measures is fitted to the last couplings.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from nlot.config import MetricPlusConfig
from nlot.costs.lagrangians import Riemannian
from nlot.discrete.sequence_couplings import PairCouplings, couple_neighbours
from nlot.measures.sequences import Sequence
from nlot.methods.losses import spline_loss
from nlot.networks.amortised import MLP
from nlot.networks.pairwise import Frame, PairNetworks, build_pair_networks
from nlot.networks.rotation import Angle, RotationMetric, double_angle
from nlot.paths.quadrature import Quadrature
from nlot.paths.splines import CubicSpline
from nlot.training.loop import Log, Trainee, compiled, optimiser, run_chunks
from nlot.training.progress import Reporter


def transport(
    networks: PairNetworks,
    config: MetricPlusConfig,
    bounds: float,
    pair: Array,
    x: Float[Array, " d"],
) -> Float[Array, " d"]:
    """The learned map from measure `pair` to the next: its map network."""
    frame, _, network = networks.pair(pair)
    return frame.map(network)(x)


def train(
    sequence: Sequence, config: MetricPlusConfig, key: PRNGKeyArray, report: Reporter
) -> tuple[PairNetworks, list[dict[str, Any]]]:
    """Run all stages; returns the networks and one history record a chunk.

    Raises `nlot.training.loop.DivergenceError` when a loss stops being finite.
    """
    keys = jax.random.split(key, 4)
    networks = build_pair_networks(
        sequence.pairs, sequence.centre, sequence.half_width, config, key=keys[0]
    )
    frames = Frame.of(sequence, config.metric.eigenvalues[1])
    fitting = config.rounds * config.direction.steps
    report.start(fitting + config.paths.steps + config.maps.steps)
    metric, coupling, history = _learn_metric(
        sequence, networks.metric, config, keys[1], report
    )
    spline, more = _learn_paths(
        (sequence, coupling, metric), networks, config, keys[2], report, fitting
    )
    history += more
    maps, more = _fit_maps(
        (coupling, frames),
        networks.maps,
        config,
        keys[3],
        report,
        fitting + config.paths.steps,
    )
    trained = PairNetworks(
        metric=metric, potentials=None, maps=maps, spline=spline, frames=frames
    )
    return trained, history + more


def _learn_metric(
    sequence: Sequence,
    metric: RotationMetric,
    config: MetricPlusConfig,
    key: PRNGKeyArray,
    report: Reporter,
) -> tuple[RotationMetric, PairCouplings, list[dict[str, Any]]]:
    """The metric, and the couplings that it was last fitted to."""
    settings = config.direction
    update = optimiser(settings.optimiser, config.rounds * settings.steps)
    width = jnp.asarray(config.smoothing * sequence.half_width)

    def step(
        trainee: Trainee, fixed: tuple[PairCouplings, Array, Array], key: PRNGKeyArray
    ) -> tuple[Trainee, Log]:
        coupling, weight, width = fixed
        draw = jax.random.fold_in(key, trainee.step)
        edges, times, noise = jax.random.split(draw, 3)
        pick = _random_edges(edges, coupling.mass.ravel(), settings.batch)
        d = coupling.x.shape[-1]
        x, y = (part.reshape(-1, d)[pick] for part in (coupling.x, coupling.y))
        s = jax.random.uniform(times, (settings.batch, 1))
        position = x + s * (y - x) + width * jax.random.normal(noise, x.shape)
        loss, gradient = eqx.filter_value_and_grad(direction_loss)(
            trainee.model, position, y - x, weight.ravel()[pick]
        )
        return trainee.descend(update, gradient).average(0.0), {"direction": loss}

    trainee = Trainee.start(metric, update)
    history = []
    for number in range(config.rounds):
        previous = trainee.model if number else None
        coupling = couple_neighbours(sequence, previous, config.coupling_nodes)
        trainee, more = run_chunks(
            compiled(step, (coupling, _edge_weights(coupling), width), key),
            trainee,
            phase="metric",
            steps=settings.steps,
            chunk=config.report_every,
            report=report,
            offset=number * settings.steps,
        )
        history += more
    return trainee.model, coupling, history


def _random_edges(
    key: PRNGKeyArray, mass: Float[Array, " m"], n: int
) -> Int[Array, " n"]:
    """Indices drawn in proportion to `mass`."""
    return jax.random.choice(key, len(mass), (n,), p=mass / jnp.sum(mass))


def _edge_weights(coupling: PairCouplings) -> Float[Array, "pairs m"]:
    """1 / E|v|² of an edge's pair: fast and slow stretches count alike."""
    squared = jnp.sum((coupling.y - coupling.x) ** 2, -1)
    mean = jnp.sum(coupling.mass * squared, -1, keepdims=True)
    return jnp.broadcast_to(1 / mean, squared.shape)


def direction_loss(
    metric: RotationMetric,
    x: Float[Array, "n 2"],
    v: Float[Array, "n 2"],
    weight: Float[Array, " n"],
) -> Float[Array, ""]:
    """Least squares of each member's vector at `x` on the direction of `v`.

    Weighted by |v|², as the action is, times `weight`.
    """
    squared = jnp.sum(v**2, -1)
    # |v|² |z - t/|v|²|² without the division, up to a term without gradient.
    target = cheap_vectors(v, metric.angle)
    z = jax.vmap(metric.vectors)(x)
    fit = squared[:, None] * jnp.sum(z**2, -1) - 2 * jnp.sum(z * target[:, None], -1)
    return jnp.mean(weight[:, None] * fit)


def cheap_vectors(v: Float[Array, "n 2"], angle: Angle) -> Float[Array, "n 2"]:
    """|v|² times the vector that makes motion along `v` cheap.

    With the cheap direction at θ + π/2, it points to θ or to 2θ.
    """
    if angle == "double":
        return -double_angle(v)
    turned = jnp.stack([v[:, 1], -v[:, 0]], -1)
    return jnp.linalg.norm(v, axis=-1, keepdims=True) * turned


def _learn_paths(
    fixed: tuple[Sequence, PairCouplings, RotationMetric],
    networks: PairNetworks,
    config: MetricPlusConfig,
    key: PRNGKeyArray,
    report: Reporter,
    offset: int,
) -> tuple[Any, list[dict[str, Any]]]:
    """Stage 3: half of the pairs coupled, half independent."""
    settings = config.paths
    update = optimiser(settings.optimiser, settings.steps)
    quadrature = Quadrature(CubicSpline(config.knots), config.nodes)

    def step(
        trainee: Trainee,
        fixed: tuple[Sequence, PairCouplings, RotationMetric],
        key: PRNGKeyArray,
    ) -> tuple[Trainee, Log]:
        sequence, coupling, metric = fixed
        draw = jax.random.fold_in(key, trainee.step)
        edges, pairs, first, second = jax.random.split(draw, 4)
        n, d = settings.batch // 2, coupling.x.shape[-1]
        pick = _random_edges(edges, coupling.mass.ravel(), n)
        pair = jax.random.randint(pairs, (n,), 0, sequence.pairs)
        rows = jnp.arange(n) % sequence.points.shape[1]
        a = sequence.draw(first, 0)[pair, rows]
        b = sequence.draw(second, 0)[pair + 1, rows]
        x = jnp.concatenate([coupling.x.reshape(-1, d)[pick], a])
        y = jnp.concatenate([coupling.y.reshape(-1, d)[pick], b])
        loss, gradient = eqx.filter_value_and_grad(spline_loss)(
            trainee.model, quadrature, Riemannian(metric), x, y
        )
        return trainee.descend(update, gradient).average(0.0), {"spline": loss}

    trainee, history = run_chunks(
        compiled(step, fixed, key),
        Trainee.start(networks.spline, update),
        phase="paths",
        steps=settings.steps,
        chunk=config.report_every,
        report=report,
        offset=offset,
    )
    return trainee.model, history


def _fit_maps(
    fixed: tuple[PairCouplings, Frame],
    maps: MLP,
    config: MetricPlusConfig,
    key: PRNGKeyArray,
    report: Reporter,
    offset: int,
) -> tuple[MLP, list[dict[str, Any]]]:
    """Stage 4: least squares of all maps on the couplings, in each pair's frame."""
    settings = config.maps
    update = optimiser(settings.optimiser, settings.steps)

    def step(
        trainee: Trainee, fixed: tuple[PairCouplings, Frame], key: PRNGKeyArray
    ) -> tuple[Trainee, Log]:
        coupling, frames = fixed
        keys = jax.random.split(
            jax.random.fold_in(key, trainee.step), len(coupling.mass)
        )

        def loss(maps: MLP) -> Array:
            def one(
                network: MLP, frame: Frame, edges: PairCouplings, key: Array
            ) -> Array:
                pick = _random_edges(key, edges.mass, settings.batch)
                gap = jax.vmap(frame.map(network))(edges.x[pick]) - edges.y[pick]
                return jnp.mean(jnp.sum(gap**2, -1)) / frame.step**2

            return jnp.mean(eqx.filter_vmap(one)(maps, frames, coupling, keys))

        value, gradient = eqx.filter_value_and_grad(loss)(trainee.model)
        return trainee.descend(update, gradient).average(0.0), {"map": value}

    trainee, history = run_chunks(
        compiled(step, fixed, key),
        Trainee.start(maps, update),
        phase="maps",
        steps=settings.steps,
        chunk=config.report_every,
        report=report,
        offset=offset,
    )
    return trainee.model, history
