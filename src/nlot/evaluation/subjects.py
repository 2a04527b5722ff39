"""What is measured: trained runs, and controls that need no training.

A subject sends samples of the source somewhere. Controls run beside the methods in
every table: `Translation` moves every sample by the difference of the measures' means
(on the four tasks of Table 1 a perfect push-forward), `EuclideanOT` pairs samples
optimally for the squared Euclidean cost and ignores the Lagrangian.
"""

import abc
from collections.abc import Callable
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
import ot
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.couplings import assign
from nlot.runs import Run
from nlot.splines import CubicSpline
from nlot.tasks import Task


class AbstractSubject(abc.ABC):
    """A map, with paths of its own or without."""

    # Appended to the names of the measures.
    suffix: str = ""

    @abc.abstractmethod
    def push(self, x: Float[Array, "n d"], key: PRNGKeyArray) -> Float[Array, "n d"]:
        """Images of the samples `x`; `key` is for those that draw from the target."""

    @abc.abstractmethod
    def own_paths(
        self, x: Float[Array, "n d"], y: Float[Array, "n d"]
    ) -> tuple[CubicSpline, Float[Array, "n size d"]] | None:
        """Spline space and coefficients of the subject's own paths, if it has any.

        Without any, its samples travel on paths of least action.
        """


@dataclass
class Trained(AbstractSubject):
    """A trained run, by its transport map."""

    run: Run

    def push(self, x: Float[Array, "n d"], key: PRNGKeyArray) -> Float[Array, "n d"]:
        return self.run.transport(x)

    def own_paths(
        self, x: Float[Array, "n d"], y: Float[Array, "n d"]
    ) -> tuple[CubicSpline, Float[Array, "n size d"]]:
        return self.run.spline, self.run.coefficients(x, y)


@dataclass
class TrainedMap(Trained):
    """A trained run, by its map network alone."""

    suffix = "_map"

    def push(self, x: Float[Array, "n d"], key: PRNGKeyArray) -> Float[Array, "n d"]:
        return self.run.network_map(x)


@dataclass
class Translation(AbstractSubject):
    """Every sample moves by the difference of the two means, with least action."""

    task: Task

    def push(self, x: Float[Array, "n d"], key: PRNGKeyArray) -> Float[Array, "n d"]:
        return x + (self.task.target.mean - self.task.source.mean)

    def own_paths(self, x: Float[Array, "n d"], y: Float[Array, "n d"]) -> None:
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
        self, x: Float[Array, "n d"], y: Float[Array, "n d"]
    ) -> tuple[CubicSpline, Float[Array, "n size d"]]:
        spline = CubicSpline(5)
        return spline, jnp.zeros((len(x), spline.size, x.shape[1]), x.dtype)


CONTROLS: dict[str, Callable[[Task], AbstractSubject]] = {
    "translation": Translation,
    "euclidean_ot": EuclideanOT,
}
