"""`legs`: trains a method of two measures on each pair of neighbours in time."""

import itertools
from dataclasses import replace
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.config.kinds import target
from nlot.costs.fitted_density import fitted, untrained
from nlot.costs.lagrangians import AbstractLagrangian
from nlot.measures.distributions import Uniform
from nlot.measures.domains import Box
from nlot.measures.empirical import Empirical
from nlot.measures.standardise import Standardise
from nlot.methods.legs.config import Config
from nlot.problems.sequence import Outline, Sequence
from nlot.problems.transport import Transport
from nlot.training.progress import Reporter


class Place(eqx.Module):
    """Where a leg lies: boxes round its samples, and standard coordinates and cost.

    `low` and `high` are of source, target and domain.
    """

    low: Float[Array, "3 d"]
    high: Float[Array, "3 d"]
    centre: Float[Array, " d"]
    scale: Float[Array, ""]
    unit: Float[Array, ""]

    @classmethod
    def of(cls, problem: Transport, boxes: tuple[Box, ...]) -> "Place":
        """That of a problem, with boxes round source, target and domain."""
        low, high = (jnp.stack([getattr(b, e) for b in boxes]) for e in ("low", "high"))
        numbers = problem.frame.centre, problem.frame.scale, problem.unit
        return cls(low, high, *(jnp.asarray(x, jnp.float32) for x in numbers))

    def problem(self, lagrangian: AbstractLagrangian, horizon: float) -> Transport:
        """The leg's problem without its samples, as far as maps and paths need it."""
        source, goal = map(Uniform, self.low[:2], self.high[:2])
        centre = tuple(np.asarray(self.centre, np.float64).tolist())
        found = Transport.between(
            source,
            goal,
            lagrangian,
            horizon=horizon,
            domain=Box(self.low[2], self.high[2]),
            frame=Standardise(centre, float(self.scale)),
            unit=float(self.unit),
        )
        return replace(found, support=Box(self.low[0], self.high[0]))


class Legs(eqx.Module):
    """The Lagrangian of all legs, and what each has learned, in order."""

    lagrangian: AbstractLagrangian
    places: tuple[Place, ...]
    networks: tuple[Any, ...]


def build(problem: Sequence | Outline, config: Config, *, key: PRNGKeyArray) -> Legs:
    """Untrained networks of all legs, with places still to be set."""
    d, legs = problem.dimension, problem.pairs
    lagrangian = untrained(config.lagrangian, d).build()
    box = Box(-jnp.ones(d), jnp.ones(d))
    empty = Uniform(box.low, box.high)
    between = Transport.between(
        empty, empty, lagrangian, frame=Standardise((0.0,) * d, 1.0), unit=1.0
    )
    method = target("method", config.method.kind)
    return Legs(
        lagrangian=lagrangian,
        places=legs * (Place.of(between, (box, box, box)),),
        networks=tuple(
            method.build(between, config.method, key=k)
            for k in jax.random.split(key, legs)
        ),
    )


def train(
    problem: Sequence, config: Config, key: PRNGKeyArray, report: Reporter
) -> tuple[Legs, list[dict[str, Any]]]:
    """Train one leg after another; arguments and errors are those in `nlot.methods`.

    **Returns:** the networks, and the histories of all legs, with the number of each.
    """
    method = target("method", config.method.kind)
    everything = np.concatenate(problem.measures).astype(np.float64)
    lagrangian = fitted(config.lagrangian, everything).build()
    report.start(0, 1)
    places, networks = [], []
    ends = itertools.pairwise(problem.measures)
    keys = jax.random.split(key, problem.pairs)
    for number, (x, y) in enumerate(ends):
        source, goal = Empirical(x), Empirical(y)
        horizon = float(problem.intervals[number])
        leg = Transport.between(source, goal, lagrangian, horizon=horizon)
        part = report.part(f"leg {number + 1}")
        found, _ = method.train(leg, config.method, keys[number], part)
        report.join(part, leg=number)
        # As none was given.
        assert isinstance(leg.domain, Box)
        boxes = leg.support, Box.round(goal.points, 0.0), leg.domain
        places.append(Place.of(leg, boxes))
        networks.append(found)
    return Legs(lagrangian, tuple(places), tuple(networks)), report.history
