"""What is measured: trained runs, and controls that need no training.

A subject sends samples of the source somewhere. Controls run beside the methods in
every table: `Translation` moves every sample by the difference of the measures' means
(on the four tasks of Table 1 a perfect push-forward), `EuclideanOT` pairs samples
optimally for the squared Euclidean cost and ignores the Lagrangian.
"""

import abc
from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import ot
from jaxtyping import Array, Float, Key, PRNGKeyArray

from nlot.discrete.couplings import assign
from nlot.evaluation.paths import OwnPaths, spline_paths
from nlot.methods.nlsb.run import BridgeRun
from nlot.paths.splines import CubicSpline
from nlot.problems.transport import Task
from nlot.runs.transport import Run


class AbstractSubject(abc.ABC):
    """A map, with paths of its own or without."""

    # Appended to the names of the measures.
    suffix: str = ""

    @abc.abstractmethod
    def push(self, x: Float[Array, "n d"], key: PRNGKeyArray) -> Float[Array, "n d"]:
        """Images of the samples `x`; `key` is for those that draw from the target."""

    def push_draws(
        self, x: Float[Array, "draws n d"], keys: Key[Array, " draws"]
    ) -> Float[Array, "draws n d"]:
        """`push` of several draws, each with a key of its own."""
        return jnp.stack([self.push(*each) for each in zip(x, keys, strict=True)])

    @abc.abstractmethod
    def own_paths(
        self, x: Float[Array, "n d"], y: Float[Array, "n d"], key: PRNGKeyArray
    ) -> OwnPaths | None:
        """The subject's own paths from `x` to `y = push(x, key)`, if it has any.

        Without any, its samples travel on paths of least action.
        """


@dataclass
class Trained(AbstractSubject):
    """A trained run, by its transport map."""

    run: Run

    def push(self, x: Float[Array, "n d"], key: PRNGKeyArray) -> Float[Array, "n d"]:
        return self.run.transport(x)

    def push_draws(
        self, x: Float[Array, "draws n d"], keys: Key[Array, " draws"]
    ) -> Float[Array, "draws n d"]:
        # A map knows no draws: all points at once fill its batches.
        return self.push(x.reshape(-1, x.shape[-1]), keys[0]).reshape(x.shape)

    def own_paths(
        self, x: Float[Array, "n d"], y: Float[Array, "n d"], key: PRNGKeyArray
    ) -> OwnPaths:
        run = self.run
        return spline_paths(run.task, run.spline, x, y, run.coefficients(x, y))


@dataclass
class TrainedMap(Trained):
    """A trained run, by its map network alone."""

    suffix = "_map"

    def push(self, x: Float[Array, "n d"], key: PRNGKeyArray) -> Float[Array, "n d"]:
        return self.run.network_map(x)


@dataclass
class Simulated(AbstractSubject):
    """A trained bridge, by one of its kinds of paths."""

    run: BridgeRun

    def push(self, x: Float[Array, "n d"], key: PRNGKeyArray) -> Float[Array, "n d"]:
        return self.run.transport(x, key)

    def own_paths(
        self, x: Float[Array, "n d"], y: Float[Array, "n d"], key: PRNGKeyArray
    ) -> OwnPaths:
        steps = self.run.steps(x, key)
        inside = jax.vmap(jax.vmap(self.run.task.lagrangian.contains))(steps)
        return OwnPaths(self.run.actions(steps), jnp.mean(inside, axis=1))


def subjects(run: Run | BridgeRun) -> list[Trained | Simulated]:
    """What a trained run is measured as; its map network alone where it refines it."""
    if isinstance(run, BridgeRun):
        return [Simulated(variant) for variant in run.variants]
    return [Trained(run), TrainedMap(run)] if run.refines else [Trained(run)]


@dataclass
class Translation(AbstractSubject):
    """Every sample moves by the difference of the two means, with least action."""

    task: Task

    def push(self, x: Float[Array, "n d"], key: PRNGKeyArray) -> Float[Array, "n d"]:
        return x + (self.task.target.mean - self.task.source.mean)

    def own_paths(
        self, x: Float[Array, "n d"], y: Float[Array, "n d"], key: PRNGKeyArray
    ) -> None:
        return None


@dataclass
class EuclideanOT(AbstractSubject):
    """Exact Euclidean coupling with a fresh target sample, on straight paths."""

    task: Task

    def push(self, x: Float[Array, "n d"], key: PRNGKeyArray) -> Float[Array, "n d"]:
        y = np.asarray(self.task.target.sample(key, len(x)))
        order, _ = assign(ot.dist(np.asarray(x, np.float64), y.astype(np.float64)))
        return jnp.asarray(y[order])

    def own_paths(
        self, x: Float[Array, "n d"], y: Float[Array, "n d"], key: PRNGKeyArray
    ) -> OwnPaths:
        spline = CubicSpline(5)
        straight = jnp.zeros((len(x), spline.size, x.shape[1]), x.dtype)
        return spline_paths(self.task, spline, x, y, straight)


CONTROLS: dict[str, Callable[[Task], AbstractSubject]] = {
    "translation": Translation,
    "euclidean_ot": EuclideanOT,
}
