from collections.abc import Callable
from itertools import product

import jax
import numpy as np
import pandas as pd
import pytest

from nlot.config import Config, parse_config
from nlot.evaluation.rows import COLUMNS
from nlot.networks import build_networks
from nlot.runs import Run


@pytest.fixture
def config(raw) -> Config:
    """Seeds, tasks and methods in an order that no sorting gives."""
    task, method = raw["tasks"]["free"], raw["methods"]["nlot"]
    figure = {"tasks": ["box", "circle"], "methods": ["nlot"], "seed": 3, "paths": 7}
    return parse_config(
        {
            **raw,
            "seeds": [3, 1, 2],
            "tasks": {**raw["tasks"], "box": task, "circle": task},
            "methods": {"nlot": method, "nlot_plus": method},
            "table1": {
                "tasks": ["well", "box"],
                "methods": ["nlot_plus", "nlot"],
                "controls": ["floor", "translation"],
            },
            "figure1": figure,
            "figure2": figure,
        }
    )


@pytest.fixture
def rows(config) -> pd.DataFrame:
    """Rows as an evaluation of `config` would write them, with random values."""
    rng = np.random.default_rng(0)
    table, e = config.table1, config.evaluation
    sizes = {
        "w2_paper": e.paper.points,
        "w2_exact": e.exact.points,
        "sinkhorn_divergence": e.divergence.points,
        "action": e.action.points,
    }
    minutes = {"nlot": 2.5, "nlot_plus": 3.0}
    found = []
    for task, method, seed in product(
        table.tasks, (*table.methods, *table.controls), config.seeds
    ):
        for measure, suffix in product(sizes, ("", "_map")):
            key = (task, method, seed, measure + suffix)
            measured = method == "nlot" or not suffix
            if measured and (method, measure) != ("floor", "action"):
                value = rng.uniform(0.1, 9)
                found.append((*key, value, sizes[measure], minutes.get(method), "cpu"))
    return pd.DataFrame(found, columns=list(COLUMNS))


@pytest.fixture(scope="session")
def untrained(wall, free, circle, make_method) -> Callable[[str], Run]:
    """Opens a run of a task with networks as they are before training."""
    tasks = {"box": wall, "free": free, "circle": circle}
    method = make_method()

    def run(name: str) -> Run:
        task = tasks[name]
        networks = build_networks(
            task.dimension, task.bounds, method, key=jax.random.key(0)
        )
        return Run(task, method, networks, {"task": name, "method": "nlot"})

    return run
