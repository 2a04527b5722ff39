"""A task: two measures and the Lagrangian whose action is the cost between them."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nlot.config import (
    BoxesConfig,
    CircleMetricConfig,
    DiscsConfig,
    GaussianConfig,
    GaussianMixtureConfig,
    HillConfig,
    LagrangianConfig,
    MeasureConfig,
    MetricConfig,
    NewtonianConfig,
    PotentialConfig,
    TaskConfig,
    UniformConfig,
    VeeMetricConfig,
)
from nlot.costs.lagrangians import AbstractLagrangian, Newtonian, Riemannian
from nlot.costs.metrics import AbstractMetric, CircleMetric, CrossMetric, VeeMetric
from nlot.costs.potentials import AbstractPotential, Boxes, Discs, Hill, Well
from nlot.measures.distributions import (
    AbstractMeasure,
    Empirical,
    Gaussian,
    GaussianMixture,
    Uniform,
)
from nlot.measures.files import read_samples


class Task(eqx.Module):
    """Source μ, target ν, Lagrangian, bounds of transported points, horizon."""

    source: AbstractMeasure
    target: AbstractMeasure
    lagrangian: AbstractLagrangian
    bounds: float = eqx.field(static=True)
    horizon: float = eqx.field(static=True)
    dimension: int = eqx.field(static=True)

    def points(self, x: Float[Any, "n d"]) -> Float[Array, "n d"]:
        """`x` as an array of points; raises `ValueError` for another shape."""
        array = jnp.asarray(x, jnp.float32)
        if array.ndim != 2 or array.shape[1] != self.dimension:
            raise ValueError(
                f"expected points of shape (n, {self.dimension}), found {array.shape}"
            )
        return array

    def fractions(self, times: Float[Any, " times"]) -> Float[np.ndarray, " times"]:
        """`times` divided by the horizon; raises `ValueError` where outside of it."""
        s = np.asarray(times, np.float64) / self.horizon
        if s.ndim != 1 or not np.all((s >= 0) & (s <= 1)):
            raise ValueError(f"times must be a list within [0, {self.horizon}]")
        return s

    def clip(self, y: Float[Array, "..."]) -> Float[Array, "..."]:
        """`y` projected on the task's bounds."""
        return jnp.clip(y, -self.bounds, self.bounds)


def build_task(config: TaskConfig) -> Task:
    """The task that a configuration describes; reads sample files where it names any.

    Raises `nlot.measures.files.SampleError` for an unusable file.
    """
    return Task(
        source=build_measure(config.source),
        target=build_measure(config.target),
        lagrangian=build_lagrangian(config.lagrangian),
        bounds=config.bounds,
        horizon=config.horizon,
        dimension=config.dimension,
    )


def build_measure(config: MeasureConfig) -> AbstractMeasure:
    """The measure that a configuration describes."""
    if isinstance(config, UniformConfig):
        return Uniform(jnp.array(config.low), jnp.array(config.high))
    if isinstance(config, GaussianConfig):
        return Gaussian(jnp.array(config.mean), jnp.array(config.covariance))
    if isinstance(config, GaussianMixtureConfig):
        return GaussianMixture(jnp.array(config.means), jnp.array(config.std))
    points = read_samples(config.path, config.array, config.dimension)
    return Empirical(jnp.array(points, jnp.float32))


def build_potential(config: PotentialConfig) -> AbstractPotential:
    """The potential that a configuration describes."""
    strength = jnp.array(config.strength)
    if isinstance(config, HillConfig):
        return Hill(strength)
    if isinstance(config, BoxesConfig | DiscsConfig):
        start = config.temperature_start
        final = jnp.array(config.temperature)
        first = final if start is None else jnp.array(start)
        if isinstance(config, BoxesConfig):
            low, high = jnp.array(config.low), jnp.array(config.high)
            return Boxes(low, high, strength, final, first)
        centres, radius = jnp.array(config.centres), jnp.array(config.radius)
        return Discs(centres, radius, strength, final, first)
    return Well(strength)


def build_lagrangian(config: LagrangianConfig) -> AbstractLagrangian:
    """The Lagrangian that a configuration describes."""
    if isinstance(config, NewtonianConfig):
        potential = config.potential
        built = None if potential is None else build_potential(potential)
        return Newtonian(built, config.potential_scale)
    return Riemannian(build_metric(config.metric))


def build_metric(config: MetricConfig) -> AbstractMetric:
    """The metric that a configuration describes."""
    if isinstance(config, CircleMetricConfig):
        return CircleMetric(config.floor)
    if isinstance(config, VeeMetricConfig):
        return VeeMetric(config.floor)
    return CrossMetric(config.floor, config.amplitude)
