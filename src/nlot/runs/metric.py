"""Trained metrics: learn one, keep it in a folder, open it again."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.config import (
    Config,
    LearnerConfig,
    MetricNLOTConfig,
    MetricPlusConfig,
    ScarvelisSolomonConfig,
    SequenceConfig,
    parse_learner,
)
from nlot.costs.lagrangians import Riemannian
from nlot.measures.sequences import load_sequence
from nlot.methods.metric_nlot import train as metric_learning
from nlot.methods.metric_nlot_plus import train as metric_plus
from nlot.methods.scarvelis_solomon import train as scarvelis_solomon
from nlot.methods.scarvelis_solomon.train import GramNetworks, build_gram_networks
from nlot.networks.pairwise import PairNetworks, build_pair_networks
from nlot.paths.quadrature import Quadrature, path_actions
from nlot.paths.splines import CubicSpline
from nlot.runs.job import train_and_write
from nlot.runs.store import read_run, spline_positions

KIND = "metric"
# Each module has `train`.
_LEARNERS: dict[str, ModuleType] = {
    "nlot": metric_learning,
    "nlot_plus": metric_plus,
    "scarvelis_solomon": scarvelis_solomon,
}


class PlainMetricRun:
    """A learned metric without maps or paths, on arrays of shape (n, 2).

    **Attributes:** as those of `MetricRun`, but for `spline`.
    """

    def __init__(
        self,
        config: ScarvelisSolomonConfig,
        networks: GramNetworks,
        header: Mapping[str, Any],
    ):
        self.config, self.networks, self.header = config, networks, dict(header)

    def metric(self, x: Float[Any, "n 2"]) -> Float[Array, "n 2 2"]:
        """The matrices A(x), small along the motion."""
        return _over_points(self.networks.metric, _points(x))


class MetricRun:
    """A learned metric with its maps and paths, on arrays of shape (n, 2).

    Pair i leads from measure i to measure i + 1 of the sequence.

    **Attributes:** `config` (the learner's settings), `networks`, `spline` (the space
    of its paths) and `header` (names, settings and provenance as stored).
    """

    def __init__(
        self,
        config: MetricNLOTConfig | MetricPlusConfig,
        networks: PairNetworks,
        header: Mapping[str, Any],
    ):
        self.config, self.networks, self.header = config, networks, dict(header)
        self.spline = CubicSpline(config.knots)

    @property
    def pairs(self) -> int:
        """Number of pairs of neighbouring measures."""
        return len(self.networks.frames.scale)

    def metric(self, x: Float[Any, "n 2"]) -> Float[Array, "n 2 2"]:
        """The matrices A(x), acting on velocities."""
        return _over_points(self.networks.metric, _points(x))

    def transport(self, x: Float[Any, "n 2"], pair: int) -> Float[Array, "n 2"]:
        """Where points of measure `pair` are sent in the next one."""
        if not 0 <= pair < self.pairs:
            raise ValueError(f"pair must be from 0 to {self.pairs - 1}, found {pair}")
        return _transport(
            self.networks,
            self.config,
            self.header["sequence_shape"]["bounds"],
            jnp.array(pair),
            _points(x),
        )

    def carry(self, x: Float[Any, "n 2"]) -> Float[Array, "K n 2"]:
        """Points of the first measure at the times of all measures, by all maps."""
        stops = [_points(x)]
        for pair in range(self.pairs):
            stops.append(self.transport(stops[-1], pair))
        return jnp.stack(stops)

    def path(
        self, x: Float[Any, "n 2"], y: Float[Any, "n 2"], times: Float[Any, " times"]
    ) -> Float[Array, "n times 2"]:
        """The amortised geodesics from `x` to `y` at `times` in [0, 1]."""
        s = np.asarray(times, np.float64)
        if s.ndim != 1 or not np.all((s >= 0) & (s <= 1)):
            raise ValueError("times must be a list within [0, 1]")
        a, b = _points(x), _points(y)
        coefficients = _over_points(self.networks.spline, a, b)
        return spline_positions(self.spline, s, a, b, coefficients)

    def cost(self, x: Float[Any, "n 2"], y: Float[Any, "n 2"]) -> Float[Array, " n"]:
        """Action of the amortised path between each pair, by a fine midpoint rule."""
        a, b = _points(x), _points(y)
        coefficients = _over_points(self.networks.spline, a, b)
        rule = Quadrature(self.spline, 200)
        return path_actions(Riemannian(self.networks.metric), rule, a, b, coefficients)


def _points(x: Float[Any, "n 2"]) -> Float[Array, "n 2"]:
    array = jnp.asarray(x, jnp.float32)
    if array.ndim != 2 or array.shape[1] != 2:
        raise ValueError(f"expected points of shape (n, 2), found {array.shape}")
    return array


@eqx.filter_jit
def _transport(
    networks: PairNetworks,
    config: MetricNLOTConfig | MetricPlusConfig,
    bounds: float,
    pair: Array,
    x: Array,
) -> Array:
    learner = _LEARNERS[config.kind]
    return jax.vmap(lambda a: learner.transport(networks, config, bounds, pair, a))(x)


@eqx.filter_jit
def _over_points(function: Callable[..., Array], *points: Array) -> Array:
    return jax.vmap(function)(*points)


def train_metric(
    config: Config,
    sequence: str,
    learner: str,
    seed: int,
    samples: str | Path,
    folder: str | Path,
) -> MetricRun | PlainMetricRun:
    """Learn a metric from the file `samples`; write weights and history to `folder`.

    A run that was killed goes on from its checkpoint in `folder`, to the same weights.
    Raises `nlot.training.loop.DivergenceError` when a loss stops being finite, and
    `nlot.measures.files.SampleError` for unusable samples; nothing is written then.
    """
    sequence_config = config.sequences[sequence]
    settings = config.learner(learner, sequence)
    data = load_sequence(sequence_config.data, samples)
    header, networks = train_and_write(
        _LEARNERS[settings.kind],
        data,
        settings,
        name=f"{sequence} {learner}",
        seed=seed,
        names={"kind": KIND, "sequence": sequence, "method": learner},
        settings={
            "sequence_config": sequence_config.model_dump(mode="json"),
            "learner_config": settings.model_dump(mode="json"),
            "sequence_shape": {
                "pairs": data.pairs,
                "centre": data.centre,
                "half_width": data.half_width,
                "bounds": data.bounds,
            },
        },
        folder=folder,
        checkpoint_minutes=config.resources.checkpoint_minutes,
    )
    return _open(settings, networks, header)


def load_metric_run(folder: str | Path) -> MetricRun | PlainMetricRun:
    """Open the run that `train_metric` wrote to `folder`.

    Raises `nlot.runs.store.RunError` for a missing, truncated or foreign file.
    """

    def skeleton(header: Mapping[str, Any]) -> Any:
        SequenceConfig.model_validate(header["sequence_config"])
        return eqx.filter_eval_shape(
            _untrained,
            header["sequence_shape"],
            parse_learner(header["learner_config"]),
            jax.random.key(0),
        )

    header, networks = read_run(folder, KIND, skeleton)
    return _open(parse_learner(header["learner_config"]), networks, header)


def _untrained(
    shape: Mapping[str, Any], config: LearnerConfig, key: PRNGKeyArray
) -> Any:
    if isinstance(config, ScarvelisSolomonConfig):
        return build_gram_networks(shape["pairs"], config, key=key)
    return build_pair_networks(
        shape["pairs"], shape["centre"], shape["half_width"], config, key=key
    )


def _open(
    config: LearnerConfig, networks: Any, header: Mapping[str, Any]
) -> MetricRun | PlainMetricRun:
    if isinstance(config, ScarvelisSolomonConfig):
        return PlainMetricRun(config, networks, header)
    return MetricRun(config, networks, header)
