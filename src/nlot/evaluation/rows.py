"""Tidy rows: one measured number each, and what it was measured on.

Columns: problem, method (a row of tables, or a control), seed, measure, value, n (the
sample size), minutes (of training, NaN for controls) and device.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import jax
import pandas as pd

from nlot.config import Experiment
from nlot.evaluation.case import SequenceCase, TransportCase
from nlot.evaluation.controls import CONTROLS
from nlot.evaluation.distances import DISTANCES
from nlot.evaluation.registry import KEY, Value, taken
from nlot.ground_truth.truth import GroundTruth
from nlot.methods.capabilities import CAPABILITIES, capable

COLUMNS = (*KEY, "value", "n", "minutes", "device")
REFERENCE = "reference"
# The measures of a ground truth itself.
OF_TRUTH = ("optimal_cost", "optimal_low", "optimal_high", "action_converged")
Case = TransportCase | SequenceCase
Values = dict[str, Value]


def rows_table(
    problem: str,
    method: str,
    seed: int,
    values: Mapping[str, Value],
    minutes: float,
    device: str,
) -> pd.DataFrame:
    """The measured values of one run or control as tidy rows."""
    return pd.DataFrame(
        [
            (problem, method, seed, name, value, n, minutes, device)
            for name, (value, n) in values.items()
        ],
        columns=list(COLUMNS),
    )


def measured(case: Case, kind: str, known: Mapping[str, Value] | None = None) -> Values:
    """All measures for this kind of problem whose needs a case meets, by name.

    Values in `known` are not measured again.
    """
    able = {name for name in CAPABILITIES if capable(case.subject, name)}
    values = dict(known or {})
    for found in taken(kind, case.facts | able, getattr(case.subject, "variant", "")):
        value = None if found.name in values or found.of is None else found.of(case)
        if value is not None:
            values[found.name] = value
    return values


def run_rows(
    run: Any,
    experiment: Experiment,
    truth: GroundTruth | None = None,
    data: str | Path | None = None,
) -> pd.DataFrame:
    """Rows of all variants of a trained run.

    **Arguments:** the run, settings of its problem and of the evaluation, the ground
    truth of its problem if there is one, and the file of generated data if there is.
    """
    name, provenance = run.header["problem"], run.header["provenance"]
    given, load = experiment.problems[name], _loader(experiment, name, data)
    parts = [
        rows_table(
            name,
            variant.header["method"],
            run.seed,
            measured(load(variant, run.seed, truth), given.kind),
            minutes=provenance["minutes"],
            device=provenance["device"],
        )
        for variant in run.variants
    ]
    return pd.concat(parts, ignore_index=True)


def _loader(experiment: Experiment, name: str, data: str | Path | None) -> Any:
    """A function that makes cases of a problem, which is loaded once."""
    given: Any = experiment.problems[name]
    if given.kind == "sequence":
        particles = given.load_particles(data)
        return lambda subject, seed, _: SequenceCase(given, particles, subject, seed)
    problem, settings = given.load(data), experiment.evaluation
    return lambda subject, seed, truth: TransportCase(
        problem, subject, settings, seed, truth
    )


def control_rows(
    experiment: Experiment,
    control: str,
    problems: Iterable[str],
    seed: int,
    truths: Mapping[str, GroundTruth],
    data: Mapping[str, str | Path],
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Each problem, and the rows of a control on it; `minutes` stays empty.

    **Arguments:** as those of `run_rows`; `truths` and files of `data` by problem.

    Controls do not depend on the Lagrangian: their distances from the target are
    measured once for all problems between the same measures.
    """
    known: dict[str, Values] = {}
    device = jax.devices()[0].device_kind
    for name in problems:
        given: Any = experiment.problems[name]
        found, ends = CONTROLS[control], given.model_dump_json(exclude=_COSTS)
        if found.make is None:
            continue
        case = _loader(experiment, name, data.get(name))(None, seed, truths.get(name))
        values: Values = {}
        if case.facts.issuperset(found.needs):
            case.subject = found.make(*case.given)
            values = measured(case, given.kind, known.get(ends))
        known[ends] = {k: v for k, v in values.items() if k in DISTANCES}
        yield (
            name,
            rows_table(name, control, seed, values, minutes=math.nan, device=device),
        )


# Settings in which problems between the same measures may differ.
_COSTS = {"lagrangian", "ground_truth"}


def reference_rows(truth: GroundTruth) -> pd.DataFrame:
    """The optimal cost of the points, and the ends of its bounds, as tidy rows."""
    n, provenance = len(truth.x), truth.header["provenance"]
    values = truth.optimum, truth.lower.low, truth.upper.high, truth.header["converged"]
    return rows_table(
        truth.header["problem"],
        REFERENCE,
        provenance["seed"],
        {name: (value, n) for name, value in zip(OF_TRUTH, values, strict=True)},
        minutes=math.nan,
        device=provenance["device"],
    )
