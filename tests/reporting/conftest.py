"""A preset, rows as if it had been measured, and records of where they come from."""

from collections.abc import Callable
from itertools import product

import numpy as np
import pandas as pd
import pytest

from nlot.config import Experiment, parse_config
from nlot.evaluation import CONTROLS
from nlot.evaluation.applicable import applicable
from nlot.evaluation.rows import COLUMNS
from nlot.provenance.record import provenance
from nlot.provenance.records import Records, origins

from ..conftest import sequence_settings

SIZES = {"w2_paper": 16, "w2_exact": 64, "sinkhorn_divergence": 32, "action": 8}
MINUTES = {"nlot": 2.5, "nlot_plus": 3.0, "metric_nlot": 1.25, "metric_nlot_plus": 0.5}
METRICS = ["true_metric", "random_metric", "euclidean_metric", "nearest_particle"]
SCORES = ["alignment", "alignment_data"]
ERRORS = ["population_error", "trajectory_error"]


@pytest.fixture(scope="session")
def preset() -> Experiment:
    """Seeds, problems and methods in an order that no sorting gives.

    `x_paths` has held-out particles and a true metric, `circle_released` the latter.
    """
    raw = sequence_settings()
    free, nlot = raw["problems"]["free"], raw["methods"]["nlot"]
    crossing, given = raw["problems"]["crossing"], raw["problems"]["given"]
    transport = {"problems": ["well", "box"], "methods": ["nlot_plus", "nlot"]}
    controls = {"controls": ["floor", "translation"]}
    metrics = {
        "problems": ["x_paths", "given", "circle_released"],
        "methods": ["metric_nlot_plus", "metric_nlot"],
        "controls": METRICS,
    }
    return parse_config(
        {
            **raw,
            "seeds": [3, 1, 2],
            "problems": {
                **raw["problems"],
                "box": free,
                "given": given,
                "x_paths": crossing,
                "circle_released": {**given, "truth": {"kind": "circle"}},
            },
            # Another method of the same kind.
            "methods": {**raw["methods"], "nlot_plus": nlot},
            "tables": {
                "table1": {
                    **transport,
                    **controls,
                    "measures": ["w2_paper", "w2_exact", "w2_exact_excess", "action"],
                    "published": "nlot2024/1",
                },
                "supplement": {
                    **transport,
                    **controls,
                    "methods": ["nlot_plus", "nlot", "nlot_network_map"],
                },
                "bounds": {**transport, "kind": "bounds"},
                "table2": {
                    **metrics,
                    "measures": [*SCORES, *reversed(ERRORS), "minutes"],
                    "published": "nlot2024/2",
                },
            },
            "figures": {},
        }
    )


@pytest.fixture(scope="session")
def measured(preset) -> pd.DataFrame:
    """Rows as an evaluation of `preset` would write them, with random values."""
    shown = {
        (problem, row): applicable(preset, row, problem)
        for entry in preset.tables.values()
        for problem in entry.problems
        for row in (*preset.rows(entry.methods), *entry.controls)
    }
    rng, found = np.random.default_rng(0), []
    for (problem, row), measures in shown.items():
        minutes = None if row in CONTROLS else MINUTES[preset.owner(row)]
        for seed, measure in product(preset.seeds, measures):
            key = (problem, row, seed, measure)
            n = SIZES.get(measure, 900 if measure == "alignment" else 50)
            found.append((*key, rng.uniform(0.1, 0.9), n, minutes, "cpu"))
    return pd.DataFrame(found, columns=list(COLUMNS))


@pytest.fixture
def rows(measured) -> pd.DataFrame:
    """A fresh copy of the rows, for a test to change."""
    return measured.copy()


def _header(names: dict, seed: int, minutes: float, **changes: object) -> dict:
    made = provenance({"settings": names}, seed, 60.0 * minutes)
    return {**names, "provenance": {**made, **changes}}


@pytest.fixture
def make_header() -> Callable[..., dict]:
    """The header of a run: its names, seed and minutes, and changes of provenance."""
    return _header


@pytest.fixture(scope="session")
def records(preset, measured) -> Records:
    """Where `rows` come from: learned metrics at another commit than maps."""
    found: dict[bool, list[dict]] = {True: [], False: []}
    runs = measured.drop_duplicates(["problem", "method", "seed"])
    for problem, method, seed, minutes in runs[
        ["problem", "method", "seed", "minutes"]
    ].itertuples(index=False):
        names = {"problem": problem, "method": method}
        commit = ("a" if preset.problems[problem].kind == "transport" else "b") * 40
        if minutes > 0 and method in preset.methods:
            found[True].append(_header(names, seed, minutes, commit=commit))
        found[False].append(_header(names, seed, 0.1, commit="c" * 40))
    return Records(origins(found[True]), origins(found[False]))
