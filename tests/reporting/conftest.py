"""A preset, rows as if it had been measured, and records of where they come from."""

from collections.abc import Callable
from itertools import product

import numpy as np
import pandas as pd
import pytest

from nlot.config import Experiment, parse_config
from nlot.evaluation.rows import COLUMNS
from nlot.provenance.record import provenance
from nlot.provenance.records import Records, origins

SIZES = {"w2_paper": 16, "w2_exact": 64, "sinkhorn_divergence": 32, "action": 8}
MINUTES = {"nlot": 2.5, "nlot_plus": 3.0, "metric_nlot": 1.25, "metric_nlot_plus": 0.5}
SCORES = ["alignment", "alignment_data"]
ERRORS = ["population_error", "trajectory_error"]
# By sequence and method; a learned metric is measured like the Euclidean one.
MEASURED = {
    "x_paths": {
        "true_metric": [*SCORES, *ERRORS],
        "random_metric": SCORES,
        "euclidean_metric": [*SCORES, *ERRORS],
        "nearest_particle": ERRORS,
    },
    "given": {"euclidean_metric": ["population_error"]},
    "circle_released": {
        "true_metric": [*SCORES, "population_error"],
        "random_metric": SCORES,
        "euclidean_metric": [*SCORES, "population_error"],
    },
}


@pytest.fixture
def preset(raw_sequences) -> Experiment:
    """Seeds, problems and methods in an order that no sorting gives.

    `x_paths` has held-out particles and a true metric, `circle_released` the latter.
    """
    raw = raw_sequences
    free, nlot = raw["problems"]["free"], raw["methods"]["nlot"]
    crossing, given = raw["problems"]["crossing"], raw["problems"]["given"]
    transport = {"problems": ["well", "box"], "methods": ["nlot_plus", "nlot"]}
    controls = {"controls": ["floor", "translation"]}
    metrics = {
        "problems": ["x_paths", "given", "circle_released"],
        "methods": ["metric_nlot_plus", "metric_nlot"],
        "controls": list(MEASURED["x_paths"]),
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


@pytest.fixture
def rows(preset) -> pd.DataFrame:
    """Rows as an evaluation of `preset` would write them, with random values."""
    rng = np.random.default_rng(0)
    found = []
    methods = ["nlot_plus", "nlot", "nlot_network_map", "floor", "translation"]
    for problem, method, seed, measure in product(
        ["well", "box"], methods, preset.seeds, SIZES
    ):
        if (method, measure) != ("floor", "action"):
            key = (problem, method, seed, measure)
            minutes = MINUTES.get(method.removesuffix("_network_map"))
            found.append((*key, rng.uniform(0.1, 9), SIZES[measure], minutes, "cpu"))
    for problem, measured in MEASURED.items():
        for method in (*measured, "metric_nlot", "metric_nlot_plus"):
            for measure in measured.get(method, measured["euclidean_metric"]):
                n = 900 if measure == "alignment" else 50
                for seed in preset.seeds:
                    key = (problem, method, seed, measure)
                    minutes = MINUTES.get(method)
                    found.append((*key, rng.uniform(), n, minutes, "cpu"))
    return pd.DataFrame(found, columns=list(COLUMNS))


def _header(names: dict, seed: int, minutes: float, **changes: object) -> dict:
    made = provenance({"settings": names}, seed, 60.0 * minutes)
    return {**names, "provenance": {**made, **changes}}


@pytest.fixture
def make_header() -> Callable[..., dict]:
    """The header of a run: its names, seed and minutes, and changes of provenance."""
    return _header


@pytest.fixture
def records(preset, rows) -> Records:
    """Where `rows` come from: learned metrics at another commit than maps."""
    found: dict[bool, list[dict]] = {True: [], False: []}
    runs = rows.drop_duplicates(["problem", "method", "seed"])
    for problem, method, seed, minutes in runs[
        ["problem", "method", "seed", "minutes"]
    ].itertuples(index=False):
        names = {"problem": problem, "method": method}
        commit = ("a" if preset.problems[problem].kind == "transport" else "b") * 40
        if minutes > 0 and method in preset.methods:
            found[True].append(_header(names, seed, minutes, commit=commit))
        found[False].append(_header(names, seed, 0.1, commit="c" * 40))
    return Records(origins(found[True]), origins(found[False]))
