"""Controls: rows of every table that need no training.

They have some of the capabilities of runs (`nlot.methods.capabilities`).
"""

from collections.abc import Callable, Iterable
from dataclasses import KW_ONLY, dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from nlot.costs.metrics import AbstractMetric
from nlot.discrete.couplings import assign, match, squared_distances
from nlot.discrete.sequence_couplings import couple_neighbours
from nlot.evaluation.alignment import matrices
from nlot.evaluation.registry import SEQUENCE, TRANSPORT
from nlot.paths.own_paths import OwnPaths, spline_paths
from nlot.paths.splines import CubicSpline
from nlot.problems.sequence import MeasuresInTime, Particles
from nlot.problems.transport import Transport
from nlot.training.streams import stream

# Midpoint nodes of the straight paths that price couplings.
_NODES = 8


@dataclass(frozen=True)
class Control:
    """A control.

    **Attributes:**

    - `label`, the printed name, and `problems`, the kinds of problems it applies to.
    - `make` takes a `Transport`, or a `Collection`, or the settings of measures in
      time, their particles and a seed; None for the control whose rows come from the
      ground truth.
    - `capabilities` of what it makes, and `needs`, the facts that must be known for it.
    - `note`, a sentence for captions.
    """

    label: str
    problems: tuple[str, ...] = TRANSPORT
    _: KW_ONLY
    make: Callable[..., Any] | None = None
    capabilities: Iterable[str] = ()
    needs: Iterable[str] = ()
    note: str = ""

    def of(self, case: Any) -> Any:
        """What it makes for a case; None where what it needs is not known."""
        assert self.make is not None
        known = case.facts.issuperset(self.needs)
        return self.make(*case.given) if known else None


# In the order of tables.
CONTROLS: dict[str, Control] = {"reference": Control("Ground truth")}


def control(name: str, *about: Any, **more: Any) -> Callable[[Callable], Callable]:
    """Registers the maker of a control; arguments are the attributes of `Control`.

    Raises `ValueError` for a name that is taken.
    """

    def register(make: Callable[..., Any]) -> Callable:
        if name in CONTROLS:
            raise ValueError(f"control {name!r} is registered already")
        CONTROLS[name] = Control(*about, make=make, **more)
        return make

    return register


@control("floor", "Noise floor", capabilities=["images"])
@dataclass
class Floor:
    """The target against itself: what a perfect map scores."""

    problem: Transport
    draws_target = True


@control("translation", "Translation", capabilities=["map"])
@dataclass
class Translation:
    """Every point moves by the difference of the two means.

    A perfect push-forward on the four problems of Table 1.
    """

    problem: Transport
    stochastic = False

    def transport(
        self, x: Float[Any, "n d"], key: PRNGKeyArray | None = None
    ) -> Float[Array, "n d"]:
        """`x` moved."""
        return x + self.problem.shift


@control("optimal_pairs", "Exact coupling", capabilities=["match"], needs=["matching"])
@dataclass
class OptimalPairs:
    """The optimal pairs of samples at exact costs."""

    problem: Transport
    # Known to the case that is measured.
    match = None


@control("turn", "Rotation", capabilities=["map", "match"], needs=["turned"])
@dataclass
class Turn:
    """The turn that makes the target from the source."""

    problem: Transport
    stochastic = False

    def transport(
        self, x: Float[Any, "n d"], key: PRNGKeyArray | None = None
    ) -> Float[Array, "n d"]:
        """`x` turned."""
        target: Any = self.problem.target
        return target.turn(x)

    def match(
        self, x: Float[Any, "n d"], y: Float[Any, "n d"]
    ) -> Int[np.ndarray, " n"]:
        """The partners nearest to the turned points, each taken once."""
        return match(self.transport(x), y)


@control("euclidean_ot", "Euclidean OT", capabilities=["map", "own_paths", "match"])
@dataclass
class EuclideanOT:
    """Exact Euclidean coupling with a fresh target sample, on straight paths.

    `sampling` says how the target is sampled: as the draws that it is measured on.
    """

    problem: Transport
    sampling: str = "spread"
    stochastic = True

    def transport(
        self, x: Float[Any, "n d"], key: PRNGKeyArray | None = None
    ) -> Float[Array, "n d"]:
        """The points of a target sample, drawn with the key, that `x` is coupled to."""
        assert key is not None
        y = np.asarray(self.problem.target.draw(key, len(x), self.sampling))
        order, _ = assign(squared_distances(x, y))
        return jnp.asarray(y[order])

    def match(
        self, x: Float[Any, "n d"], y: Float[Any, "n d"]
    ) -> Int[np.ndarray, " n"]:
        """The partners under the squared Euclidean cost."""
        return match(x, y)

    def own_paths(
        self, x: Float[Array, "n d"], y: Float[Array, "n d"], key: PRNGKeyArray
    ) -> OwnPaths:
        """The straight paths."""
        spline, p = CubicSpline(5), self.problem
        straight = jnp.zeros((len(x), spline.size, x.shape[1]), x.dtype)
        return spline_paths(p.lagrangian, p.horizon, spline, x, y, straight)


class Coupled:
    """A given metric, or none; particles move as coupled samples do."""

    def __init__(self, data: Particles, metric: AbstractMetric | None):
        self._data, self._metric = data, metric

    def metric(self, x: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d d"]:
        """Its matrices, or identities without a metric."""
        if self._metric is None:
            return np.tile(np.eye(x.shape[1]), (len(x), 1, 1))
        return matrices(self._metric, x)

    def carry(self, x: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "K n d"]:
        """Points moved like the nearest sample, by exact couplings of neighbours.

        These are optimal for the action of straight paths along the metric, or for the
        squared Euclidean cost without a metric.
        """
        couplings = couple_neighbours(self._data.sequence, self._metric, _NODES)
        stops = [np.asarray(x, np.float64)]
        for a, b, mass in zip(couplings.x, couplings.y, couplings.mass, strict=True):
            used = np.asarray(mass) > 0
            start, end = np.asarray(a)[used], np.asarray(b)[used]
            nearest = _gaps(stops[-1], start).argmin(axis=1)
            stops.append(stops[-1] + end[nearest] - start[nearest])
        return np.stack(stops)


def _gaps(
    x: Float[np.ndarray, "n d"], y: Float[np.ndarray, "m d"]
) -> Float[np.ndarray, "n m"]:
    return np.sum((x[:, None] - y) ** 2, axis=-1)


# Shared by both.
_COUPLED = (
    "True and Euclidean metric (identity matrices): particles move like the nearest "
    "sample under exact couplings. Without held-out particles, their populations are "
    "exact by construction if all measures have equally many samples."
)


@control(
    "true_metric",
    "True metric",
    SEQUENCE,
    capabilities=["metric", "carry"],
    needs=["true_metric"],
    note=_COUPLED,
)
def true_metric(config: MeasuresInTime.Config, data: Particles, seed: int) -> Coupled:
    """The true metric."""
    assert config.truth is not None
    return Coupled(data, config.truth.build())


@control(
    "euclidean_metric",
    "Euclidean metric",
    SEQUENCE,
    capabilities=["metric", "carry"],
    note=_COUPLED,
)
def euclidean_metric(
    config: MeasuresInTime.Config, data: Particles, seed: int
) -> Coupled:
    """Identity matrices: nothing learned."""
    return Coupled(data, None)


@control(
    "random_metric",
    "Random metric",
    SEQUENCE,
    capabilities=["metric"],
    note="Random metric: an independent, uniform direction at every point.",
)
class RandomMetric:
    """An independent, uniform direction of cheap motion at every point."""

    def __init__(self, config: MeasuresInTime.Config, data: Particles, seed: int):
        self._key = stream(seed, "evaluation/random_metric")

    def metric(self, x: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d d"]:
        """I - 0.9 v vᵀ with a random unit vector v at each point."""
        n, d = x.shape
        if d == 2:
            angle = np.asarray(jax.random.uniform(self._key, (n,), maxval=np.pi))
            v = np.stack([np.cos(angle), np.sin(angle)], -1)
        else:
            v = np.asarray(jax.random.normal(self._key, (n, d)))
            v = v / np.linalg.norm(v, axis=-1, keepdims=True)
        return np.eye(d) - 0.9 * v[:, :, None] * v[:, None, :]


@control(
    "nearest_particle",
    "Nearest particle (oracle)",
    SEQUENCE,
    capabilities=["carry"],
    needs=["held_out"],
    note="Nearest particle (oracle): the true trajectory of the held-out particle that "
    "starts nearest.",
)
class NearestParticle:
    """Each held-out particle follows the trajectory of the one that starts nearest.

    The score of knowing all other trajectories: the error that remains where neighbours
    separate at random.
    """

    def __init__(self, config: MeasuresInTime.Config, data: Particles, seed: int):
        true = data.held_out
        assert true is not None
        gaps = _gaps(true[0], true[0])
        np.fill_diagonal(gaps, np.inf)
        nearest = gaps.argmin(axis=1)
        self._ways = true[:, nearest] + (true[0] - true[0, nearest])

    def carry(self, x: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "K n d"]:
        """The trajectories of the held-out particles, which start at `x`."""
        return self._ways
