"""Runs are opened as they were stored, or refused with the file's name."""

import json

import jax
import numpy as np
import pytest

import nlot
from nlot.config import parse_config
from nlot.measures.files import SampleError
from nlot.methods.capabilities import CAPABILITIES, capable
from nlot.runs.store import RunError, read_header

KEY = jax.random.key(0)
X = np.random.default_rng(1).uniform((-1.25, -1.0), (-1.0, 1.0), (7, 2))
Y = X[::-1] + 0.1
TIMES = np.linspace(0, 1, 4)
# What a run with a capability gives.
OUTPUTS = {
    "map": lambda r: (r.transport(X), r.transport(X, KEY)),
    "inverse": lambda r: r.inverse(Y),
    "paths": lambda r: r.path(X, TIMES),
    "own_paths": lambda r: r.own_paths(X, Y, KEY),
    "geodesics": lambda r: r.polygons(X, Y, TIMES),
    "potential": lambda r: r.potential(X),
    "potential_gradient": lambda r: r.potential_gradient(X),
    "dual": lambda r: r.dual(X),
    "cost": lambda r: r.cost(X, Y),
    "costs": lambda r: r.costs(X, Y),
    "match": lambda r: r.match(X, Y),
    "pairs": lambda r: (r.samples, r.ends, r.curves([0.0, 0.5, 1.0]), r.actions),
    "metric": lambda r: r.metric(X),
    "carry": lambda r: r.carry(X),
    "journey": lambda r: (r.leg(X, 1), r.path(X, Y, TIMES)),
    "at": lambda r: r.at(X, [0.5, 2.25]),
    "speeds": lambda r: r.speeds,
    "dissimilarity": lambda r: r.matrix,
    "plan": lambda r: r.plan,
    "gradients": lambda r: r.gradients(X),
    "failures": lambda r: r.failures,
    "least_paths": lambda r: (r.positions(TIMES), r.actions, r.end_gradients),
}


def test_every_capability_is_compared():
    assert set(OUTPUTS) == set(CAPABILITIES)


@pytest.mark.filterwarnings("ignore:.*points lie outside")
def test_a_loaded_run_gives_the_same_outputs(stored):
    """Bit-equal ones, in each of its variants."""
    loaded = nlot.load(stored.folder)
    assert type(loaded) is type(stored.run)
    assert loaded.header == json.loads(json.dumps(stored.run.header))
    assert (loaded.config, loaded.seed) == (stored.run.config, stored.run.seed)
    assert loaded.diagnostics == stored.run.diagnostics
    pairs = zip(loaded.variants, stored.run.variants, strict=True)
    for found, expected in pairs:
        names = [name for name in OUTPUTS if capable(expected, name)]
        assert names == [name for name in OUTPUTS if capable(found, name)] != []
        for name in names:
            outputs = (OUTPUTS[name](run) for run in (found, expected))
            for a, b in zip(*map(jax.tree.leaves, outputs), strict=True):
                np.testing.assert_array_equal(a, b)


def test_the_header_is_read_alone(stored):
    assert read_header(stored.folder) == stored.run.header


def test_samples_are_read_again_where_a_problem_names_them(every_method, tmp_path):
    """Of two measures; measures in time need none, once they are learned from."""
    path = tmp_path / "points.npz"
    np.savez(path, samples=np.random.default_rng(0).normal(size=(40, 2)))
    source = {"kind": "samples", "path": str(path)}
    problems = {"well": {**every_method["problems"]["well"], "source": source}}
    raw = {**every_method, "problems": problems, "tables": {}, "figures": {}}
    run = nlot.train(parse_config(raw), "well", "nlsb", 0, tmp_path / "run")
    found = nlot.load(tmp_path / "run").problem.source.points
    np.testing.assert_array_equal(found, run.problem.source.points)
    path.unlink()
    with pytest.raises(SampleError, match=r"points\.npz: no such sample file"):
        nlot.load(tmp_path / "run")


@pytest.mark.parametrize("read", [nlot.load, read_header])
def test_a_missing_run_is_named(tmp_path, read):
    with pytest.raises(RunError, match=r"no such file; is .* the folder of a run\?"):
        read(tmp_path)


def changed(file, **entries):
    """The file with other entries in its header; None takes one away."""
    header, weights = file.split(b"\n", 1)
    new = {**json.loads(header), **entries}
    kept = {key: value for key, value in new.items() if value is not None}
    return json.dumps(kept).encode() + b"\n" + weights


def check_refused(stored, tmp_path, spoil, fault):
    """The error begins with the file, and names the fault."""
    path = tmp_path / "model.eqx"
    path.write_bytes(spoil((stored.folder / "model.eqx").read_bytes()))
    with pytest.raises(RunError, match=fault) as caught:
        nlot.load(tmp_path)
    assert str(caught.value).startswith(f"{path}: ")


FAULTS = {
    "truncated": (lambda file: file[:-100], "damaged weights"),
    "no weights": (lambda file: file.split(b"\n", 1)[0] + b"\n", "damaged weights"),
    "later method": (
        lambda file: changed(file, method_config={"kind": "later"}),
        "settings of another version: (.|\n)*unknown kind 'later'; valid kinds: nlot",
    ),
    "later problem": (
        lambda file: changed(file, problem_config={"kind": "later"}),
        "settings of another version: (.|\n)*unknown kind 'later'; valid kinds: tran",
    ),
    "no kind of method": (
        lambda file: changed(file, method_config={}),
        "settings of another version: 'kind'",
    ),
    "no settings": (
        lambda file: changed(file, method_config=None),
        "settings of another version: 'method_config'",
    ),
    "unknown key": (
        lambda file: changed(
            file,
            method_config={**json.loads(file.split(b"\n")[0])["method_config"]}
            | {"later_key": 1},
        ),
        "settings of another version: (.|\n)*unknown key 'later_key'",
    ),
    "no outline": (
        lambda file: changed(file, outline=None),
        "settings of another version: 'outline'",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_file_that_cannot_be_opened_is_named(stored, tmp_path, fault):
    check_refused(stored, tmp_path, *FAULTS[fault])


FOREIGN = {
    "empty": (lambda file: b"", "no JSON header"),
    "no header": (lambda file: b"\x93not a header\n" + file, "no JSON header"),
    "no mapping": (lambda file: b"[1, 2]\n" + file, "unknown format; this version"),
    "other format": (
        lambda file: changed(file, format=99),
        "unknown format; this version reads format 4",
    ),
    "no kind": (lambda file: changed(file, kind=None), "kind None, expected 'run'"),
    "other kind": (
        lambda file: changed(file, kind="metric"),
        "kind 'metric', expected 'run'",
    ),
    "other numbers of pairs": (
        lambda file: changed(
            file,
            outline={
                "times": [0.0, 1.0, 2.0],
                "centre": [0.0, 0.0],
                "half_width": 1.0,
                "bounds": 1.0,
            },
        ),
        "damaged weights",
    ),
    "other dimension": (
        lambda file: changed(
            file,
            outline={
                "times": [0.0, 1.0, 2.0, 3.0],
                "centre": [0.0, 0.0, 0.0],
                "half_width": 1.0,
                "bounds": 1.0,
            },
        ),
        "damaged weights",
    ),
    "part of an outline": (
        lambda file: changed(file, outline={"times": [0.0, 1.0]}),
        "settings of another version: 'centre'",
    ),
}


@pytest.mark.parametrize("fault", FOREIGN)
def test_a_foreign_file_is_named(stored_run, tmp_path, fault):
    check_refused(stored_run("metric_nlot"), tmp_path, *FOREIGN[fault])


@pytest.mark.parametrize("fault", ["empty", "no header", "no mapping", "other format"])
def test_a_foreign_header_is_named(stored_run, tmp_path, fault):
    spoil, message = FOREIGN[fault]
    file = (stored_run("metric_nlot").folder / "model.eqx").read_bytes()
    (tmp_path / "model.eqx").write_bytes(spoil(file))
    with pytest.raises(RunError, match=message):
        read_header(tmp_path)
