"""A preset with the paper's problems, and rows as if some of them had been measured."""

from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from nlot import papers
from nlot.config import Experiment, merge, parse_config
from nlot.evaluation.rows import COLUMNS

from ..conftest import METHODS, settings

PAPER = "nlot2024"
SEEDS = (3, 1, 2)
MINUTES = {"nlot": 2.5, "nlot_plus": 3.0, "metric_nlot": 1.25}
TRANSPORT = ["w2_paper", "w2_exact", "action"]
METRICS = ["alignment", "trajectory_error"]
# By problem: what has rows there, and its measures.
MEASURED = {
    "box": (["nlot", "nlot_plus", "floor", "translation"], TRANSPORT),
    "well": (["nlot", "nlot_plus", "floor", "translation"], TRANSPORT),
    "x_paths": (["metric_nlot", "true_metric", "euclidean_metric"], METRICS),
    "circle_released": (["metric_nlot", "euclidean_metric"], METRICS),
}


def experiment(**changes: Any) -> Experiment:
    """The preset, with some keys merged in; `circle_released` are given samples."""
    problems = {n: p.model_dump() for n, p in papers.problems(PAPER).items()}
    given = {"kind": "samples", "path": "given.npz"}
    released = problems["circle"] | {"data": given}
    transport = {"problems": ["well", "box"], "methods": ["nlot_plus", "nlot"]}
    metrics = {"problems": ["x_paths", "circle_released"], "methods": ["metric_nlot"]}
    raw = {
        **settings(),
        "seeds": SEEDS,
        "problems": problems | {"circle_released": released},
        "methods": METHODS,
        "tables": {
            "first": {**transport, "published": f"{PAPER}/1"},
            "second": {**metrics, "published": f"{PAPER}/2"},
        },
        "figures": {
            "figure1": {"kind": "paths", **transport},
            "figure2": {"kind": "paths", **transport},
            "figure3": {"kind": "directions", **metrics},
            "figure4": {"kind": "journeys", **metrics},
        },
    }
    return parse_config(merge(raw, changes))


def rows() -> pd.DataFrame:
    """Tidy rows with random values."""
    rng = np.random.default_rng(0)
    found = []
    for problem, (methods, measures) in MEASURED.items():
        for method, measure, seed in product(methods, measures, SEEDS):
            if (method, measure) != ("floor", "action"):
                key = (problem, method, seed, measure)
                value = rng.uniform(0.1, 0.9)
                found.append((*key, value, 64, MINUTES.get(method), "cpu"))
    return pd.DataFrame(found, columns=list(COLUMNS))
