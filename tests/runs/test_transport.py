import json
import os

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

from nlot.config import parse_config
from nlot.runs.store import RunError
from nlot.runs.transport import load_run, train_run
from nlot.training.loop import DivergenceError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("run")


@pytest.fixture(scope="module")
def run(config, folder):
    """Two steps of Algorithm 1 on the well, saved to `folder`."""
    return train_run(config, "well", "nlot", 1, folder)


@pytest.fixture
def x(run):
    return run.task.source.sample(jax.random.key(0), 8)


def test_a_run_folder_holds_weights_and_history(run, folder, config):
    assert sorted(os.listdir(folder)) == ["history.csv", "model.eqx"]
    history = pd.read_csv(folder / "history.csv")
    assert history["phase"].tolist() == ["pretraining", "training", "training"]
    assert history["step"].tolist() == [2, 4, 6]
    header = run.header
    assert (header["task"], header["method"]) == ("well", "nlot")
    assert header["provenance"]["seed"] == 1


def test_a_loaded_run_gives_the_same_outputs(run, folder, x):
    loaded = load_run(folder)
    assert loaded.header == json.loads(json.dumps(run.header))
    assert loaded.config == run.config
    y = run.transport(x)
    np.testing.assert_array_equal(loaded.transport(x), y)
    np.testing.assert_array_equal(loaded.network_map(x), run.network_map(x))
    np.testing.assert_array_equal(loaded.cost(x, y), run.cost(x, y))


def test_points_are_sent_alone_as_among_many(run):
    """Batches have two sizes, and are filled up by repeating points."""
    many = run.task.source.sample(jax.random.key(1), 600)
    y = run.transport(many)
    assert y.shape == many.shape
    for part in (slice(0, 1), slice(500, 520)):
        np.testing.assert_allclose(run.transport(many[part]), y[part], atol=1e-5)
    assert run.transport(many[:0]).shape == (0, 2)


def test_paths_lead_from_x_to_its_image(run, x):
    path = run.path(x, np.linspace(0, run.task.horizon, 5))
    assert path.shape == (8, 5, 2)
    np.testing.assert_allclose(path[:, 0], x, atol=1e-5)
    np.testing.assert_allclose(path[:, -1], run.transport(x), atol=1e-5)


def test_cost_is_the_action_of_the_path(run, x):
    """By finite differences of a finely sampled path; first order in the interval."""
    y = run.transport(x)
    s = np.linspace(0, 1, 2001)
    path = np.asarray(run.path(x, s), np.float64)
    kinetic = np.sum(np.diff(path, axis=1) ** 2, axis=(1, 2)) * 2000 / 2
    potential = 361 * 0.01 * np.mean(np.sum(path**2, axis=2), axis=1)
    cost = run.cost(x, y)
    assert jnp.all(cost >= 0)
    np.testing.assert_allclose(cost, kinetic + potential, rtol=1e-2)


@pytest.mark.parametrize("shape", [(2,), (4, 3), (1, 4, 2)])
def test_points_of_another_shape_are_an_error(run, unchecked, shape):
    with pytest.raises(ValueError, match=r"expected points of shape \(n, 2\), found"):
        run.transport(np.zeros(shape))


@pytest.mark.parametrize("times", [[-0.1], [0.5, 1.1]])
def test_times_outside_the_horizon_are_an_error(run, x, times):
    with pytest.raises(ValueError, match=r"times must be a list within \[0, 1.0\]"):
        run.path(x, np.array(times))


def test_a_run_that_diverges_writes_nothing(raw, tmp_path):
    raw["methods"]["nlot"]["spline_optimiser"] = {"learning_rate": 1e30, "clip": 1e30}
    wild, folder = parse_config(raw), tmp_path / "run"
    with pytest.raises(DivergenceError, match=r"well nlot seed 1: spline.* at step 1"):
        train_run(wild, "well", "nlot", 1, folder)
    assert not folder.exists()


def test_a_missing_run_is_named(tmp_path):
    with pytest.raises(RunError, match=r"no such file; is .* the folder of a run\?"):
        load_run(tmp_path)


def no_header(whole):
    return b"\x93not a header\n" + whole


def other_format(whole):
    header, weights = whole.split(b"\n", 1)
    changed = {**json.loads(header), "format": 99}
    return json.dumps(changed).encode() + b"\n" + weights


def unknown_method(whole):
    header, weights = whole.split(b"\n", 1)
    changed = json.loads(header)
    changed["method_config"]["kind"] = "later"
    return json.dumps(changed).encode() + b"\n" + weights


FAULTS = [
    (lambda whole: whole[:-100], "damaged weights"),
    (lambda whole: whole.split(b"\n", 1)[0] + b"\n", "damaged weights"),
    (lambda whole: b"", "no JSON header"),
    (no_header, "no JSON header"),
    (lambda whole: b"[1, 2]\n" + whole, "unknown format; this version reads format 2"),
    (other_format, "unknown format; this version reads format 2"),
    (unknown_method, "settings of another version: (.|\n)*later"),
]


@pytest.mark.parametrize("spoil, fault", FAULTS)
def test_a_file_that_cannot_be_opened_is_named(run, folder, tmp_path, spoil, fault):
    path = tmp_path / "model.eqx"
    path.write_bytes(spoil((folder / "model.eqx").read_bytes()))
    with pytest.raises(RunError, match=fault) as caught:
        load_run(tmp_path)
    assert str(caught.value).startswith(f"{path}: ")
