r"""Algorithm 2 of the paper: a metric learned from a sequence of measures.

$\min_ϑ \max_{θ_1 \dots θ_{K-1}} \frac1{K-1} \sum_i ℓ_{dual}(θ_i; ρ_i, ρ_{i+1}, ϑ)$
(eq. 24) by alternating steps. The potentials and maps of all pairs of measures are
stacked, so that one compiled program trains them side by side.

The action over an interval is that over unit time, divided by the interval. Each pair's
potential and map are best whatever that factor is, and are found in unit time; the
metric weighs the pairs by it.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.config.sections import CTransformConfig
from nlot.costs.lagrangians import AbstractLagrangian, Riemannian, sigmoid_ramp
from nlot.costs.metrics import AbstractMetric
from nlot.measures.domains import Box
from nlot.methods.alternation import alternate, build_quadrature, fit_spline, trainees
from nlot.methods.ctransform import CTransform, c_transform
from nlot.methods.losses import (
    Path,
    amortised_cost,
    map_loss,
    potential_loss,
    squared_gaps,
)
from nlot.methods.metric_nlot.config import Config
from nlot.networks.mlp import MLP
from nlot.networks.pairwise import (
    Frame,
    PairNetworks,
    build_pair_networks,
    carry,
)
from nlot.networks.rotation import Blend
from nlot.paths.quadrature import Quadrature
from nlot.problems.sequence import Outline, Sequence
from nlot.training.lbfgs import LANES
from nlot.training.loop import Log, Trainee
from nlot.training.microbatch import in_groups, mean_and_grad
from nlot.training.progress import Reporter

# Pairs of measures that are searched side by side on a CPU, each in lanes of its own.
_PAIRS = 8


class Fixed(eqx.Module):
    """What stays fixed during training."""

    sequence: Sequence
    frames: Frame
    quadrature: Quadrature
    bounds: Float[Array, ""]
    half_width: Float[Array, ""]
    weights: Float[Array, " pairs"]
    config: Config = eqx.field(static=True)

    def draw(
        self, key: PRNGKeyArray
    ) -> tuple[Float[Array, "pairs n d"], Float[Array, "pairs n d"]]:
        """Points of each measure and, independent of them, points of the next."""
        first, second = jax.random.split(key)
        draw, n = self.sequence.draw, self.config.batch
        return draw(first, n)[:-1], draw(second, n)[1:]

    def sources(
        self, x: Float[Array, "pairs n d"], maps: Trainee
    ) -> Float[Array, "pairs n d"]:
        """`x` with arrivals as its first points, once they are due.

        Arrivals are points of the first measure, carried by the averaged maps.
        """
        config = self.config
        n = int(config.arrivals * x.shape[1])
        if not n:
            return x
        carried = carry(self.frames, maps.averaged, x[0, :n])[:-1]
        due = maps.step >= config.warm_up + config.isotropic_steps
        return x.at[:, :n].set(jnp.where(due, carried, x[:, :n]))

    def ramp(self, step: int | Array) -> Float[Array, ""]:
        """Weight of the metric in the costs at a step."""
        config = self.config
        since = step - config.warm_up - config.isotropic_steps
        return sigmoid_ramp(since, config.annealing_steps)


class State(eqx.Module):
    """Everything that changes during training."""

    potentials: Trainee
    maps: Trainee
    spline: Trainee
    metric: Trainee

    @classmethod
    def start(cls, networks: PairNetworks, config: Config) -> "State":
        """Networks before their first step."""
        steps = -(-max(config.steps - config.warm_up, 1) // config.metric_every)
        return cls(
            *trainees(networks.potentials, networks.maps, networks.spline, config),
            metric=Trainee.start(networks.metric, config.metric_optimiser, steps),
        )


def build(
    problem: Sequence | Outline, config: Config, *, key: PRNGKeyArray
) -> PairNetworks:
    """Untrained networks for a sequence, with frames still to be set."""
    return build_pair_networks(
        problem, config, config.metric, config.potential, key=key
    )


def refine(
    frame: Frame,
    potential: MLP,
    guess: MLP,
    spline: Path,
    quadrature: Quadrature,
    lagrangian: AbstractLagrangian,
    bounds: float | Float[Array, ""],
    settings: CTransformConfig,
    x: Float[Array, "n d"],
    lanes: int = LANES,
) -> CTransform:
    """ŷ(x) of eq. 6 for one pair of measures, warm-started with its map network.

    Solved for the displacement in units of the pair's step, with the objective in units
    of its cost: in units of the sequence, its gradient is small from the start. Each
    coordinate of the displacement is at most `bounds`.
    """
    unit = frame.cost * frame.step / frame.scale
    g, y = frame.potential(potential), frame.map(guess)

    def objective(a: Array, u: Array) -> Array:
        b = a + frame.step * u
        return (amortised_cost(spline, quadrature, lagrangian, a, b) - g(b)) / unit

    result = c_transform(
        objective,
        x,
        (jax.vmap(y)(x) - x) / frame.step,
        Box.cube(bounds / frame.step, x.shape[1]),
        settings,
        lanes,
    )
    return result._replace(y=x + frame.step * result.y)


def train(
    problem: Sequence, config: Config, key: PRNGKeyArray, report: Reporter
) -> tuple[PairNetworks, list[dict[str, Any]]]:
    """Run Algorithm 2; arguments, results and errors are those in `nlot.methods`."""
    start, data = jax.random.split(key)
    networks = build(problem, config, key=start)
    intervals = problem.intervals
    fixed = Fixed(
        sequence=problem,
        frames=Frame.of(problem, config.metric.eigenvalues[1]),
        quadrature=build_quadrature(config),
        bounds=jnp.array(problem.bounds, jnp.float32),
        half_width=jnp.array(problem.half_width, jnp.float32),
        weights=jnp.asarray(intervals.mean() / intervals, jnp.float32),
        config=config,
    )
    first = Blend(networks.metric, fixed.ramp(config.warm_up))
    state: State = alternate(
        State.start(networks, config),
        (_pretrain, (fixed, first)),
        (step, fixed),
        config,
        data,
        report,
    )
    trained = PairNetworks(
        metric=state.metric.averaged,
        potentials=state.potentials.averaged,
        maps=state.maps.averaged,
        spline=state.spline.averaged,
        frames=fixed.frames,
    )
    return trained, report.history


def flat(points: Float[Array, "pairs n d"]) -> Float[Array, "m d"]:
    """The points of all pairs, concatenated."""
    return points.reshape(-1, points.shape[-1])


def _pretrain(
    spline: Trainee, given: tuple[Fixed, Blend], key: PRNGKeyArray
) -> tuple[Trainee, Log]:
    """Fit the spline network on independent pairs, along the first metric."""
    fixed, metric = given
    x, y = fixed.draw(jax.random.fold_in(key, spline.step))
    spline, loss, _ = fit_spline(
        spline, fixed.quadrature, Riemannian(metric), flat(x), flat(y)
    )
    return spline.average(0.0), {"spline": loss}


def step(state: State, fixed: Fixed, key: PRNGKeyArray) -> tuple[State, Log]:
    """An iteration of Algorithm 1 for all pairs, and a metric step when due.

    `key` is that of the whole training.
    """
    config = fixed.config
    draw, noise = jax.random.split(jax.random.fold_in(key, state.maps.step))
    samples, y = fixed.draw(draw)
    x = fixed.sources(samples, state.maps)
    lagrangian = Riemannian(Blend(state.metric.model, fixed.ramp(state.maps.step)))

    def refine_all(frame: Frame, g: MLP, guess: MLP, x: Array) -> CTransform:
        given = frame, g, guess, state.spline.model, fixed.quadrature, lagrangian
        return refine(*given, fixed.bounds, config.ctransform, x, LANES // _PAIRS)

    result = in_groups(
        refine_all,
        fixed.frames,
        state.potentials.model,
        state.maps.model,
        x,
        size=_PAIRS if jax.default_backend() == "cpu" else 0,
    )
    refined = result.y

    def dual(potentials: MLP) -> Array:
        losses = eqx.filter_vmap(
            lambda frame, g, y, r: potential_loss(frame.potential(g), y, r)
        )(fixed.frames, potentials, y, refined)
        return jnp.mean(losses)

    def residual(maps: MLP) -> Array:
        losses = eqx.filter_vmap(
            lambda frame, m, x, r: map_loss(
                squared_gaps(frame.map(m), x, r), config.regression
            )
        )(fixed.frames, maps, x, refined)
        return jnp.mean(losses)

    dual_loss, dual_gradient = eqx.filter_value_and_grad(dual)(state.potentials.model)
    map_value, map_gradient = eqx.filter_value_and_grad(residual)(state.maps.model)
    a = jnp.concatenate([flat(x), flat(x)])
    b = jnp.concatenate([flat(refined), flat(y)])
    spline, spline_value, _ = fit_spline(
        state.spline, fixed.quadrature, lagrangian, a, b
    )

    def metric_step(metric: Trainee) -> Trainee:
        shift = config.smoothing * fixed.half_width * jax.random.normal(noise, x.shape)
        _, gradient = mean_and_grad(
            lambda m, *ends: metric_loss(
                m, state.spline.model, fixed.quadrature, *ends
            ),
            metric.model,
            flat(x),
            flat(refined),
            flat(shift),
            jnp.repeat(fixed.weights, x.shape[1]),
        )
        return metric.descend(gradient)

    since = state.maps.step - config.warm_up
    due = (since >= 0) & (since % config.metric_every == 0)
    metric = jax.lax.cond(due, metric_step, lambda same: same, state.metric)
    new = State(
        potentials=state.potentials.descend(dual_gradient).average(config.average),
        maps=state.maps.descend(map_gradient).average(config.average),
        spline=spline.average(config.average),
        metric=metric.average(config.average),
    )
    return new, {
        "potential": dual_loss,
        "map": map_value,
        "spline": spline_value,
        "ctransform_converged": jnp.mean(result.converged),
    }


def metric_loss(
    metric: AbstractMetric,
    spline: Path,
    quadrature: Quadrature,
    x: Float[Array, "n d"],
    refined: Float[Array, "n d"],
    shift: Float[Array, "n d"],
    weight: Float[Array, " n"],
) -> Float[Array, ""]:
    """Weighted mean action of the paths from `x` to `refined`, moved by `shift`.

    Its gradient in the metric, with points and path coefficients held fixed, is that
    of the dual objective by the envelope theorem (eq. 25).
    """
    lagrangian = Riemannian(metric)

    def action(a: Array, b: Array, s: Array) -> Array:
        coefficients = jax.lax.stop_gradient(spline(a, b))
        return quadrature(lagrangian, a + s, b + s, coefficients)

    actions = jax.vmap(action)(x, jax.lax.stop_gradient(refined), shift)
    return jnp.mean(weight * actions)
