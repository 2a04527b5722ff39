"""Checks of trained maps, if possible on samples that they did not train on."""

import warnings
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.config import LeastActionConfig
from nlot.discrete.couplings import exact_squared_w2
from nlot.measures.distributions import AbstractMeasure
from nlot.measures.empirical import Empirical
from nlot.measures.files import MIN_SAMPLES
from nlot.methods.capabilities import capable
from nlot.methods.diagnosis import Diagnosis, Estimate
from nlot.paths.multistart import optimal_paths
from nlot.paths.polygons import polygon_actions
from nlot.problems.transport import Transport
from nlot.training.streams import stream

# Points of a comparison, and the number of comparisons.
_POINTS, _REPEATS = 512, 8
# Points whose least paths are searched, and how.
_SEARCHED, _LEAST = 32, LeastActionConfig(segments=64)
# Percentages above which, beyond two standard errors, something is wrong.
_MARGINAL, _OVERFIT, _GAP, _PATHS = 1.0, 2.0, 2.0, 1.0
_PERCENT = 100


def diagnose(run: Any) -> Diagnosis:
    """Check a run of a transport problem, or of measures in time.

    **Arguments:** a run with the capability `map` or `carry`. Gap and paths are only
    checked for maps with a potential and paths of their own. Measures in time are all
    trained on; the samples of the first are carried to the times of the others.
    """
    key = stream(run.seed, "diagnosis")
    if capable(run, "carry"):
        return _of_carried(run, key)
    with warnings.catch_warnings():
        # Fresh draws reach further than those that show where the samples lie.
        warnings.simplefilter("ignore")
        return _of_map(run, key)


def _of_carried(run: Any, key: PRNGKeyArray) -> Diagnosis:
    """The measure that the carried samples miss by most tells about the run."""
    measures, times = run.problem.measures, run.problem.times[1:]
    if hasattr(run, "population"):
        # Where mass grows, carried samples alone do not reach the others.
        carried = [run.population(time) for time in times]
    else:
        carried = run.carry(measures[0])[1:]
    worst, texts = None, []
    for time, x, y in zip(times, carried, measures[1:], strict=True):
        found = _excess(lambda points, _: points, Empirical(x), Empirical(y), key)
        if found is None:
            texts.append(f"too few samples at time {time:.12g} to check the maps")
            continue
        if worst is None or found.value > worst.value:
            worst = found
        # Trained on these samples, images may lie on them, nearer than the floor.
        if not found.value - 2 * found.error <= _MARGINAL:
            texts.append(
                f"the maps do not reach the measure at time {time:.12g}; train longer"
            )
    if capable(run, "failures") and run.failures:
        share = _PERCENT * run.failures
        texts.append(f"{share:.3g} % of the couplings did not converge")
    return Diagnosis(worst, None, None, None, 0, tuple(texts))


def _of_map(run: Any, key: PRNGKeyArray) -> Diagnosis:
    problem: Transport = run.problem
    marginal = _marginal(run, problem.held_out, key)
    training = gap = paths = None
    given = [m for m in (problem.source, problem.target) if isinstance(m, Empirical)]
    held_out = min((m.number_held_out for m in given), default=None)
    if held_out:
        training = _marginal(run, problem.training, key)
    if capable(run, "dual") and capable(run, "cost"):
        gap = _gap(run, problem.held_out, key)
    if capable(run, "geodesics"):
        paths = _paths(run, problem.held_out.source.draw(key, _SEARCHED, "spread"))
    found = marginal, training, gap, paths
    texts = [*_problems(*found), *_unsettled(run)]
    return Diagnosis(*found, held_out, tuple(texts))


def _marginal(run: Any, problem: Transport, key: PRNGKeyArray) -> Estimate | None:
    return _excess(run.transport, problem.source, problem.target, key)


def _excess(
    push: Callable[[Array, PRNGKeyArray], Array],
    source: AbstractMeasure,
    target: AbstractMeasure,
    key: PRNGKeyArray,
) -> Estimate | None:
    """Excess of squared W2 over the floor, in percent of the target's variance.

    None for too few samples.
    """
    most = min(_size(source), _size(target) / 2)
    n = int(min(_POINTS, most))
    if n < MIN_SAMPLES:
        return None
    excess = []
    for k in jax.random.split(key, _REPEATS):
        first, second, pushing = jax.random.split(k, 3)
        (x,) = _drawn(source, first, n, 1)
        y, other = _drawn(target, second, n, 2)
        excess.append(
            exact_squared_w2(push(x, pushing), y) - exact_squared_w2(other, y)
        )
    variance = float(jnp.trace(target.covariance))
    values = _PERCENT * np.array(excess) / variance
    # Repeated splits of the same samples overlap (Nadeau and Bengio, 2003).
    shared = 1 / _REPEATS + n / most
    return Estimate(float(values.mean()), float(values.std(ddof=1) * np.sqrt(shared)))


def _size(measure: AbstractMeasure) -> float:
    """How many points can be drawn with few repeats."""
    if not isinstance(measure, Empirical):
        return np.inf
    if measure.weights is None:
        return float(len(measure.points))
    # A fourth of the effective number: draws by weight repeat points.
    return float(1 / jnp.sum(measure.weights**2) / 4)


def _drawn(
    measure: AbstractMeasure, key: PRNGKeyArray, n: int, parts: int
) -> list[Float[Array, "n d"]]:
    """`n` points for each of some parts, which have no given sample in common."""
    keys = jax.random.split(key, parts + 1)
    if not isinstance(measure, Empirical):
        return [measure.sample(k, n) for k in keys[1:]]
    order = jax.random.permutation(keys[0], len(measure.points))
    drawn = []
    for k, pool in zip(keys[1:], jnp.array_split(order, parts), strict=True):
        if measure.weights is not None:
            pool = jax.random.choice(k, pool, (n,), p=measure.weights[pool])
        drawn.append(measure.points[pool[:n]])
    return drawn


def _gap(run: Any, problem: Transport, key: PRNGKeyArray) -> Estimate:
    """Primal minus dual value, in percent of the primal one.

    That is E[c(x, T(x)) - g(T(x)) - g^c(x)], which varies little, plus the difference
    of E[g] over the image and over the target, which takes more points.
    """
    differences, short = [], np.empty(0)
    for k in jax.random.split(key, _REPEATS):
        # With one key, points of alike measures lie alike, and their noise cancels.
        x = problem.source.draw(k, _POINTS, "spread")
        y = problem.target.draw(k, _POINTS, "spread")
        image = run.transport(x)
        g = np.asarray(run.potential(image), np.float64)
        on_target = np.asarray(run.potential(y), np.float64)
        differences.append(g.mean() - on_target.mean())
        if not short.size:
            cost = np.asarray(run.cost(x, image), np.float64)
            short = cost - g - np.asarray(run.dual(x), np.float64)
    # Given samples stand for the measures that they were drawn from.
    sources, targets = _size(problem.source), _size(problem.target)
    noise = (
        short.var() / min(_POINTS, sources)
        + np.var(differences, ddof=1) / _REPEATS
        + g.var() / sources
        + on_target.var() / targets
    )
    scale = _PERCENT / abs(cost.mean())
    gap = short.mean() + np.mean(differences)
    return Estimate(float(scale * gap), float(scale * np.sqrt(noise)))


def _paths(run: Any, x: Float[Array, "n d"]) -> Estimate:
    """Excess of the own paths over those of least action, in percent.

    The search starts from the own paths and from routes that they may have missed.
    """
    p, s = run.problem, np.linspace(0, 1, _LEAST.segments + 1)
    start, end = (np.asarray(z, np.float64) for z in (x, run.transport(x)))
    own = run.polygons(start, end, s)
    best = optimal_paths(
        p.lagrangian, p.horizon, p.frame.scale, _LEAST, start, end, known=own
    )
    with jax.enable_x64(True):
        points = int(best.points.max())
        action = polygon_actions(p.lagrangian, p.horizon, own, points)
    excess = action - best.action
    scale = _PERCENT / abs(action.mean())
    error = excess.std() / np.sqrt(min(len(x), _size(p.held_out.source)))
    return Estimate(float(scale * excess.mean()), float(scale * error))


def _unsettled(run: Any) -> list[str]:
    """Whether the action still fell at the end of training.

    Other losses are no guide: they go to zero, or their rate does.
    """
    if run.action_loss is None or run.problem.lagrangian.straight:
        return []
    phase, name, most = run.action_loss
    losses = [row[name] for row in run.history if row["phase"] == phase]
    quarter = len(losses) // 4
    if not quarter:
        return [f"too few reports of {phase!r} to tell if it settled; train longer"]
    last, before = losses[-quarter:], losses[-2 * quarter : -quarter]
    change = abs(np.mean(last) / np.mean(before) - 1)
    if change <= most:
        return []
    return [
        f"the action changed by {_PERCENT * change:.1f} % in the last quarter of "
        f"{phase!r}; train longer"
    ]


def _problems(
    marginal: Estimate | None,
    training: Estimate | None,
    gap: Estimate | None,
    paths: Estimate | None,
) -> list[str]:
    def beyond(found: Estimate | None, limit: float) -> bool:
        return found is not None and not abs(found.value) - 2 * found.error <= limit

    texts = []
    if marginal is None:
        texts.append("too few samples are held out to check the map; give more of them")
    if beyond(marginal, _MARGINAL):
        texts.append("the map does not reach the target; train longer")
    if (
        training
        and marginal
        and marginal.value - training.value > (_OVERFIT + 2 * marginal.error)
    ):
        texts.append("the map has learned its samples by heart; give more of them")
    if beyond(gap, _GAP):
        texts.append("the potential does not confirm the map; train longer")
    if beyond(paths, _PATHS):
        texts.append("the paths are not of least action; train the paths longer")
    return texts
