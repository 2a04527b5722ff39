"""Measures at held-out times are measured on, and not trained on."""

import jax
import numpy as np
import pytest

import nlot
from nlot.config import parse_config
from nlot.evaluation.applicable import applicable
from nlot.evaluation.rows import run_rows

TIMES, HELD_OUT = (0.0, 1.0, 2.5, 3.0), 1.0
CLOUD = np.random.default_rng(0).normal(size=(12, 2))


@pytest.fixture
def experiment(raw_sequences, tmp_path):
    """An experiment with a table of samples, those of the held-out time moved."""

    def make(moved):
        path = tmp_path / f"{moved:g}.csv"
        parts = [
            np.column_stack([np.full(12, t), CLOUD + t + moved * (t == HELD_OUT)])
            for t in TIMES
        ]
        np.savetxt(path, np.concatenate(parts), delimiter=",")
        data = {"kind": "samples", "path": str(path)}
        problem = {"kind": "sequence", "data": data, "held_out_times": [HELD_OUT]}
        other = {"problems": {"mine": problem}, "tables": {}, "figures": {}}
        return parse_config({**raw_sequences, **other})

    return make


def test_the_samples_of_a_held_out_time_are_not_trained_on(experiment, tmp_path):
    """With others the weights are the same bits, and the predictions are worse."""
    found = []
    for moved in (0.0, 50.0):
        config = experiment(moved)
        nlot.train(config, "mine", "metric_nlot_plus", 0, tmp_path / "run")
        run = nlot.load(tmp_path / "run")
        assert run.times == (0.0, 2.5, 3.0)
        rows = run_rows(run, config).set_index("measure")["value"]
        assert tuple(rows.index) == applicable(config, "metric_nlot_plus", "mine")
        found.append((run.networks, rows["held_out_w1"]))
    (first, near), (second, far) = found
    for one, other in zip(*map(jax.tree.leaves, (first, second)), strict=True):
        np.testing.assert_array_equal(one, other)
    assert near < 10 < far
