"""`sinkhorn_bridges`: couples neighbours in time, and chooses what is left open."""

import itertools
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from nlot.discrete.couplings import exact_plan, squared_distances
from nlot.discrete.sequence_couplings import thinned
from nlot.discrete.unbalanced import Coupled, coupled
from nlot.methods.sinkhorn_bridges.config import Config
from nlot.problems.sequence import Outline, Sequence
from nlot.training.progress import Reporter

# Points of a population that is predicted to compare choices.
_COMPARED = 2048


class Bridge(NamedTuple):
    r"""The bridges from samples x of one time to samples y of the next.

    A path from $x_i$ to $y_j$ is a Brownian bridge of variance ε/2 per interval, or
    straight. Its mass, $P_{ij}$ in the plan, changes exponentially: at the fraction s
    of the interval it is $P_{ij} (a_i/(P1)_i)^{1-s} (b_j/(P^\top 1)_j)^s$, so that the
    samples themselves have their masses a and b. There is one of the `plans` for each
    penalty on growth.
    """

    x: Float[np.ndarray, "n d"]
    y: Float[np.ndarray, "m d"]
    plans: tuple[Coupled, ...]
    epsilon: float

    def population(
        self, s: float, draws: int, noise: float, rng: np.random.Generator
    ) -> Float[np.ndarray, "n d"]:
        """Points of the population at the fraction `s` of the interval.

        **Arguments:** `noise`, the variance of the bridges, as a multiple of ε/2.
        """
        costs, parts = squared_distances(self.x, self.y), []
        shares = np.full(len(self.plans), draws // len(self.plans))
        shares[: draws % len(self.plans)] += 1
        for plan, number in zip(self.plans, shares, strict=True):
            log = (plan.f[:, None] + plan.g - costs) / self.epsilon
            log += (1 - s) * plan.lost[:, None] + s * plan.gained
            ends = np.cumsum(np.exp(log - log.max()))
            # Evenly spread, which leaves less to chance.
            at = (np.arange(number) + rng.random()) / number * ends[-1]
            i, j = np.unravel_index(np.searchsorted(ends, at), costs.shape)
            parts.append((1 - s) * self.x[i] + s * self.y[j])
        points = np.concatenate(parts)
        deviation = np.sqrt(noise * self.epsilon / 2 * s * (1 - s))
        return points + deviation * rng.standard_normal(points.shape)


class Bridges(eqx.Module):
    """The bridges between all neighbours, stacked; samples are padded.

    `counts` says how many samples of each time are real.
    """

    points: Float[Array, "K n d"]
    counts: Float[Array, " K"]
    f: Float[Array, "legs plans n"]
    g: Float[Array, "legs plans n"]
    lost: Float[Array, "legs plans n"]
    gained: Float[Array, "legs plans n"]
    converged: Bool[Array, "legs plans"]
    epsilon: Float[Array, ""]
    # Variance of the bridges, as a multiple of ε/2.
    noise: Float[Array, ""]

    def bridge(self, leg: int) -> Bridge:
        """That between a measure and the next."""
        n, m = (int(c) for c in self.counts[leg : leg + 2])
        arrays = self.f, self.g, self.lost, self.gained, self.converged
        f, g, lost, gained, converged = (np.asarray(z[leg], np.float64) for z in arrays)
        plans = tuple(
            Coupled(f[k, :n], g[k, :m], lost[k, :n], gained[k, :m], bool(converged[k]))
            for k in range(len(f))
        )
        x, y = (np.asarray(z, np.float64) for z in self.points[leg : leg + 2])
        return Bridge(x[:n], y[:m], plans, float(self.epsilon))


def build(problem: Sequence | Outline, config: Config, *, key: PRNGKeyArray) -> Bridges:
    """Bridges of the right shapes."""
    legs, plans, n = problem.pairs, len(config.growth), config.points
    duals = jnp.zeros((legs, plans, n))
    return Bridges(
        points=jnp.zeros((legs + 1, n, problem.dimension)),
        counts=jnp.zeros(legs + 1),
        f=duals,
        g=duals,
        lost=duals,
        gained=duals,
        converged=jnp.zeros((legs, plans), bool),
        epsilon=jnp.zeros(()),
        noise=jnp.zeros(()),
    )


def train(
    problem: Sequence, config: Config, key: PRNGKeyArray, report: Reporter
) -> tuple[Bridges, list[dict[str, Any]]]:
    """Couple all neighbours; arguments and errors are those in `nlot.methods`.

    **Returns:** the bridges, and the mean W1 at left-out times for each choice.
    """
    choosing, drawing = jax.random.split(key)
    known = thinned(problem, config.points, drawing)
    unit = float(np.concatenate(known.measures).var(0).mean())
    choices = [
        Choice(unit * epsilon, tuple(unit * r for r in growth), noise)
        for epsilon in config.epsilon
        for growth in _GROWTH[config.mass](config.growth)
        for noise in _NOISE[config.paths]
    ]
    report.start(len(choices) + 1, 1)
    chosen = choices[0]
    if len(choices) > 1 and known.pairs > 1:
        compare = _Comparison(known, min(config.draws, _COMPARED), choosing)
        scores = []
        for step, choice in enumerate(choices, start=1):
            with report.busy("predicting times that are left out"):
                scores.append(compare(choice))
            record = {**_record(choice), "w1": scores[-1]}
            report(step, record)
            report.history.append({"phase": "left_out", "step": step, **record})
        chosen = choices[int(np.argmin(scores))]
    with report.busy("coupling samples"):
        found = _all(known, chosen, config)
    record = {**_record(chosen), "failures": 1.0 - float(found.converged.mean())}
    step = len(choices) + 1
    report(step, record)
    report.history.append({"phase": "couplings", "step": step, **record})
    report.done = step
    return found, report.history


class Choice(NamedTuple):
    """ε and penalties on growth, in squared lengths, and the noise of the bridges."""

    epsilon: float
    growth: tuple[float, ...]
    noise: float


# The choices that settings leave, first those to take where none can be compared.
_CONSERVED = (np.inf,)
_GROWTH: dict[str, Callable[[tuple[float, ...]], list[tuple[float, ...]]]] = {
    "conserved": lambda growth: [_CONSERVED],
    "growing": lambda growth: [growth],
    "chosen": lambda growth: [_CONSERVED, growth],
}
_NOISE = {"bridges": [1.0], "straight": [0.0], "chosen": [1.0, 0.0]}


def _record(choice: Choice) -> dict[str, float]:
    grows = float(choice.growth != _CONSERVED)
    return {"epsilon": choice.epsilon, "grows": grows, "noise": choice.noise}


class _Comparison:
    """Mean W1 over all times between others, when each is predicted from these."""

    def __init__(self, known: Sequence, draws: int, key: PRNGKeyArray):
        self.times, self.draws, self.key = known.times, draws, key
        self.samples = [z.astype(np.float64) for z in known.measures]
        # With and without noise, the plans are the same.
        self.bridges = cache(self._bridges)

    def _bridges(self, epsilon: float, growth: tuple[float, ...]) -> list[Bridge]:
        neighbours = zip(self.samples, self.samples[2:], strict=False)
        return [_between(x, y, epsilon, growth) for x, y in neighbours]

    def __call__(self, choice: Choice) -> float:
        rng = np.random.default_rng(np.asarray(jax.random.key_data(self.key)))
        found = []
        for k, bridge in enumerate(self.bridges(*choice[:2]), start=1):
            start, time, end = self.times[k - 1 : k + 2]
            s = (time - start) / (end - start)
            points = bridge.population(s, self.draws, choice.noise, rng)
            apart = np.sqrt(squared_distances(points, self.samples[k]))
            found.append(exact_plan(apart)[2])
        return float(np.mean(found))


def _between(
    x: Float[np.ndarray, "n d"],
    y: Float[np.ndarray, "m d"],
    epsilon: float,
    growth: tuple[float, ...],
) -> Bridge:
    plans = tuple(coupled(x, y, epsilon, r) for r in growth)
    return Bridge(x, y, plans, epsilon)


def _all(known: Sequence, choice: Choice, config: Config) -> Bridges:
    """The bridges between all neighbours; as many plans, whether mass grows or not."""
    size, samples = config.points, known.measures
    ends = itertools.pairwise(z.astype(np.float64) for z in samples)
    legs = [_between(x, y, *choice[:2]) for x, y in ends]
    copies = len(config.growth) // len(choice.growth)

    def stacked(name: str) -> Float[Array, "legs plans n"]:
        rows = [[_padded(getattr(p, name), size) for p in leg.plans] for leg in legs]
        return jnp.asarray(np.repeat(rows, copies, axis=1), jnp.float32)

    converged = [[p.converged for p in leg.plans] for leg in legs]
    return Bridges(
        points=jnp.asarray([_padded(z, size) for z in samples], jnp.float32),
        counts=jnp.asarray([len(z) for z in samples], jnp.float32),
        f=stacked("f"),
        g=stacked("g"),
        lost=stacked("lost"),
        gained=stacked("gained"),
        converged=jnp.asarray(np.repeat(converged, copies, axis=1)),
        epsilon=jnp.asarray(choice.epsilon, jnp.float32),
        noise=jnp.asarray(choice.noise, jnp.float32),
    )


def _padded(values: Float[np.ndarray, "n *d"], size: int) -> np.ndarray:
    return np.pad(values, [(0, size - len(values))] + [(0, 0)] * (values.ndim - 1))
