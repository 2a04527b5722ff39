"""Seconds and memory of whole trainings, against the size of what is given."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

import nlot
from nlot.config import settings_class
from nlot.problems.geodesics import Geodesics
from nlot.runs.solving import method_of, problem_of, train_given

# Settings that count steps or rounds of training.
_COUNTS = ("steps", "rounds", "warm_up", "isotropic_steps", "annealing_steps")
# Steps this small only compile.
_LEAST = 2
# Of known pairs, where a cost is learned from some.
_PAIRS = 100

_WELL = {"kind": "well", "strength": 0.5}

Call = Callable[[int], Any]


def training(
    method: str, samples: int, dimension: int, measures: int, share: float
) -> dict[str, Any]:
    """A training with default settings and `share` of their steps, its checks included.

    **Arguments:** a kind of method, and how many samples each measure has; where paths
    between pairs of points are sought, `samples` is the number of pairs.
    """
    settings: Any = settings_class("method", method)
    kind = settings.problems[0]
    rng = np.random.default_rng(0)
    # Along an arc, ever wider.
    angles = np.linspace(0, np.pi / 2, measures)
    clouds = [
        _at(angle, dimension)
        + (0.3 + 0.1 * angle) * rng.normal(size=(samples, dimension))
        for angle in angles
    ]
    call = _CALLS[kind](method, clouds, _fewer(_defaults(method), share))
    times = [time.monotonic()]
    # Another seed compiles nothing.
    for seed in range(2):
        call(seed)
        times.append(time.monotonic())
    first, second = map(float, np.diff(times))
    spread = dict.fromkeys(("seconds", "low", "high"), second)
    return {**spread, "compile_seconds": first - second}


def _at(angle: float, dimension: int) -> np.ndarray:
    place = np.zeros(dimension)
    place[:2] = 2 * np.cos(angle), 2 * np.sin(angle)
    return place


def _defaults(method: str) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if method == "legs":
        # They have no defaults.
        changes = {
            "kind": method,
            "method": _defaults("nlot_plus"),
            "lagrangian": {"kind": "newtonian"},
        }
    return method_of(method, changes).model_dump()


def _fewer(settings: dict[str, Any], share: float) -> dict[str, Any]:
    """Settings with a share of all steps."""

    def less(key: str, value: Any) -> Any:
        if isinstance(value, dict):
            return _fewer(value, share)
        counted = key in _COUNTS and isinstance(value, int) and value > _LEAST
        return max(round(share * value), _LEAST) if counted else value

    return {key: less(key, value) for key, value in settings.items()}


def _transport(method: str, clouds: list[np.ndarray], settings: dict[str, Any]) -> Call:
    lagrangian: Any = {"kind": "newtonian", "potential": _WELL}
    if method in ("estimated_density", "kernel_paths"):
        lagrangian = _metric(clouds)
    if method == "entropic":
        # Costs in closed form only.
        lagrangian = None
    ends = clouds[0], clouds[-1]
    return lambda seed: nlot.solve(
        *ends, lagrangian, method=method, settings=settings, seed=seed
    )


def _sequence(method: str, clouds: list[np.ndarray], settings: dict[str, Any]) -> Call:
    return lambda seed: nlot.learn_metric(
        clouds, method=method, settings=settings, seed=seed
    )


def _pairs(method: str, clouds: list[np.ndarray], settings: dict[str, Any]) -> Call:
    source = clouds[0]
    known = np.repeat(np.arange(_PAIRS)[:, None], 2, 1)
    target = source + clouds[-1].mean(0) - source.mean(0)
    return lambda seed: nlot.learn_cost(
        source, target, known, method=method, settings=settings, seed=seed
    )


def _collection(
    method: str, clouds: list[np.ndarray], settings: dict[str, Any]
) -> Call:
    return lambda seed: nlot.compare(clouds, _metric(clouds), settings=settings)


def _geodesics(method: str, clouds: list[np.ndarray], settings: dict[str, Any]) -> Call:
    given = problem_of(
        Geodesics.Config,
        kind="geodesics",
        starts=clouds[0].tolist(),
        ends=clouds[-1].tolist(),
        lagrangian=_metric(clouds),
    )
    return lambda seed: train_given(given, method, settings, seed, None)


_CALLS = {
    "transport": _transport,
    "sequence": _sequence,
    "pairs": _pairs,
    "collection": _collection,
    "geodesics": _geodesics,
}


def _metric(clouds: list[np.ndarray]) -> dict[str, Any]:
    """Paths are cheap where a Gaussian round the first cloud is dense."""
    d = clouds[0].shape[1]
    density = {
        "kind": "gaussian",
        "mean": [0.0] * d,
        "covariance": (4 * np.eye(d)).tolist(),
    }
    metric = {"kind": "density", "density": density}
    return {"kind": "riemannian", "metric": metric}
