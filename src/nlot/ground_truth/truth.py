"""The ground truth of a problem, in one file."""

import json
import sys
import time
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile

import jax
import numpy as np
from jaxtyping import Float, Int

from nlot.config import EvaluationConfig, Experiment
from nlot.discrete.couplings import assign, match
from nlot.discrete.exact_costs import exact_costs
from nlot.ground_truth.bounds import Interval, fit_potential, lower_bound, upper_bound
from nlot.ground_truth.matchings import Matching, find_matching
from nlot.ground_truth.memory import check_memory, memory_mb
from nlot.ground_truth.strata import cut
from nlot.problems.transport import Transport
from nlot.provenance.files import whole_file
from nlot.provenance.record import provenance
from nlot.training.streams import stream

KIND = "ground truth"
# Names of the arrays of matchings: matching/seed/part.
_MATCHING, _SLASH = "matching", "/"
_UNREADABLE = (
    OSError,
    EOFError,
    KeyError,
    TypeError,
    ValueError,
    BadZipFile,
    zlib.error,
)


class TruthError(ValueError):
    """A file without a valid ground truth; the message names the file and the fault."""


class GroundTruth(NamedTuple):
    """Points of both measures, exact costs, and the optimum between them.

    The optimal coupling of the points sends `x[i]` to `y[order[i]]`; its dual variables
    satisfy f[i] + g[j] ≤ cost[i, j], with equality along it. `upper` and `lower` bound
    the optimal cost of the measures themselves (`nlot.ground_truth.bounds`).
    `matchings` are those of samples drawn with each seed, if any are asked for.
    """

    x: Float[np.ndarray, "n d"]
    y: Float[np.ndarray, "n d"]
    cost: Float[np.ndarray, "n n"]
    order: Int[np.ndarray, " n"]
    f: Float[np.ndarray, " n"]
    g: Float[np.ndarray, " n"]
    upper: Interval
    lower: Interval
    header: dict[str, Any]
    matchings: dict[int, Matching]

    @property
    def optimum(self) -> float:
        """The least mean cost of sending all of `x` to all of `y`."""
        return float(self.cost[np.arange(len(self.order)), self.order].mean())

    def losses(self, pushed: Float[np.ndarray, "n d"]) -> Float[np.ndarray, " n"]:
        """The loss of a map that sends `x[i]` to `pushed[i]`, at each point.

        Images are first matched to the target by the least mean squared distance, as
        costs of maps that miss the target cannot be compared. A loss is the resulting
        coupling's cost minus `f` and `g`, and never negative; the mean is the
        coupling's cost minus the optimal one.
        """
        order = match(pushed, self.y)
        return self.cost[np.arange(len(order)), order] - self.f - self.g[order]


def find_truth(
    problem: Transport,
    settings: EvaluationConfig,
    seed: int,
    report: Callable[[str], None],
    matched: Iterable[int] = (),
) -> GroundTruth:
    """Price all pairs of points, couple them, and bound the optimal cost.

    **Arguments:** the problem, settings, the seed of points and draws, a function that
    is called with lines of progress, and the seeds of matchings. Source and target are
    cut with one key: if one is a translated copy of the other, so are the points.

    **Returns:** the truth; its header tells how well the searches converged. Raises
    `ValueError` if that would take more memory than the settings allow.
    """
    n = settings.ground_truth.points
    space = problem.dimension, problem.lagrangian.straight
    check_memory(settings, *space)
    report(f"{n} x {n} pairs, in {memory_mb(settings, *space)} MB of memory at most")
    matchings, number = {}, settings.matching.points
    for each in matched if number else ():
        report(f"pairs of {number} samples, seed {each}")
        given = problem, settings.least_action, number, each
        matchings[each] = find_matching(*given, report)
    keys = jax.random.split(stream(seed, "ground truth"), 3)
    source, target = cells = (
        cut(problem.source, n, key=keys[0]),
        cut(problem.target, n, key=keys[0]),
    )
    costs = exact_costs(
        problem, settings.least_action, source.centres, target.centres, report
    )
    order, dual = assign(costs.cost)
    f = (costs.cost - dual).min(axis=1)
    g = (costs.cost - f[:, None]).min(axis=0)
    upper = upper_bound(problem, settings, cells, costs, order, key=keys[1])
    report(f"upper bound {upper.mean:.5f} [{upper.low:.5f}, {upper.high:.5f}]")
    potential = fit_potential(costs.cost, g, target)
    lower = lower_bound(problem, settings, cells, costs, potential, key=keys[2])
    report(f"lower bound {lower.mean:.5f} [{lower.low:.5f}, {lower.high:.5f}]")
    header = {
        # The smallest share among the searches behind costs and bounds.
        "converged": min(
            float(costs.converged.mean()), upper.converged, lower.converged
        ),
        "largest_gradient_norm": float(costs.gradient_norm.max()),
    }
    x, y = source.centres, target.centres
    return GroundTruth(x, y, costs.cost, order, f, g, upper, lower, header, matchings)


def make_truth(experiment: Experiment, problem: str, path: str | Path) -> GroundTruth:
    """Find the ground truth of `experiment.problems[problem]`, and write it to `path`.

    Uses the first of the seeds, and for matchings all that tables and figures show.
    Returns what was written. Raises `SampleError` if a measure's sample file is
    unusable.
    """
    started = time.monotonic()
    seed, evaluation = experiment.seeds[0], experiment.evaluation
    given = experiment.problems[problem]

    def report(line: str) -> None:
        clock = time.strftime("%H:%M:%S")
        print(f"{clock} {problem} ground truth: {line}", file=sys.stderr, flush=True)

    matched = experiment.seeds_on(problem)
    truth = find_truth(given.load().held_out, evaluation, seed, report, matched)
    settings = {
        "problem_config": given.model_dump(mode="json"),
        "least_action": evaluation.least_action.model_dump(mode="json"),
        "ground_truth": evaluation.ground_truth.model_dump(mode="json"),
        "matching": evaluation.matching.model_dump(mode="json"),
    }
    header = {
        "kind": KIND,
        "problem": problem,
        **settings,
        **truth.header,
        "provenance": provenance(settings, seed, time.monotonic() - started),
    }
    truth = truth._replace(header=header)
    with whole_file(path) as temporary, temporary.open("wb") as file:
        arrays = {**truth._asdict(), "header": np.array(json.dumps(header))}
        for seed, found in arrays.pop("matchings").items():
            parts = found._asdict().items()
            arrays |= {_SLASH.join([_MATCHING, str(seed), k]): a for k, a in parts}
        np.savez_compressed(file, **arrays)
    return truth


def load_truth(path: str | Path) -> GroundTruth:
    """Read what `make_truth` wrote.

    Raises `TruthError` for a missing, damaged or foreign file.
    """
    try:
        with Path(path).open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        header = json.loads(str(arrays.pop("header")))
        if header["kind"] != KIND:
            raise ValueError(f"kind {header['kind']!r}, expected {KIND!r}")
        upper, lower = (
            Interval(*map(float, arrays.pop(name))) for name in ("upper", "lower")
        )
        parts: dict[int, dict[str, np.ndarray]] = {}
        for name in [n for n in arrays if n.startswith(_MATCHING)]:
            _, seed, part = name.split(_SLASH)
            parts.setdefault(int(seed), {})[part] = arrays.pop(name)
        return GroundTruth(
            **arrays,
            upper=upper,
            lower=lower,
            header=header,
            matchings={seed: Matching(**each) for seed, each in parts.items()},
        )
    except _UNREADABLE as error:
        raise TruthError(f"{path}: no ground truth can be read: {error}") from error
