"""Tidy rows: one measured number each, and what it was measured on.

Columns: problem, method (a row of tables, or a control), seed, measure, value, n (the
sample size), minutes (of training, NaN for controls) and device.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import pandas as pd

from nlot.config import Experiment
from nlot.evaluation.cases import loader
from nlot.evaluation.controls import CONTROLS
from nlot.evaluation.registry import KEY, Value, taken
from nlot.ground_truth.truth import GroundTruth
from nlot.methods.capabilities import CAPABILITIES, capable

COLUMNS = (*KEY, "value", "n", "minutes", "device")
REFERENCE = "reference"
# The measures of a ground truth itself.
OF_TRUTH = ("optimal_cost", "optimal_low", "optimal_high", "action_converged")
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


def measured(case: Any, kind: str, first: bool = True) -> Values:
    """All measures for this kind of problem whose needs a case meets, by name.

    `first` as in `nlot.evaluation.registry.taken`.
    """
    able = {name for name in CAPABILITIES if capable(case.subject, name)}
    values: Values = {}
    for found in taken(kind, case.facts | able, first):
        for row, entry in found.rows(getattr(case, "config", None)).items():
            value = None if found.of is None else found.of(case, *entry)
            if value is not None:
                values[row] = value
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
    given, load = experiment.problems[name], loader(experiment, name, data)
    parts = [
        rows_table(
            name,
            variant.header["method"],
            run.seed,
            measured(load(variant, run.seed, truth), given.kind, first=number == 0),
            minutes=provenance["minutes"],
            device=provenance["device"],
        )
        for number, variant in enumerate(run.variants)
    ]
    return pd.concat(parts, ignore_index=True)


def control_rows(
    experiment: Experiment,
    control: str,
    problem: str,
    seed: int,
    truth: GroundTruth | None = None,
    data: str | Path | None = None,
) -> pd.DataFrame:
    """Rows of a control on a problem with a seed; `minutes` stays empty.

    There are none where what it needs is not known. **Arguments:** any control except
    the ground truth's (`reference_rows`); the others are as those of `run_rows`.
    """
    values = dict[str, Value]()
    case = loader(experiment, problem, data)(None, seed, truth)
    case.subject = CONTROLS[control].of(case)
    if case.subject is not None:
        values = measured(case, experiment.problems[problem].kind)
    device = jax.devices()[0].device_kind
    return rows_table(problem, control, seed, values, minutes=math.nan, device=device)


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
