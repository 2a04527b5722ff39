from collections.abc import Callable
from itertools import product

import jax
import numpy as np
import pandas as pd
import pytest

from nlot.config import Config, SequenceConfig, TaskConfig, parse_config
from nlot.evaluation.tidy import COLUMNS
from nlot.measures.sequences import Sequence
from nlot.networks.amortised import build_networks
from nlot.networks.pairwise import build_pair_networks
from nlot.provenance.record import provenance
from nlot.provenance.records import Records, origins
from nlot.reporting.published import published_tasks
from nlot.runs.metric import MetricRun
from nlot.runs.transport import Run


@pytest.fixture
def config(raw_sequences) -> Config:
    """Seeds, tasks, methods and sequences in an order that no sorting gives.

    `x_paths` has held-out particles and a true metric, `circle_released` the latter.
    """
    raw = raw_sequences
    task, method = raw["tasks"]["free"], raw["methods"]["nlot"]
    crossing, given = raw["sequences"]["crossing"], raw["sequences"]["given"]
    panels = {"sequences": ["x_paths", "given"], "learners": ["nlot_plus", "nlot"]}
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
            "sequences": {
                "given": given,
                "x_paths": crossing,
                "circle_released": {**given, "truth": {"kind": "circle"}},
            },
            "table2": {
                "sequences": ["x_paths", "given", "circle_released"],
                "learners": ["nlot_plus", "nlot"],
                "controls": [
                    "true_metric",
                    "random_metric",
                    "euclidean_metric",
                    "nearest_particle",
                ],
            },
            "figure3": panels,
            "figure4": panels,
        }
    )


@pytest.fixture
def printed_tasks(config) -> dict[str, TaskConfig | SequenceConfig]:
    """What published results are of, had the paper the tasks of `config`."""
    released = config.sequences["circle_released"]
    ours = {**config.tasks, **config.sequences, "circle": released}
    return {name: ours.get(name, given) for name, given in published_tasks().items()}


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


SCORES = ["alignment", "alignment_data"]
ERRORS = ["population_error", "trajectory_error"]
# By sequence and method; a learner is measured like the Euclidean metric.
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
def metric_rows(config) -> pd.DataFrame:
    """Rows of the sequences of `config`, as an evaluation of metrics writes them."""
    rng = np.random.default_rng(1)
    minutes = {"nlot": 1.25, "nlot_plus": 0.5}
    found = []
    for sequence, methods in MEASURED.items():
        for method in (*methods, *minutes):
            for measure in methods.get(method, methods["euclidean_metric"]):
                n = 900 if measure == "alignment" else 50
                for seed in config.seeds:
                    key = (sequence, method, seed, measure)
                    row = (*key, rng.uniform(), n, minutes.get(method), "cpu")
                    found.append(row)
    return pd.DataFrame(found, columns=list(COLUMNS))


@pytest.fixture
def all_rows(rows, metric_rows) -> pd.DataFrame:
    """Rows of tasks and of sequences in one table, as in rows.csv."""
    return pd.concat([rows, metric_rows], ignore_index=True)


def _header(names: dict, seed: int, minutes: float, **changes: object) -> dict:
    made = provenance({"settings": names}, seed, 60.0 * minutes)
    return {**names, "provenance": {**made, **changes}}


@pytest.fixture
def make_header() -> Callable[..., dict]:
    """The header of a run: its names, seed and minutes, and changes of provenance."""
    return _header


@pytest.fixture
def records(config, all_rows) -> Records:
    """Where `all_rows` come from: the learner of a sequence at another commit."""
    found: dict[bool, list[dict]] = {True: [], False: []}
    runs = all_rows.drop_duplicates(["task", "method", "seed"])
    for task, method, seed, minutes in runs[
        ["task", "method", "seed", "minutes"]
    ].itertuples(index=False):
        names = {"task": task, "method": method}
        commit = "a" * 40 if task in config.tasks else "b" * 40
        if minutes > 0:
            found[True].append(_header(names, seed, minutes, commit=commit))
        found[False].append(_header(names, seed, 0.1, commit="c" * 40))
    return Records(origins(found[True]), origins(found[False]))


@pytest.fixture(scope="session")
def untrained_metric(make_learner) -> Callable[..., MetricRun]:
    """A metric of a sequence, with maps and paths, as they are before training."""

    def run(sequence: Sequence, name: str, seed: int = 0) -> MetricRun:
        learner = make_learner("nlot_plus")
        frame = (sequence.pairs, sequence.centre, sequence.half_width)
        networks = build_pair_networks(*frame, learner, key=jax.random.key(seed))
        header = {
            "sequence": name,
            "method": "nlot_plus",
            "sequence_shape": {"bounds": sequence.bounds},
            "provenance": {"seed": seed, "minutes": 0.5, "device": "cpu"},
        }
        return MetricRun(learner, networks, header)

    return run


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
