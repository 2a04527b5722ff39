import json
import os

import numpy as np
import pandas as pd
import pytest

from nlot.config import parse_config
from nlot.measures.files import SampleError
from nlot.runs.metric import load_metric_run, train_metric
from nlot.runs.store import RunError, write_run
from nlot.runs.transport import load_run
from nlot.training.loop import DivergenceError

PHASES = {
    "nlot": ["pretraining", "training", "training"],
    "nlot_plus": ["metric"] * 4 + ["paths"] * 2 + ["maps"] * 2,
}


@pytest.fixture(scope="module")
def samples(tmp_path_factory, translations):
    """Measures of sixteen points, and one with a point less."""
    table = [
        np.insert(measure, 0, time, axis=1)
        for time, measure in enumerate(translations.sequence.measures)
    ]
    path = tmp_path_factory.mktemp("samples") / "given.csv"
    np.savetxt(path, np.concatenate(table)[:-1], delimiter=",")
    return path


@pytest.fixture(scope="module", params=["nlot", "nlot_plus"])
def run(request, sequences_config, samples, tmp_path_factory):
    """A few steps of a learner; `run.folder` is where they were saved."""
    folder = tmp_path_factory.mktemp(request.param)
    trained = train_metric(sequences_config, "given", request.param, 3, samples, folder)
    trained.folder = folder
    return trained


@pytest.fixture
def x():
    return np.random.default_rng(1).uniform(-0.5, 0.5, (7, 2))


def test_a_run_folder_holds_weights_and_history(run):
    assert sorted(os.listdir(run.folder)) == ["history.csv", "model.eqx"]
    history = pd.read_csv(run.folder / "history.csv")
    assert history["phase"].tolist() == PHASES[run.config.kind]
    names = [run.header[key] for key in ("kind", "sequence", "method")]
    assert names == ["metric", "given", run.config.kind]
    assert run.header["provenance"]["seed"] == 3
    assert run.header["sequence_shape"]["pairs"] == run.pairs == 3


def test_a_loaded_run_gives_the_same_outputs(run, x):
    loaded = load_metric_run(run.folder)
    assert loaded.header == json.loads(json.dumps(run.header))
    assert (loaded.config, loaded.pairs) == (run.config, run.pairs)
    times = np.linspace(0, 1, 4)
    for outputs in (
        lambda r: r.metric(x),
        lambda r: r.carry(x),
        lambda r: r.path(x, x[::-1], times),
        lambda r: r.cost(x, x[::-1]),
    ):
        np.testing.assert_array_equal(outputs(loaded), outputs(run))


def test_metric_has_the_eigenvalues_of_the_settings(run, x):
    found = np.linalg.eigvalsh(run.metric(x))
    np.testing.assert_allclose(found, np.tile([0.1, 1.0], (7, 1)), rtol=1e-4)


def test_carry_applies_all_maps_one_after_the_other(run, x):
    stops = run.carry(x)
    assert stops.shape == (4, 7, 2)
    np.testing.assert_allclose(stops[0], x, rtol=1e-6)
    for pair in range(3):
        np.testing.assert_array_equal(stops[pair + 1], run.transport(stops[pair], pair))


def test_pairs_have_maps_of_their_own(run, x):
    first, second = run.transport(x, 0), run.transport(x, 1)
    assert np.abs(first - second).max() > 1e-3


@pytest.mark.parametrize("pair", [-1, 3])
def test_a_pair_that_is_not_there_is_an_error(run, x, pair):
    with pytest.raises(ValueError, match=f"pair must be from 0 to 2, found {pair}"):
        run.transport(x, pair)


def test_paths_lead_from_end_to_end(run, x):
    y = x + 0.3
    path = run.path(x, y, np.linspace(0, 1, 5))
    assert path.shape == (7, 5, 2)
    np.testing.assert_allclose(path[:, 0], x, atol=1e-5)
    np.testing.assert_allclose(path[:, -1], y, atol=1e-5)


def test_cost_is_the_action_of_the_path(run, x):
    """By finite differences of a finely sampled path, of second order."""
    y = x + np.array([0.3, -0.5])
    path = np.asarray(run.path(x, y, np.linspace(0, 1, 401)), np.float64)
    middle, steps = (path[:, 1:] + path[:, :-1]) / 2, np.diff(path, axis=1)
    metric = np.asarray(run.metric(middle.reshape(-1, 2))).reshape(7, 400, 2, 2)
    expected = 0.5 * 400 * np.einsum("nti,ntij,ntj->n", steps, metric, steps)
    np.testing.assert_allclose(run.cost(x, y), expected, rtol=1e-3)


@pytest.mark.parametrize("shape", [(2,), (4, 3), (1, 4, 2)])
def test_points_of_another_shape_are_an_error(run, unchecked, shape):
    for method in (run.metric, run.carry):
        with pytest.raises(ValueError, match=r"expected points of shape \(n, 2\)"):
            method(np.zeros(shape))


@pytest.mark.parametrize("times", [[-0.1], [0.5, 1.1]])
def test_times_outside_the_path_are_an_error(run, x, times):
    with pytest.raises(ValueError, match=r"times must be a list within \[0, 1\]"):
        run.path(x, x, np.array(times))


def test_a_run_that_diverges_writes_nothing(raw_sequences, samples, tmp_path):
    wild = {"optimiser": {"learning_rate": 1e30, "clip": 1e30}}
    raw_sequences["learner_overrides"] = {"nlot_plus": {"given": {"direction": wild}}}
    config, folder = parse_config(raw_sequences), tmp_path / "run"
    with pytest.raises(DivergenceError, match="given nlot_plus seed 1: "):
        train_metric(config, "given", "nlot_plus", 1, samples, folder)
    assert not folder.exists()


def test_a_run_on_unusable_samples_writes_nothing(sequences_config, tmp_path):
    path, folder = tmp_path / "bad.npz", tmp_path / "run"
    np.savez(path, samples=np.full((2, 9, 2), np.nan))
    with pytest.raises(SampleError, match=r"bad\.npz: a value is not finite"):
        train_metric(sequences_config, "given", "nlot_plus", 1, path, folder)
    assert not folder.exists()


def test_a_run_of_another_kind_is_named(run, tmp_path):
    write_run(tmp_path, {"kind": "transport"}, {}, [])
    with pytest.raises(RunError, match="of kind 'transport', expected 'metric'"):
        load_metric_run(tmp_path)
    with pytest.raises(RunError, match="of kind 'metric', expected 'transport'"):
        load_run(run.folder)


def test_a_missing_run_is_named(tmp_path):
    with pytest.raises(RunError, match=r"no such file; is .* the folder of a run\?"):
        load_metric_run(tmp_path)


def changed(whole, **entries):
    """The file with other entries in its header; None takes one away."""
    header, weights = whole.split(b"\n", 1)
    new = {**json.loads(header), **entries}
    kept = {key: value for key, value in new.items() if value is not None}
    return json.dumps(kept).encode() + b"\n" + weights


FAULTS = [
    (lambda whole: whole[:-100], "damaged weights"),
    (lambda whole: b"\x93not a header\n" + whole, "no JSON header"),
    (lambda whole: b"[1, 2]\n" + whole, "unknown format"),
    (lambda whole: changed(whole, format=99), "unknown format"),
    (lambda whole: changed(whole, kind=None), "of kind None, expected 'metric'"),
    (
        lambda whole: changed(whole, learner_config={"kind": "later"}),
        "settings of another version: (.|\n)*later",
    ),
    (lambda whole: changed(whole, sequence_shape=None), "settings of another version"),
    (
        lambda whole: changed(
            whole, sequence_shape={"pairs": 2, "centre": [0.0, 0.0], "half_width": 1.0}
        ),
        "damaged weights",
    ),
]


@pytest.mark.parametrize("spoil, fault", FAULTS)
def test_a_file_that_cannot_be_opened_is_named(run, tmp_path, spoil, fault):
    path = tmp_path / "model.eqx"
    path.write_bytes(spoil((run.folder / "model.eqx").read_bytes()))
    with pytest.raises(RunError, match=fault) as caught:
        load_metric_run(tmp_path)
    assert str(caught.value).startswith(f"{path}: ")
