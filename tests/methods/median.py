"""A method from outside the package: a map that moves all points by one vector.

The difference of the medians of target and source, times a scale that is trained to
bring the means together.
"""

from typing import ClassVar, Literal

import equinox as eqx
import jax
import jax.numpy as jnp

from nlot.config import MethodConfig, OptimiserConfig
from nlot.methods.run import AbstractRun, over_points
from nlot.training.loop import Constant, fit

LABEL = "Median"


class Config(MethodConfig):
    """Motion along the difference of the medians."""

    problems: ClassVar[tuple[str, ...]] = ("transport",)
    capabilities: ClassVar[frozenset[str]] = frozenset({"map"})

    kind: Literal["median"]
    steps: int = 100
    batch: int = 256
    optimiser: OptimiserConfig = OptimiserConfig(learning_rate=0.05)


class Shift(eqx.Module):
    way: Constant
    scale: jax.Array

    def __call__(self, x):
        return x + self.scale * self.way.value


def build(problem, config, *, key):
    first, second = jax.random.split(key)
    x = problem.source.sample(first, config.batch)
    y = problem.target.sample(second, config.batch)
    return Shift(Constant(jnp.median(y, 0) - jnp.median(x, 0)), jnp.array(0.5))


def loss(shift, fixed, key):
    problem, config = fixed
    first, second = jax.random.split(key)
    x = jax.vmap(shift)(problem.source.sample(first, config.batch))
    y = problem.target.sample(second, config.batch)
    gap = jnp.sum((x.mean(0) - y.mean(0)) ** 2)
    return gap, {"gap": gap}


def train(problem, config, key, report):
    start, draws = jax.random.split(key)
    report.start(config.steps, chunk=config.steps)
    shift = fit(
        loss,
        build(problem, config, key=start),
        config,
        (problem, config),
        draws,
        phase="scale",
        report=report,
        decay=0.9,
    )
    return shift.averaged, report.history


class Run(AbstractRun):
    stochastic = False

    def transport(self, x, key=None):
        return over_points(self.networks, self.points(x))


open = Run
